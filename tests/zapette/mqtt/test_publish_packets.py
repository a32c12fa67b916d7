"""PUBLISH packets of QoS 0, against a codec of somebody else's, and against noise."""

from __future__ import annotations

import contextlib

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette.mqtt.publish_packets import (
    is_simple,
    read_length,
    read_publish,
    write_length,
    write_publish,
)
from zapette.mqtt.subscriptions import Message

topics = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="+#\0"), min_size=1, max_size=40
)
messages = st.builds(
    Message,
    topic=topics,
    payload=st.binary(max_size=300),
    retained=st.booleans(),
    response_topic=st.none() | topics,
    correlation=st.none() | st.binary(max_size=200),
    expiry=st.none() | st.integers(0, 2**32 - 1),
)


def write(message: Message, *, is_5: bool) -> bytes:
    return write_publish(
        message.topic,
        message.payload,
        retain=message.retained,
        is_5=is_5,
        expiry=message.expiry,
        correlation=message.correlation,
        response_topic=message.response_topic,
    )


def read(packet: bytes, *, is_5: bool) -> Message:
    length, start = read_length(packet, 1)
    assert len(packet) == start + length
    assert is_simple(packet[0])
    return read_publish(packet[0], packet[start:], is_5=is_5)


@given(messages)
def test_what_was_written_is_read(message: Message) -> None:
    assert read(write(message, is_5=True), is_5=True) == message
    plain = Message(message.topic, message.payload, message.retained)
    assert read(write(message, is_5=False), is_5=False) == plain


@given(messages)
def test_another_codec_reads_and_writes_the_same(message: Message) -> None:
    written = write(message, is_5=True)
    packet, size = mqtt5.read(memoryview(written))
    assert isinstance(packet, mqtt5.PublishPacket)
    assert size == len(written)
    assert (packet.topic, packet.payload, packet.retain) == (
        message.topic,
        message.payload,
        message.retained,
    )
    assert packet.message_expiry_interval == message.expiry
    assert packet.correlation_data == message.correlation
    assert packet.response_topic == message.response_topic
    assert read(packet.write(), is_5=True) == message


def test_subscriptions_are_read_and_what_is_not_needed_is_passed_over() -> None:
    packet = mqtt5.PublishPacket(
        "a/b",
        b"x",
        payload_format_indicator=1,
        content_type="text/plain",
        subscription_ids=[1, 300],
        user_properties=[("one", "1"), ("two", "2")],
        correlation_data=b"7",
    )
    assert read(packet.write(), is_5=True) == Message(
        "a/b", b"x", correlation=b"7", numbers=(1, 300)
    )


@given(st.integers(0, 255), st.binary(max_size=60), st.booleans())
def test_noise_is_a_message_or_a_value_error(first: int, body: bytes, is_5: bool) -> None:
    with contextlib.suppress(ValueError):
        read_publish(first, body, is_5=is_5)


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\1", b"\0\1a", b"\0\1a\2\2", b"\0\1a\2\x0b\x80"])
def test_cut_short(body: bytes) -> None:
    with pytest.raises(ValueError, match="short"):
        read_publish(0x30, body, is_5=True)


@pytest.mark.parametrize("length", [0, 127, 128, 16_383, 16_384, 2_097_151, 268_435_455])
def test_lengths(length: int) -> None:
    written = write_length(length)
    assert read_length(written, 0) == (length, len(written))
    with pytest.raises(IndexError):
        read_length(written[:-1], 0)


def test_lengths_out_of_range() -> None:
    with pytest.raises(ValueError, match="longer"):
        write_length(268_435_456)
    with pytest.raises(ValueError, match="four bytes"):
        read_length(b"\x80\x80\x80\x80\x01", 0)


@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a\0", "x" * 70_000])
def test_no_topic_name(topic: str) -> None:
    with pytest.raises(ValueError, match="not a topic name"):
        write_publish(topic, b"")


def test_which_packets_are_simple() -> None:
    assert [first for first in range(256) if is_simple(first)] == [0x30, 0x31, 0x38, 0x39]
