"""Receive maximum and packet size: how much a client takes (MQTT 5)."""

from __future__ import annotations

import time

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import Disconnect, PingResp, PubRel
from tests.conformance.wire.packets import PINGREQ, subscribe
from tests.conformance.wire.properties import Property

P = Property


@pytest.mark.parametrize("maximum", [1, 3], ids="max{}".format)
@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v5="3.3.4-9 4.9.0-1 4.9.0-2")
def test_receive_maximum_of_the_client(clients: Clients, qos: int, maximum: int) -> None:
    """The server has that many deliveries open and no more; an acknowledgement brings the next."""
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, maximum),))
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    for number in range(maximum + 3):
        publisher.publish(clients.topic(), b"%d" % number, qos=qos)
    held = [client.expect_publish() for _ in range(maximum)]
    client.silence()
    for number in range(3):
        client.acknowledge(held.pop(0))
        held.append(client.expect_publish())
        assert held[-1].payload == b"%d" % (maximum + number)
        client.silence()


@pytest.mark.proves(v5="3.3.4-9 4.9.0-2")
def test_pubrec_does_not_free_a_place(clients: Clients) -> None:
    """A QoS 2 delivery counts until PUBCOMP."""
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, 1),))
    client.subscribe(clients.topic(), qos=2)
    publisher = clients.connect("publisher")
    for payload in (b"1", b"2"):
        publisher.publish(clients.topic(), payload, qos=2)
    client.pubrec(client.expect_publish())
    pubrel = client.expect(PubRel)
    client.silence()
    client.pubcomp(pubrel)
    assert client.message().payload == b"2"


@pytest.mark.proves(v5="3.3.4-9 4.9.0-2")
def test_refusal_frees_a_place(clients: Clients) -> None:
    """A PUBREC of 0x80 or more ends its delivery and lets the next begin."""
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, 1),))
    client.subscribe(clients.topic(), qos=2)
    publisher = clients.connect("publisher")
    for payload in (b"1", b"2"):
        publisher.publish(clients.topic(), payload, qos=2)
    client.pubrec(client.expect_publish(), 0x80)
    assert client.message().payload == b"2"


@pytest.mark.proves(v5="3.3.4-10 4.9.0-3")
def test_everything_else_goes_on_without_quota(clients: Clients) -> None:
    """A client that acknowledges nothing is still answered, and gets messages of QoS 0."""
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, 1),))
    client.subscribe(clients.topic("a"), qos=1)
    for _ in range(3):
        client.publish(clients.topic("a"), b"x", qos=1)
    client.expect_publish()
    client.silence()
    assert client.subscribe(clients.topic("b")).codes == (0,)
    client.publish(clients.topic("b"), b"now")
    assert client.message().payload == b"now"
    assert client.unsubscribe(clients.topic("b")).codes == (0,)
    client.publish(clients.topic("b"), b"x", qos=2)
    client.silence()


@pytest.mark.proves(v5="3.3.4-9")
def test_receive_maximum_over_a_reconnection(clients: Clients) -> None:
    """What comes again counts, and the maximum is that of the new connection."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    for number in range(3):
        client.publish(clients.topic(), b"%d" % number, qos=1)
        client.expect_publish()
    client.leave()
    client = clients.persist(properties=((P.RECEIVE_MAXIMUM, 1),))
    assert [message.payload for message in client.messages(3)] == [b"0", b"1", b"2"]
    client.silence()


@pytest.mark.proves(v5="3.1.2-24 3.1.2-25")
def test_message_too_large_for_the_client(clients: Clients) -> None:
    """A message above the client's maximum packet size is dropped, and the next one comes."""
    client = clients.connect(properties=((P.MAXIMUM_PACKET_SIZE, 100),))
    client.subscribe(clients.topic(), qos=2)
    publisher = clients.connect("publisher")
    other = clients.connect("other")
    other.subscribe(clients.topic(), qos=2)
    for qos in (0, 1, 2):
        publisher.publish(clients.topic(), bytes(100), qos=qos)
        publisher.publish(clients.topic(), b"%d" % qos, qos=qos)
    assert [message.payload for message in client.messages(3)] == [b"0", b"1", b"2"]
    client.silence()
    assert len(other.messages(6)) == 6


@pytest.mark.waits
@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v5="3.1.2-25 4.9.0-2")
def test_message_too_large_takes_no_place(clients: Clients, qos: int) -> None:
    """A message that was dropped for its size is not one of those under way."""
    limits = ((P.MAXIMUM_PACKET_SIZE, 100), (P.RECEIVE_MAXIMUM, 1))
    client = clients.connect(properties=limits)
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    for payload in (bytes(100), b"1", bytes(100), bytes(100), b"2"):
        publisher.publish(clients.topic(), payload, qos=qos)
    assert [message.payload for message in client.messages(2)] == [b"1", b"2"]
    client.silence()


@pytest.mark.proves(v5="3.1.2-24 3.3.2-11")
def test_message_too_large_defines_no_alias(clients: Clients) -> None:
    """A topic alias in a message that was dropped is not taken for known."""
    limits = ((P.MAXIMUM_PACKET_SIZE, 100), (P.TOPIC_ALIAS_MAXIMUM, 1))
    client = clients.connect(properties=limits)
    client.subscribe(clients.topic())
    for payload in (bytes(100), b"1", b"2"):
        client.publish(clients.topic(), payload)
    # The ledger refuses an alias that was never given a topic.
    assert [message.topic for message in client.messages(2)] == [clients.topic()] * 2


@pytest.mark.proves(v5="3.1.2-24")
def test_suback_too_large_for_the_client(clients: Clients) -> None:
    """A SUBACK above the client's maximum packet size is not sent."""
    client = clients.connect(properties=((P.MAXIMUM_PACKET_SIZE, 40),))
    filters = [(clients.topic(f"{number}"), 0) for number in range(60)]
    client.send(subscribe(1, *filters, version=client.version) + PINGREQ)
    # The ledger refuses a packet that is too large.
    answer = client.receive_any()
    assert answer is None or isinstance(answer, PingResp | Disconnect)


@pytest.mark.proves(v5="3.1.2-24 3.1.2-25")
def test_message_just_small_enough(clients: Clients) -> None:
    """A packet of exactly the maximum is sent."""
    topic = clients.topic()
    # First byte, remaining length, topic and property length.
    overhead = 2 + 2 + len(topic) + 1
    client = clients.connect(properties=((P.MAXIMUM_PACKET_SIZE, 100),))
    client.subscribe(topic)
    client.publish(topic, bytes(100 - overhead + 1))
    client.publish(topic, bytes(100 - overhead))
    assert len(client.message().payload) == 100 - overhead
    client.silence()


@pytest.mark.proves(v5="3.1.2-24 3.1.2-25")
def test_retained_and_queued_messages_too_large(clients: Clients) -> None:
    """The maximum holds for what was retained and for what waited."""
    client = clients.persist()
    client.subscribe(clients.topic("a"), qos=1)
    client.leave()
    publisher = clients.connect("publisher")
    for rest in ("a", "b"):
        publisher.publish(clients.topic(rest), bytes(200), qos=1, retain=True)
    publisher.publish(clients.topic("a"), b"small", qos=1)
    client = clients.persist(properties=((P.MAXIMUM_PACKET_SIZE, 100),))
    assert client.message().payload == b"small"
    client.subscribe(clients.topic("b"), qos=1)
    client.silence()


@pytest.mark.proves(v5="3.3.4-9 3.3.1-9")
def test_retained_messages_within_the_receive_maximum(clients: Clients) -> None:
    """A subscription that brings more than the client takes at once brings all, bit by bit."""
    publisher = clients.connect("publisher")
    for number in range(30):
        publisher.publish(clients.topic(f"{number}"), b"x", qos=1, retain=True)
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, 2),))
    client.subscribe(clients.topic("+"), qos=1)
    assert len({message.topic for message in client.messages(30)}) == 30
    client.silence()


@pytest.mark.waits
@pytest.mark.proves(v5="3.3.2-5")
def test_message_expires_while_it_waits_for_quota(clients: Clients) -> None:
    """A message that could not be sent in time to a client that is slow is not sent at all."""
    client = clients.connect(properties=((P.RECEIVE_MAXIMUM, 1),))
    client.subscribe(clients.topic(), qos=1)
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic(), b"first", qos=1)
    publisher.publish(clients.topic(), b"late", qos=1, properties=((P.MESSAGE_EXPIRY, 1),))
    publisher.publish(clients.topic(), b"last", qos=1)
    held = client.expect_publish()
    time.sleep(2.2)
    client.acknowledge(held)
    assert client.message().payload == b"last"
    client.silence()


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="4.6.0-6", v5="4.6.0-5")
def test_client_that_lets_messages_pile_up(clients: Clients, qos: int) -> None:
    """However many the server has under way at once, in the end all arrive, in order."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    sent = [b"%d" % number for number in range(200)]
    for payload in sent:
        publisher.publish(clients.topic(), payload, qos=qos)
    assert [message.payload for message in client.messages(200)] == sent
    client.silence()
