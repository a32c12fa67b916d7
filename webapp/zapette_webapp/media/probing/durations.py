"""How long a medium is whose container does not say it, such as what a browser recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Final

from av.container import InputContainer

RAW: Final = frozenset({"h264", "hevc", "mpegvideo", "mjpeg", "truehd", "mlp", "aac"})
"""Containers that hold pictures or sounds and nothing else: what they say is a guess."""

_TAIL: Final = 16 << 20
_HEAD: Final = 64 << 10
_SCALE: Final = b"\x2a\xd7\xb1\x83"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_TIME, _SIMPLE_BLOCK, _GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_MILLISECOND: Final = 1_000_000


def of_packets(container: InputContainer, size: int, most: int) -> float | None:
    """Return the seconds of all packets from here to the end of a file of `size` bytes.

    If there are more than `most` bytes, the rest is like the beginning.
    """
    stream = next(iter([*container.streams.video, *container.streams.audio]), None)
    if stream is None or stream.time_base is None:
        return None
    ticks = read = 0
    for packet in container.demux(stream):
        ticks += packet.duration or 0
        read += packet.size
    seconds = float(ticks * stream.time_base)
    return seconds * (size / read if size > most and read else 1) or None


def of_matroska(file: IO[bytes]) -> float | None:
    """Return the time of the last block of an open Matroska or WebM file, in seconds."""
    file.seek(0)
    head = file.read(_HEAD)
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    place = tail.rfind(_CLUSTER)
    if place < 0:
        return None
    scaled = head.find(_SCALE)
    scale = int.from_bytes(head[scaled + 4 : scaled + 7], "big") if scaled >= 0 else _MILLISECOND
    begins, last = 0, 0
    for name, content in _elements(tail, place + len(_CLUSTER)):
        if name == _TIME:
            begins = int.from_bytes(content[:8], "big")
        elif name == _SIMPLE_BLOCK:
            last = max(last, _time(content))
        elif name == _GROUP:
            blocks = (it for key, it in _elements(content, None) if key == _BLOCK)
            last = max(last, *(_time(it) for it in blocks), 0)
    return (begins + last) * scale / 1e9 or None


def _elements(content: bytes, cluster: int | None) -> Iterator[tuple[int, bytes]]:
    """Return the elements with a name of one byte in a cluster, from its length on, or a group."""
    place = 0 if cluster is None else cluster + _length(content, cluster)[1]
    while place < len(content):
        name = content[place]
        if name < 0x80:
            return
        size, width = _length(content, place + 1)
        start = place + 1 + width
        yield name, content[start : start + min(size, 1 << 20)]
        place = start + size


def _length(content: bytes, place: int) -> tuple[int, int]:
    """Return a length as EBML writes it, and the number of its bytes (RFC 8794, 4)."""
    first = content[place] if place < len(content) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(content[place : place + width], "big")
    return value & ((1 << 7 * width) - 1), width


def _time(block: bytes) -> int:
    """Return the time of a block in its cluster (RFC 9559, 10.1)."""
    start = _length(block, 0)[1]
    return int.from_bytes(block[start : start + 2], "big", signed=True)
