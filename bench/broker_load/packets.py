"""MQTT packets of a client, 3.1.1 and 5, written once and sent often; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

CONNACK: Final = 0x20
PUBLISH: Final = 0x30
SUBACK: Final = 0x90
PINGRESP: Final = 0xD0
PINGREQ: Final = b"\xc0\x00"
DISCONNECT: Final = b"\xe0\x00"

Packet = tuple[int, bytes]
"""The first byte of a packet, and what stands after its length."""


def connect(client_id: str, username: str, password: str, keep_alive: int, version: int) -> bytes:
    """Return a CONNECT with a clean session; `version` is 4 (MQTT 3.1.1) or 5."""
    body = _text("MQTT") + bytes((version, 0xC2)) + keep_alive.to_bytes(2)
    body += _properties(version) + _text(client_id) + _text(username) + _text(password)
    return _packet(0x10, body)


def subscribe(packet_id: int, filters: Sequence[str], version: int) -> bytes:
    """Return a SUBSCRIBE to `filters` with QoS 0; at least one is needed."""
    body = packet_id.to_bytes(2) + _properties(version)
    return _packet(0x82, body + b"".join(_text(one) + b"\x00" for one in filters))


def publish(topic: str, payload: bytes, version: int, *, retain: bool = False) -> bytes:
    """Return a PUBLISH with QoS 0."""
    return _packet(PUBLISH | retain, _text(topic) + _properties(version) + payload)


def split(stream: bytes) -> tuple[list[Packet], bytes]:
    """Return the whole packets at the start of `stream`, and the rest.

    Raises:
        ValueError: a length is not written as one (MQTT-1.5.5-1).
    """
    packets = []
    at, end = 0, len(stream)
    while end - at >= 2:
        size = stream[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = _long_size(stream, at)
            if not start:
                break
        stop = start + size
        if stop > end:
            break
        packets.append((stream[at], stream[start:stop]))
        at = stop
    return packets, stream[at:]


def _long_size(stream: bytes, at: int) -> tuple[int, int]:
    """Return the length and where the body starts, 0 if that has not arrived yet."""
    size = 0
    for place in range(4):
        index = at + 1 + place
        if index >= len(stream):
            return 0, 0
        size |= (stream[index] & 0x7F) << 7 * place
        if not stream[index] & 0x80:
            return size, index + 1
    raise ValueError("a packet's length has more than four bytes")


def _packet(first: int, body: bytes) -> bytes:
    size, length = len(body), b""
    while size >= 0x80:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((first,)) + length + bytes((size,)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _properties(version: int) -> bytes:
    return b"\x00" if version == 5 else b""
