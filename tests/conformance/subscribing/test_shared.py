"""Shared subscriptions (MQTT 5)."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import Publish, PubRel
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import subscribe
from tests.conformance.wire.properties import Property


def share(clients: Clients, rest: str = "topic") -> str:
    return f"$share/group/{clients.topic(rest)}"


def members(clients: Clients, count: int, qos: int = 1) -> list[Client]:
    made = [clients.connect(f"member{number}") for number in range(count)]
    for member in made:
        assert member.subscribe(share(clients), qos=qos).codes == (qos,)
    return made


def inbox(clients: Clients, client: Client) -> list[Publish]:
    """Return everything that came: what a sentinel on a topic of the client's own comes after."""
    own = clients.topic(f"sentinel{id(client)}")
    client.subscribe(own)
    client.publish(own)
    received = []
    while (message := client.message()).topic != own:
        received.append(message)
    client.unsubscribe(own)
    return received


@pytest.mark.proves(v5="4.8.2-1 4.8.2-2")
def test_one_member_gets_each_message(clients: Clients) -> None:
    """Each message goes to exactly one member, and every member gets some."""
    group = members(clients, 3)
    publisher = clients.connect("publisher")
    sent = [b"%d" % number for number in range(60)]
    for payload in sent:
        publisher.publish(clients.topic(), payload, qos=1)
    received = [[message.payload for message in inbox(clients, member)] for member in group]
    assert sorted(itertools.chain.from_iterable(received)) == sorted(sent)
    assert all(received)


@pytest.mark.proves(v5="4.8.2-1")
def test_groups_are_apart(clients: Clients) -> None:
    """Two groups, and a subscription that is not shared, each get every message."""
    made = [clients.connect(label) for label in ("one", "two", "plain")]
    topic = clients.topic()
    for client, name in zip(made, ("$share/one/", "$share/two/", ""), strict=True):
        client.subscribe(name + topic, qos=1)
    clients.connect("publisher").publish(topic, b"x", qos=1)
    for client in made:
        message = client.message()
        assert (message.topic, message.payload) == (topic, b"x")


FILTERS = {
    "no_name": "$share//topic",
    "no_filter": "$share/group",
    "empty_filter": "$share/group/",
    "plus_in_name": "$share/gr+up/topic",
    "hash_in_name": "$share/gr#up/topic",
    "wrong_filter": "$share/group/a#",
    "nothing": "$share/",
}


@pytest.mark.parametrize("name", FILTERS.values(), ids=FILTERS)
@pytest.mark.proves(v5="4.8.2-1 4.8.2-2")
def test_shared_filters_that_are_none(clients: Clients, name: str) -> None:
    """A shared filter without a proper name or filter ends the connection."""
    client = clients.connect()
    client.send(subscribe(1, (name, 0), version=Version.V5))
    client.end(0x81, 0x82, 0x8F)


@pytest.mark.proves(v5="3.8.3-4 4.13.1-1")
def test_no_local_on_a_shared_subscription(clients: Clients) -> None:
    """No local and a shared filter do not go together."""
    client = clients.connect()
    client.send(subscribe(1, (share(clients), 0x04), version=Version.V5))
    client.end(0x82)


@pytest.mark.parametrize("granted", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v5="4.8.2-3 3.8.4-8")
def test_members_keep_their_qos(clients: Clients, granted: int) -> None:
    """A member gets messages at the QoS granted to it, at most."""
    (member,) = members(clients, 1, qos=granted)
    for published in (0, 1, 2):
        member.publish(clients.topic(), b"x", qos=published)
        assert member.message().qos == min(published, granted)


@pytest.mark.proves(v5="")
def test_no_retained_messages(clients: Clients) -> None:
    """A shared subscription brings no retained messages."""
    client = clients.connect()
    client.publish(clients.topic(), b"retained", qos=1, retain=True)
    assert client.subscribe(share(clients), qos=1).codes == (1,)
    client.silence()


@pytest.mark.proves(v5="3.3.4-3")
def test_identifier_of_a_shared_subscription(clients: Clients) -> None:
    """A delivery names the identifier of the shared subscription."""
    client = clients.connect()
    client.subscribe(share(clients), properties=((Property.SUBSCRIPTION_ID, 12),))
    client.publish(clients.topic(), b"x")
    assert client.message().properties.all(Property.SUBSCRIPTION_ID) == [12]


@pytest.mark.proves(v5="3.10.4-1 3.10.4-2")
def test_leaving_a_group(clients: Clients) -> None:
    """Who unsubscribed from the shared filter gets nothing; the others get all."""
    first, second = members(clients, 2)
    assert first.unsubscribe(clients.topic()).codes == (0x11,)
    assert first.unsubscribe(share(clients)).codes == (0x00,)
    for number in range(4):
        second.publish(clients.topic(), b"%d" % number, qos=1)
    assert [message.payload for message in second.messages(4)] == [b"0", b"1", b"2", b"3"]
    first.silence()


@pytest.mark.proves(v5="")
def test_members_that_go(clients: Clients) -> None:
    """Messages go to members that are there."""
    first, second = members(clients, 2)
    first.leave()
    for number in range(4):
        second.publish(clients.topic(), b"%d" % number, qos=1)
    assert [message.payload for message in second.messages(4)] == [b"0", b"1", b"2", b"3"]


@pytest.mark.proves(v5="4.8.2-4 4.4.0-1")
def test_delivery_is_completed_with_the_same_member(clients: Clients) -> None:
    """A QoS 2 delivery cut off goes on when its member is back, and nowhere else."""
    first, second = clients.persist("first"), clients.connect("second")
    first.subscribe(share(clients), qos=2)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=2)
    message = first.expect_publish()
    second.subscribe(share(clients), qos=2)
    first.close()
    second.silence()
    first = clients.persist("first")
    again = first.expect_publish()
    assert (again.packet_id, again.payload, again.dup) == (message.packet_id, b"x", True)
    first.acknowledge(again)
    second.silence()


@pytest.mark.proves(v5="4.8.2-4")
def test_release_is_completed_with_the_same_member(clients: Clients) -> None:
    """After PUBREC the same holds for PUBREL."""
    first, second = clients.persist("first"), clients.connect("second")
    first.subscribe(share(clients), qos=2)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=2)
    message = first.expect_publish()
    second.subscribe(share(clients), qos=2)
    first.pubrec(message)
    first.expect(PubRel)
    first.close()
    first = clients.persist("first")
    first.pubcomp(first.expect(PubRel))
    second.silence()


@pytest.mark.waits
@pytest.mark.proves(v5="4.8.2-5")
def test_delivery_ends_with_the_session(clients: Clients) -> None:
    """A QoS 2 message whose member's session ends is given to nobody else."""
    first, second = clients.persist("first", expiry=1), clients.connect("second")
    first.subscribe(share(clients), qos=2)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=2)
    first.expect_publish()
    second.subscribe(share(clients), qos=2)
    first.close()
    time.sleep(2.5)
    second.silence()
    again = clients.connect("first")
    again.silence()
    second.silence()


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v5="4.8.2-6")
def test_refused_message_goes_to_nobody_else(clients: Clients, qos: int) -> None:
    """A message that its member refuses is dropped."""
    first, second = clients.connect("first"), clients.connect("second")
    first.subscribe(share(clients), qos=qos)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=qos)
    message = first.expect_publish()
    second.subscribe(share(clients), qos=qos)
    first.puback(message, 0x80) if qos == 1 else first.pubrec(message, 0x80)
    first.silence()
    second.silence()
