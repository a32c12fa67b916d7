"""The order of messages, first time and again."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubRel

NUMBERS = [b"%d" % number for number in range(60)]


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="4.6.0-5 4.6.0-6", v5="4.6.0-5 4.6.0-6")
def test_messages_keep_their_order(clients: Clients, qos: int) -> None:
    """A subscriber gets the messages of a publisher as they were published."""
    client = clients.connect()
    client.subscribe(clients.topic("+"), clients.topic("#"), qos=qos)
    client.unsubscribe(clients.topic("#"))
    publisher = clients.connect("publisher")
    for payload in NUMBERS:
        publisher.publish(clients.topic("a"), payload, qos=qos)
    assert [message.payload for message in client.messages(len(NUMBERS))] == NUMBERS


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="4.6.0-6 4.4.0-1", v5="4.6.0-5 4.4.0-1")
def test_messages_come_again_in_their_order(clients: Clients, qos: int) -> None:
    """What comes again comes in its first order, before what is new."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    for payload in NUMBERS[:5]:
        publisher.publish(clients.topic(), payload, qos=qos)
    first = [client.expect_publish() for _ in range(5)]
    client.leave()
    publisher.publish(clients.topic(), b"new", qos=qos)
    client = clients.persist()
    again = client.messages(6)
    assert [message.payload for message in again] == [*NUMBERS[:5], b"new"]
    assert [message.packet_id for message in again[:5]] == [message.packet_id for message in first]
    assert [message.dup for message in again] == [True] * 5 + [False]


@pytest.mark.proves(v311="4.6.0-6 4.4.0-1", v5="4.6.0-5 4.4.0-1")
def test_order_with_some_acknowledged(clients: Clients) -> None:
    """Of deliveries in different stages each goes on from its own."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    publisher = clients.connect("publisher")
    for payload in NUMBERS[:4]:
        publisher.publish(clients.topic(), payload, qos=2)
    first = [client.expect_publish() for _ in range(4)]
    client.acknowledge(first[1])
    client.pubrec(first[0])
    client.expect(PubRel)
    client.leave()
    client = clients.persist()
    answers = [client.receive() for _ in range(3)]
    released = [answer.packet_id for answer in answers if isinstance(answer, PubRel)]
    repeated = [answer.payload for answer in answers if not isinstance(answer, PubRel)]  # type: ignore[union-attr]
    assert (released, repeated) == ([first[0].packet_id], NUMBERS[2:4])
    client.silence()


@pytest.mark.proves(v311="4.6.0-6", v5="4.6.0-5")
def test_queued_messages_keep_their_order(clients: Clients) -> None:
    """Messages that waited come in the order of their publication, before later ones."""
    client = clients.persist()
    client.subscribe(clients.topic("+"), qos=1)
    client.leave()
    publisher = clients.connect("publisher")
    for number, payload in enumerate(NUMBERS):
        publisher.publish(clients.topic(f"{number % 3}"), payload, qos=1)
    client = clients.persist()
    publisher.publish(clients.topic("0"), b"last", qos=1)
    received = [message.payload for message in client.messages(len(NUMBERS) + 1)]
    assert received == [*NUMBERS, b"last"]
