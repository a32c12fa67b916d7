"""Overlapping subscriptions, subscription identifiers and no local."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import Publish
from tests.conformance.wire.encodings import Version, varint
from tests.conformance.wire.packets import subscribe
from tests.conformance.wire.properties import Pairs, Property

P = Property
NO_LOCAL = 0x04


def identified(number: int) -> Pairs:
    return ((P.SUBSCRIPTION_ID, number),)


def copies(client: Client) -> list[Publish]:
    """Return all copies of what has been published by now."""
    client.subscribe("sentinel/" + str(id(client)))
    client.publish("sentinel/" + str(id(client)))
    received = []
    while not (message := client.message()).topic.startswith("sentinel"):
        received.append(message)
    return received


@pytest.mark.proves(v311="3.3.5-1", v5="3.3.4-2")
def test_highest_qos_of_overlapping_subscriptions(clients: Clients) -> None:
    """Of the copies, or the one copy, one has the highest QoS of the matching subscriptions."""
    client = clients.connect()
    for rest, qos in (("#", 0), ("a/+", 2), ("+/b", 1), ("c", 2)):
        client.subscribe(clients.topic(rest), qos=qos)
    client.publish(clients.topic("a/b"), b"x", qos=2)
    received = copies(client)
    assert 1 <= len(received) <= 3
    assert max(message.qos for message in received) == 2
    assert {message.payload for message in received} == {b"x"}


@pytest.mark.parametrize("number", [1, 127, 128, 16_384, 268_435_455])
@pytest.mark.proves(v5="3.3.4-3")
def test_subscription_identifier(clients: Clients, number: int) -> None:
    """A delivery names the identifier its subscription was made with."""
    client = clients.connect()
    client.subscribe(clients.topic(), properties=identified(number))
    client.publish(clients.topic(), b"x")
    assert client.message().properties.all(P.SUBSCRIPTION_ID) == [number]


@pytest.mark.proves(v5="3.3.4-3 3.3.4-4 3.3.4-5")
def test_identifiers_of_overlapping_subscriptions(clients: Clients) -> None:
    """One copy has the identifiers of all that match; of several, each has its own."""
    client = clients.connect()
    client.subscribe(clients.topic("#"), properties=identified(3))
    client.subscribe(clients.topic("+"), properties=identified(5))
    client.subscribe(clients.topic("a"))
    client.subscribe(clients.topic("b"), properties=identified(7))
    client.publish(clients.topic("a"), b"x")
    received = [message.properties.all(P.SUBSCRIPTION_ID) for message in copies(client)]
    if len(received) == 1:
        assert sorted(map(int, map(str, received[0]))) == [3, 5]
    else:
        assert sorted(received, key=str) == [[3], [5], []]


@pytest.mark.proves(v5="3.8.4-3")
def test_same_filter_again_replaces_the_identifier(clients: Clients) -> None:
    """A repeated SUBSCRIBE brings its own identifier, or none."""
    client = clients.connect()
    for properties, expected in ((identified(1), [1]), (identified(2), [2]), ((), [])):
        client.subscribe(clients.topic(), properties=properties)
        client.publish(clients.topic(), b"x")
        assert client.message().properties.all(P.SUBSCRIPTION_ID) == expected


@pytest.mark.proves(v5="3.3.4-3")
def test_identifier_of_retained_and_queued_messages(clients: Clients) -> None:
    """Retained messages and those that waited name the identifier as well."""
    client = clients.persist()
    client.publish(clients.topic(), b"retained", qos=1, retain=True)
    client.subscribe(clients.topic(), qos=1, properties=identified(9))
    assert client.message().properties.all(P.SUBSCRIPTION_ID) == [9]
    client.leave()
    clients.connect("publisher").publish(clients.topic(), b"queued", qos=1)
    message = clients.persist().message()
    assert (message.payload, message.properties.all(P.SUBSCRIPTION_ID)) == (b"queued", [9])


@pytest.mark.proves(v5="4.13.1-1")
def test_subscription_identifier_0(clients: Clients) -> None:
    """A subscription identifier of 0 is a protocol error."""
    client = clients.connect()
    client.send(subscribe(1, ("a", 0), version=Version.V5, properties=identified(0)))
    client.end(0x81, 0x82)


@pytest.mark.proves(v5="4.13.1-1")
def test_two_subscription_identifiers(clients: Clients) -> None:
    """A SUBSCRIBE has one subscription identifier at most."""
    client = clients.connect()
    client.send(
        subscribe(1, ("a", 0), version=Version.V5, properties=identified(1) + identified(2))
    )
    client.end(0x81, 0x82)


@pytest.mark.proves(v5="1.5.5-1 4.13.1-1")
def test_subscription_identifier_of_five_bytes(clients: Clients) -> None:
    """A variable byte integer that goes on after its fourth byte is malformed."""
    block = b"\x0b\xff\xff\xff\xff\x01"
    body = b"\0\1" + varint(len(block)) + block + b"\0\1a\0"
    client = clients.connect()
    client.send(b"\x82" + varint(len(body)) + body)
    client.end(0x81, 0x82)


@pytest.mark.proves(v5="3.8.3-3")
def test_no_local(clients: Clients) -> None:
    """With no local a client gets what others publish and not what it publishes itself."""
    client = clients.connect()
    client.subscribe(clients.topic(), options=NO_LOCAL)
    client.publish(clients.topic(), b"own", qos=1)
    client.silence()
    clients.connect("other").publish(clients.topic(), b"other", qos=1)
    assert client.message().payload == b"other"


@pytest.mark.proves(v5="3.8.3-3")
def test_no_local_among_others(clients: Clients) -> None:
    """No local holds back a client's own messages also when others get them."""
    client, other = clients.connect(), clients.connect("other")
    client.subscribe(clients.topic(), options=NO_LOCAL)
    other.subscribe(clients.topic())
    client.publish(clients.topic(), b"own", qos=1)
    assert other.message().payload == b"own"
    client.silence()


@pytest.mark.proves(v5="3.8.3-3")
def test_no_local_is_about_the_identifier(clients: Clients) -> None:
    """What a client published before it took up its session again is still its own."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1, options=NO_LOCAL)
    client.leave()
    client = clients.persist()
    client.publish(clients.topic(), b"own", qos=1)
    client.silence()


@pytest.mark.proves(v5="3.8.3-3")
def test_no_local_and_an_overlapping_subscription(clients: Clients) -> None:
    """Another subscription of the same client still gets its messages, by its own options."""
    client = clients.connect()
    client.subscribe(clients.topic("a"), qos=2, options=NO_LOCAL, properties=identified(1))
    client.subscribe(clients.topic("+"), properties=identified(2))
    client.publish(clients.topic("a"), b"own", qos=2)
    (message,) = copies(client)
    assert (message.payload, message.qos) == (b"own", 0)
    assert message.properties.all(P.SUBSCRIPTION_ID) == [2]
