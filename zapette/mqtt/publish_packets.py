"""Encoding and decoding of PUBLISH with QoS 0 (MQTT 3.1.1 and 5, section 3.3); no I/O."""

from __future__ import annotations

from typing import Final

from zapette.mqtt.subscriptions import Message

_PUBLISH: Final = 0x30
_RETAIN: Final = 0x01
_MASK: Final = 0xF6  # all but DUP and RETAIN

_EXPIRY: Final = 0x02
_RESPONSE_TOPIC: Final = 0x08
_CORRELATION: Final = 0x09
_SUBSCRIPTION_ID: Final = 0x0B
_USER_PROPERTY: Final = 0x26
_SIZES: Final = {0x01: 1, _EXPIRY: 4, 0x23: 2}
"""The sizes of properties with fixed size, in bytes."""


def is_simple(first: int) -> bool:
    """Return whether the first byte is that of PUBLISH with QoS 0."""
    return first & _MASK == _PUBLISH


def write_publish(
    topic: str,
    payload: bytes,
    *,
    retain: bool = False,
    is_5: bool = True,
    expiry: int | None = None,
    correlation: bytes | None = None,
    response_topic: str | None = None,
) -> bytes:
    """Encode PUBLISH with QoS 0; MQTT 3.1.1 has no properties.

    Raises:
        ValueError: the topic is not a topic name, or a value is too long for its field.
    """
    name = topic.encode()
    if not name or "+" in topic or "#" in topic or "\0" in topic or len(name) > 0xFFFF:
        raise ValueError("not a topic name")
    properties = b""
    if is_5:
        if expiry is not None:
            properties = b"\x02" + expiry.to_bytes(4)
        if response_topic is not None:
            properties += b"\x08" + _prefixed(response_topic.encode())
        if correlation is not None:
            properties += b"\x09" + _prefixed(correlation)
        properties = write_length(len(properties)) + properties
    first = b"\x31" if retain else b"\x30"
    length = 2 + len(name) + len(properties) + len(payload)
    return b"".join((first, write_length(length), len(name).to_bytes(2), name, properties, payload))


def read_publish(first: int, body: bytes, *, is_5: bool) -> Message:
    """Decode PUBLISH with QoS 0.

    Args:
        first: the first byte of the packet.
        body: the packet after the fixed header.
        is_5: whether the connection uses MQTT 5.

    Raises:
        ValueError: the packet is malformed.
    """
    end = 2 + int.from_bytes(body[:2])
    topic = body[2:end].decode()
    if end < 3 or end > len(body):
        raise ValueError("a PUBLISH is cut short")
    retained = bool(first & _RETAIN)
    if not is_5:
        return Message(topic, body[end:], retained)
    if body[end : end + 1] == b"\0":
        return Message(topic, body[end + 1 :], retained)
    try:
        length, start = read_length(body, end)
        end = start + length
        properties = _properties(body[start:end])
    except IndexError:
        raise ValueError("a PUBLISH is cut short") from None
    if end > len(body):
        raise ValueError("a PUBLISH is cut short")
    return Message(topic, body[end:], retained, *properties)


def read_length(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """Decode a Variable Byte Integer; return it and its end (MQTT 5 section 1.5.5).

    Raises:
        ValueError: it has more than four bytes.
        IndexError: `data` ends within it.
    """
    value, shift = 0, 0
    while True:
        digit = data[at]
        at += 1
        value |= (digit & 0x7F) << shift
        if digit < 0x80:
            return value, at
        shift += 7
        if shift > 21:
            raise ValueError("a length has more than four bytes")


def write_length(length: int) -> bytes:
    """Encode a Variable Byte Integer (MQTT 5 section 1.5.5).

    Raises:
        ValueError: `length` is over 268,435,455.
    """
    if length < 0x80:
        return bytes((length,))
    if length > 0x0FFFFFFF:
        raise ValueError("the packet is longer than MQTT allows")
    encoded = bytearray()
    while length >= 0x80:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes(encoded)


def _properties(
    data: bytes,
) -> tuple[str | None, bytes | None, int | None, tuple[int, ...]]:
    """Return response topic, correlation data, expiry and subscriptions (section 3.3.2.3)."""
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry: int | None = None
    numbers: tuple[int, ...] = ()
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        size = _SIZES.get(kind)
        if size is not None:
            if kind == _EXPIRY:
                expiry = int.from_bytes(data[at : at + 4])
            at += size
        elif kind == _SUBSCRIPTION_ID:
            number, at = read_length(data, at)
            numbers += (number,)
        elif kind in {0x03, _RESPONSE_TOPIC, _CORRELATION, _USER_PROPERTY}:
            value, at = _field(data, at)
            if kind == _RESPONSE_TOPIC:
                response_topic = value.decode()
            elif kind == _CORRELATION:
                correlation = value
            elif kind == _USER_PROPERTY:
                _, at = _field(data, at)
        else:
            raise ValueError(f"a PUBLISH has the property {kind}")
    if at != end:
        raise ValueError("a property is cut short")
    return response_topic, correlation, expiry, numbers


def _field(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 2 + int.from_bytes(data[at : at + 2])
    return data[at + 2 : end], end


def _prefixed(data: bytes) -> bytes:
    if len(data) > 0xFFFF:
        raise ValueError("a property is longer than MQTT allows")
    return len(data).to_bytes(2) + data
