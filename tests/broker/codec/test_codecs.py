"""The codecs: what is written is read again, and no bytes whatever do harm."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import mqtt5
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.broker.routing.test_topics import filters
from tests.conformance.wire.answers import Publish, read_answer
from tests.conformance.wire.encodings import Version
from zapette_broker.codec import packet_types
from zapette_broker.codec.codec5 import Codec5, read_publish
from zapette_broker.codec.codec311 import Codec311
from zapette_broker.codec.field_reader import Reader
from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import ProtocolViolation
from zapette_broker.message import V5, V311, Message, varint, with_id

MANY = int(os.environ.get("BROKER_EXAMPLES", "300"))

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
name = st.text(st.characters(codec="utf-8", exclude_characters="\0+#"), min_size=1, max_size=20)
pattern = name | filters
binary = st.binary(max_size=40)
packet_ids = st.integers(1, 65_535)
qos = st.sampled_from((0, 1, 2))


def string(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def counted(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


# Round trips of 3.1.1


@given(name, binary, qos, st.booleans(), packet_ids, st.booleans())
def test_publish(
    topic: str, payload: bytes, level: int, retain: bool, packet_id: int, duplicate: bool
) -> None:
    """What the broker writes is what a client reads, and what a client writes it reads."""
    written = Message(topic, payload, level, retain).packet(V311, level, retain)
    if level:
        written = with_id(written, packet_id, duplicate)
    first, body = written[0], written[-_remaining(written) :]
    read = Codec311().read(first, body)
    assert isinstance(read, mqtt5.PublishPacket)
    assert (read.topic, read.payload, int(read.qos), read.retain) == (topic, payload, level, retain)
    assert read.packet_id == (packet_id if level else None)
    assert read.duplicate == (duplicate if level else False)


def _remaining(packet: bytes) -> int:
    reader = Reader(packet[1:])
    return reader.varint()


@given(
    text,
    st.integers(0, 65_535),
    st.none() | st.tuples(name, binary, qos, st.booleans()),
    st.none() | text,
    st.none() | binary,
    st.booleans(),
)
def test_connect(
    client_id: str,
    keep_alive: int,
    will: tuple[str, bytes, int, bool] | None,
    username: str | None,
    password: bytes | None,
    clean: bool,
) -> None:
    password = password if username is not None else None
    flags = 2 * clean
    body = string(client_id)
    if will is not None:
        flags |= 4 | will[2] << 3 | 0x20 * will[3]
        body += string(will[0]) + counted(will[1])
    if username is not None:
        flags |= 0x80
        body += string(username)
    if password is not None:
        flags |= 0x40
        body += counted(password)
    head = string("MQTT") + bytes((4, flags)) + keep_alive.to_bytes(2, "big")
    read = Codec311().read(packet_types.CONNECT << 4, head + body)
    assert isinstance(read, mqtt5.ConnectPacket)
    assert (read.client_id, read.keep_alive, read.clean_start) == (client_id, keep_alive, clean)
    assert (read.username, read.password) == (username, password)
    if will is None:
        assert read.will is None
    else:
        assert read.will is not None
        found = read.will
        assert (found.topic, found.payload, int(found.qos), found.retain) == will


@given(packet_ids, st.lists(st.tuples(pattern, qos), min_size=1, max_size=5))
def test_subscribe(packet_id: int, asked: list[tuple[str, int]]) -> None:
    body = packet_id.to_bytes(2, "big")
    body += b"".join(string(asked_for) + bytes((level,)) for asked_for, level in asked)
    read = Codec311().read(0x82, body)
    assert isinstance(read, mqtt5.SubscribePacket)
    assert read.packet_id == packet_id
    assert [(f.pattern, int(f.max_qos)) for f in read.topic_filters] == asked


@given(packet_ids, st.lists(pattern, min_size=1, max_size=5))
def test_unsubscribe(packet_id: int, asked: list[str]) -> None:
    read = Codec311().read(0xA2, packet_id.to_bytes(2, "big") + b"".join(map(string, asked)))
    assert isinstance(read, mqtt5.UnsubscribePacket)
    assert (read.packet_id, read.patterns) == (packet_id, asked)


@given(packet_ids)
def test_acknowledgements(packet_id: int) -> None:
    """Each is read as it is written, and both versions write success alike."""
    old, new = Codec311(), Codec5()
    for first, write in (
        (0x40, "puback"),
        (0x50, "pubrec"),
        (0x62, "pubrel"),
        (0x70, "pubcomp"),
    ):
        packet: bytes = getattr(old, write)(packet_id, Reason.SUCCESS)
        assert packet == getattr(new, write)(packet_id, Reason.SUCCESS)
        read = old.read(first, packet[2:])
        assert getattr(read, "packet_id", None) == packet_id


@pytest.mark.parametrize("name", ["puback", "pubrec", "pubrel", "pubcomp"])
def test_success_is_told_in_four_bytes(name: str) -> None:
    """As on 3.1.1; another reason takes a byte more."""
    assert getattr(Codec5(), name)(7, Reason.SUCCESS) == getattr(Codec311(), name)(7, 0)
    assert (
        len(
            getattr(Codec5(), name)(
                7,
                Reason.PACKET_ID_NOT_FOUND
                if name in ("pubrel", "pubcomp")
                else Reason.NOT_AUTHORIZED,
            )
        )
        == 5
    )


@pytest.mark.parametrize("code", list(Reason))
def test_every_reason_can_be_written(code: Reason) -> None:
    """3.1.1 has fewer codes, but an answer to everything."""
    assert Codec311().connack(code)[3] in range(6)
    assert Codec311().suback(1, [code])[4] in (0, 1, 2, 4, 0x10, 0x11, 0x80)
    assert Codec311().disconnect(code, "why") == b""


# MQTT 5


@given(
    name,
    binary,
    qos,
    st.booleans(),
    st.lists(st.integers(1, 268_435_455), max_size=3),
    st.none() | st.integers(1, 2**32 - 1),
    st.none() | binary,
    st.lists(st.tuples(text, text), max_size=3),
)
def test_publish_with_properties(
    topic: str,
    payload: bytes,
    level: int,
    retain: bool,
    ids: list[int],
    expiry: int | None,
    correlation: bytes | None,
    user: list[tuple[str, str]],
) -> None:
    """What a publisher gives, a subscriber gets."""
    source = mqtt5.PublishPacket(
        topic,
        payload,
        message_expiry_interval=expiry,
        correlation_data=correlation,
        user_properties=user,
    )
    written = Message(topic, payload, level, retain, source).packet(V5, level, retain, tuple(ids))
    read, size = mqtt5.read(memoryview(written))
    assert size == len(written)
    assert isinstance(read, mqtt5.PublishPacket)
    assert (read.topic, read.payload, int(read.qos), read.retain) == (topic, payload, level, retain)
    assert read.subscription_ids == ids
    assert read.correlation_data == correlation
    assert read.user_properties == user
    if expiry is not None:
        assert read.message_expiry_interval is not None
        assert expiry - 1 <= read.message_expiry_interval <= expiry


@given(name, binary, qos, st.booleans())
def test_both_codecs_write_the_same_publish(
    topic: str, payload: bytes, level: int, retain: bool
) -> None:
    """Without properties it is written by hand, which must be what the package would write."""
    written = Message(topic, payload, level, retain).packet(V5, level, retain)
    read, size = mqtt5.read(memoryview(with_id(written, 1) if level else written))
    assert size == len(written)
    assert isinstance(read, mqtt5.PublishPacket)
    assert (read.topic, read.payload, int(read.qos), read.retain) == (topic, payload, level, retain)


@given(st.integers(0, 268_435_455))
def test_variable_byte_integers(value: int) -> None:
    assert Reader(varint(value)).varint() == value


# Bytes that are no packets

Read = Callable[[int, bytes], object]


def read_5(first: int, body: bytes) -> object:
    if first >> 4 == packet_types.PUBLISH:
        return read_publish(first, body, Codec5())
    return Codec5().read(first, body)


def harmless(read: Read, first: int, body: bytes) -> None:
    with suppress(ProtocolViolation):
        read(first, body)


BOTH = pytest.mark.parametrize("read", [Codec311().read, read_5], ids=["v311", "v5"])


@BOTH
@given(first=st.integers(0, 255), body=st.binary(max_size=60))
@settings(max_examples=MANY)
def test_any_bytes(read: Read, first: int, body: bytes) -> None:
    harmless(read, first, body)


def _packets() -> list[bytes]:
    will = mqtt5.Will(
        "will/topic", payload=b"bye", response_topic="r", correlation_data=b"\xff", content_type="é"
    )
    connect = mqtt5.ConnectPacket(
        "client-é",
        username="user",
        password=b"\xff\x00",
        will=will,
        session_expiry_interval=5,
        user_properties=[("k", "v")],
    )
    publish = mqtt5.PublishPacket(
        "tö/pic",
        b"payload",
        response_topic="answer",
        correlation_data=b"\xfe",
        topic_alias=3,
        content_type="text",
        user_properties=[("a", "b")],
        message_expiry_interval=9,
    )
    filters = [mqtt5.TopicFilter("a/+"), mqtt5.TopicFilter("é/#")]
    return [
        connect.write(),
        publish.write(),
        mqtt5.SubscribePacket(7, filters, subscription_id=300).write(),
        mqtt5.UnsubscribePacket(8, ["a/+", "é/#"], user_properties=[("x", "y")]).write(),
        mqtt5.DisconnectPacket(session_expiry_interval=1, reason_str="bye").write(),
        mqtt5.PubAckPacket(5, reason_str="ok").write(),
        b"\x10\x14\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01c\x00\x01u\x00\x01p",
        b"\x82\x09\x00\x01\x00\x04a/+\x00\x01",
    ]


@BOTH
@given(
    packet=st.sampled_from(_packets()),
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 10),
)
@settings(max_examples=MANY)
@example(packet=b"\x30\x07\x00\x03\xed\xa0\x80\x00x", changes=[], cut=0)
def test_packets_with_a_few_bytes_changed(
    read: Read, packet: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    body = bytearray(packet[2:] if packet[1] < 128 else packet[3:])
    for at, value in changes:
        if at < len(body):
            body[at] = value
    harmless(read, packet[0], bytes(body[: len(body) - cut]))


def test_a_string_that_is_not_utf_8_never_reaches_the_extension(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The extension would write a trace to the log for each of them."""
    for bad in (b"\xed\xa0\x80", b"\xff", b"\xc0\x80", b"\xf5\x80\x80\x80"):
        for packet in (
            b"\x00\x03" + bad[:1].ljust(3, b"a") + b"\x00",
            b"\x00\x01t" + varint(3 + len(bad)) + b"\x03" + counted(bad) + b"x",
            b"\x00\x01t" + varint(5 + len(bad)) + b"\x26" + counted(b"") + counted(bad),
        ):
            with pytest.raises(ProtocolViolation):
                read_5(0x30, packet)
    assert "panicked" not in capfd.readouterr().err


@given(name, binary, qos)
def test_a_client_reads_what_is_written(topic: str, payload: bytes, level: int) -> None:
    """By a reader that shares nothing with the broker."""
    for version, wire in ((V311, Version.V311), (V5, Version.V5)):
        written = Message(topic, payload, level).packet(version, level, retain=False)
        written = with_id(written, 77) if level else written
        answer = read_answer(written[0], written[-_remaining(written) :], wire)
        assert isinstance(answer, Publish)
        assert (answer.topic, answer.payload, answer.qos) == (topic, payload, level)
