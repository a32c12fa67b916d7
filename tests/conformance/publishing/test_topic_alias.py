"""Topic aliases, both ways (MQTT 5)."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import Publish
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import publish
from tests.conformance.wire.properties import Property

P = Property


def alias(number: int) -> tuple[tuple[Property, int]]:
    return ((P.TOPIC_ALIAS, number),)


def maximum(client: Client) -> int:
    assert client.connack
    return client.connack.properties.number(P.TOPIC_ALIAS_MAXIMUM)


@pytest.mark.proves(v5="3.3.2-12")
def test_every_alias_up_to_the_maximum(clients: Clients) -> None:
    """The server takes each alias it allows, first with the topic, then instead of it."""
    client = clients.connect()
    assert maximum(client) > 0, "the server has no topic aliases"
    client.subscribe(clients.topic("#"))
    numbers = range(1, maximum(client) + 1)[-20:]
    for number in numbers:
        client.publish(clients.topic(f"{number}"), b"first", properties=alias(number))
        assert client.message().topic == clients.topic(f"{number}")
    for number in numbers:
        client.publish("", b"second", properties=alias(number))
        message = client.message()
        assert (message.topic, message.payload) == (clients.topic(f"{number}"), b"second")
        assert P.TOPIC_ALIAS not in message.properties


@pytest.mark.proves(v5="3.3.2-12")
def test_alias_can_be_given_another_topic(clients: Clients) -> None:
    """An alias stands for the topic it was last sent with."""
    client = clients.connect()
    client.subscribe(clients.topic("#"))
    for rest in ("a", "b"):
        client.publish(clients.topic(rest), properties=alias(1))
        assert client.message().topic == clients.topic(rest)
    client.publish("", b"x", properties=alias(1), qos=1)
    assert client.message().topic == clients.topic("b")


@pytest.mark.proves(v5="3.2.2-17 3.2.2-18 3.3.2-9 4.13.1-1")
def test_alias_above_the_maximum(clients: Clients) -> None:
    """An alias above the server's maximum ends the connection with 0x94."""
    client = clients.connect()
    number = maximum(client) + 1
    client.send(publish("a", version=Version.V5, properties=alias(number)))
    client.end(0x94, 0x82)


@pytest.mark.proves(v5="3.3.2-8 4.13.1-1")
def test_alias_that_has_no_topic(clients: Clients) -> None:
    """An alias that was never given a topic ends the connection with 0x82 (section 3.3.4)."""
    client = clients.connect()
    client.send(publish("", version=Version.V5, properties=alias(1)))
    client.end(0x82)


@pytest.mark.proves(v5="4.13.1-1")
def test_neither_topic_nor_alias(clients: Clients) -> None:
    """An empty topic without an alias is a protocol error."""
    client = clients.connect()
    client.send(publish("", version=Version.V5))
    client.end(0x82, 0x81)


@pytest.mark.proves(v5="3.3.2-7")
def test_aliases_end_with_the_connection(clients: Clients) -> None:
    """An alias of an earlier connection of the session means nothing."""
    client = clients.persist()
    client.publish(clients.topic(), properties=alias(1), qos=1)
    client.close()
    client = clients.persist()
    client.send(publish("", version=Version.V5, properties=alias(1)))
    client.end(0x82, 0x94)


@pytest.mark.proves(v5="3.3.2-12")
def test_aliases_are_of_one_client(clients: Clients) -> None:
    """The same alias may stand for different topics on different connections."""
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("#"))
    publishers = [clients.connect(label) for label in ("a", "b")]
    for publisher, rest in zip(publishers, ("a", "b"), strict=True):
        publisher.publish(clients.topic(rest), properties=alias(1), qos=1)
    for publisher, rest in zip(publishers, ("a", "b"), strict=True):
        publisher.publish("", rest.encode(), properties=alias(1), qos=1)
    messages = watcher.messages(4)[2:]
    assert [message.topic for message in messages] == [clients.topic("a"), clients.topic("b")]


@pytest.mark.proves(v5="3.1.2-26 3.1.2-27 3.3.2-8 3.3.2-11")
@pytest.mark.parametrize("limit", [0, 1, 3], ids="max{}".format)
def test_aliases_of_the_server(clients: Clients, limit: int) -> None:
    """The server keeps to the client's maximum, 0 included, and its aliases are unambiguous."""
    client = clients.connect(properties=((P.TOPIC_ALIAS_MAXIMUM, limit),))
    client.subscribe(clients.topic("#"))
    topics = [clients.topic(f"{number % 5}") for number in range(15)]
    received: list[Publish] = []
    for topic in topics:
        client.publish(topic)
        # The ledger resolves aliases and refuses those above the maximum.
        received.append(client.message())
    assert [message.topic for message in received] == topics


@pytest.mark.proves(v5="3.1.2-27")
def test_no_aliases_without_a_maximum(clients: Clients) -> None:
    """A client that names no maximum gets whole topics, also from a publisher that uses aliases."""
    client = clients.connect()
    client.subscribe(clients.topic("#"))
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic(), properties=alias(1))
    publisher.publish("", properties=alias(1))
    for message in client.messages(2):
        assert message.topic == clients.topic()
        assert P.TOPIC_ALIAS not in message.properties
