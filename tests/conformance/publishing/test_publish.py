"""PUBLISH: flags, identifiers, answers."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubAck, PubRec
from tests.conformance.wire.encodings import Type, Version, packet, string, u16
from tests.conformance.wire.packets import acknowledgement, publish

EMPTY = {Version.V311: b"", Version.V5: b"\0"}


@pytest.mark.proves(
    v311="3.3.1-2 3.3.2-1 3.3.2-3 3.3.4-1 4.3.1-1 2.3.1-5",
    v5="3.3.1-2 3.3.2-1 3.3.2-3 3.3.4-1 4.3.1-1 2.2.1-2 2.2.2-1",
)
def test_qos_0(clients: Clients) -> None:
    """A message at QoS 0 is passed on with QoS 0, DUP 0 and no identifier; nobody answers it."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"\0\xffx")
    message = client.message()
    assert (message.topic, message.payload) == (clients.topic(), b"\0\xffx")
    assert (message.qos, message.dup, message.retain) == (0, False, False)
    client.silence()


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(
    v311="2.3.1-4 2.3.1-6 3.3.1-1 3.3.4-1 4.3.2-1 4.3.3-1",
    v5="2.2.1-4 2.2.1-5 3.3.1-1 3.3.4-1 4.3.2-1 4.3.2-2 4.3.3-1 4.3.3-2",
)
def test_first_delivery(clients: Clients, qos: int) -> None:
    """A first delivery has DUP 0 and an identifier that is not 0 and not in use."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    for number in range(5):
        publisher.publish(clients.topic(), b"%d" % number, qos=qos)
    held = [client.expect_publish() for _ in range(5)]
    assert len({message.packet_id for message in held}) == 5
    assert [(message.qos, message.dup) for message in held] == [(qos, False)] * 5
    for message in held:
        client.acknowledge(message)
    client.silence()


@pytest.mark.parametrize("packet_id", [1, 2, 255, 256, 65535])
@pytest.mark.proves(
    v311="2.3.1-6 3.3.4-1 4.3.2-2 4.3.3-2", v5="2.2.1-5 3.3.4-1 4.3.2-4 4.3.3-8 3.4.2-1 3.5.2-1"
)
def test_answers_have_the_identifier(clients: Clients, packet_id: int) -> None:
    """PUBACK and PUBREC carry the identifier of the PUBLISH."""
    client = clients.connect()
    topic, version = clients.topic(), clients.version
    client.send(publish(topic, b"x", version=version, qos=1, packet_id=packet_id))
    assert client.expect(PubAck).packet_id == packet_id
    client.send(publish(topic, b"x", version=version, qos=2, packet_id=packet_id))
    assert client.expect(PubRec).packet_id == packet_id


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="2.3.1-1 4.8.0-1", v5="2.2.1-3 4.13.1-1")
def test_publish_with_identifier_0(clients: Clients, qos: int) -> None:
    """A PUBLISH at QoS 1 or 2 with the identifier 0 ends the connection."""
    client = clients.connect()
    client.send(publish("a", b"x", version=clients.version, qos=qos, packet_id=0))
    client.end(0x81, 0x82)


@pytest.mark.parametrize("flags", [0x06, 0x07, 0x0E, 0x0F], ids="f{:04b}".format)
@pytest.mark.proves(v311="3.3.1-4", v5="3.3.1-4 4.13.1-1")
def test_qos_3(clients: Clients, flags: int) -> None:
    """Both QoS bits set end the connection."""
    client = clients.connect()
    client.send(packet(0x30 | flags, string("a") + u16(1) + EMPTY[clients.version] + b"x"))
    client.end(0x81)


@pytest.mark.proves(v311="3.3.1-2 4.8.0-1", v5="3.3.1-2 4.13.1-1")
def test_dup_at_qos_0(clients: Clients) -> None:
    """DUP on a PUBLISH at QoS 0 ends the connection."""
    client = clients.connect()
    client.send(publish("a", b"x", version=clients.version, dup=True))
    client.end(0x81, 0x82)


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.3.1-3", v5="3.3.1-3")
def test_dup_is_not_passed_on(clients: Clients, qos: int) -> None:
    """A PUBLISH that came with DUP goes out without: it is that delivery's first."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=qos)
    publisher = clients.connect("publisher")
    topic, version = clients.topic(), clients.version
    publisher.send(publish(topic, b"x", version=version, qos=qos, packet_id=7, dup=True))
    if qos == 2:
        publisher.expect(PubRec)
        publisher.send(acknowledgement(Type.PUBREL, 7))
    message = client.message()
    assert (message.payload, message.dup) == (b"x", False)


TOPICS = {"plus": "a/+/b", "hash": "a/#", "alone": "#", "inside": "a+b", "empty": ""}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
@pytest.mark.proves(v311="3.3.2-2 4.7.1-1 4.7.3-1 4.8.0-1", v5="3.3.2-2 4.7.0-1 4.7.3-1 4.13.1-1")
def test_wildcards_and_nothing_are_no_topic_names(clients: Clients, topic: str) -> None:
    """A PUBLISH to a topic with wildcards, or to an empty one, ends the connection."""
    client = clients.connect()
    client.send(publish(topic, b"x", version=clients.version))
    client.end(0x81, 0x82)


@pytest.mark.proves(v311="4.7.3-3", v5="4.7.3-3")
def test_longest_topic(clients: Clients) -> None:
    """A topic may have 65,535 bytes."""
    topic = clients.topic("é").ljust(65534, "x")
    assert len(topic.encode()) == 65535
    client = clients.connect()
    suback = client.subscribe(topic)
    assert suback.codes == (0,)
    client.publish(topic, b"x")
    assert client.message().topic == topic


@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\0\5a", b"\0\1a"], ids=["none", "half", "cut", "id"]
)
@pytest.mark.proves(v311="3.3.2-1 4.8.0-1", v5="3.3.2-1 4.13.1-1")
def test_publish_cut_short(clients: Clients, body: bytes) -> None:
    """A PUBLISH at QoS 1 whose body ends before topic name and identifier ends the connection."""
    client = clients.connect()
    client.send(packet(0x32, body))
    client.end(0x81, 0x82, 0x90)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 65_536, 1_000_000], ids="bytes{}".format)
@pytest.mark.proves(v311="", v5="")
def test_payloads_are_passed_on_unaltered(clients: Clients, size: int) -> None:
    """Payloads of any bytes and size arrive as they were sent."""
    payload = bytes(range(256)) * (size // 256 + 1)
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), payload[:size], qos=2)
    assert client.message().payload == payload[:size]


@pytest.mark.proves(v311="", v5="")
def test_publisher_without_subscribers(clients: Clients) -> None:
    """A message that nobody wants is acknowledged all the same."""
    client = clients.connect()
    for qos in (0, 1, 2):
        answer = client.publish(clients.topic(), b"x", qos=qos)
        assert answer is None or answer.code in (0x00, 0x10)
    client.silence()
