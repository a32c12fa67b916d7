"""Subtitles that are pictures (PGS, as on Blu-ray): a green box for some time."""

from __future__ import annotations

from struct import pack
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 180
_LEFT, _TOP, _WIDE, _HIGH = 20, 20, 100, 40
# luminance, red difference, blue difference, opacity
_GREEN: Final = bytes((145, 34, 54, 255))
_CLOCK: Final = 90_000


def green_box(start: float, end: float) -> bytes:
    """Return a ``.sup`` file that shows a box from `start` to `end`, in seconds."""
    window = pack(">BBHHHH", 1, 0, _LEFT, _TOP, _WIDE, _HIGH)
    line = b"\0" + bytes((0xC0 | _WIDE >> 8, _WIDE & 0xFF)) + b"\1" + b"\0\0"
    box = pack(">HH", _WIDE, _HIGH) + line * _HIGH
    shown = [
        (0x16, _composition(0, 0x80, pack(">HBBHH", 0, 0, 0, _LEFT, _TOP))),
        (0x17, window),
        (0x14, b"\0\0" + b"\1" + _GREEN),
        (0x15, pack(">HBB", 0, 0, 0xC0) + len(box).to_bytes(3, "big") + box),
        (0x80, b""),
    ]
    hidden = [(0x16, _composition(1, 0, b"")), (0x17, window), (0x80, b"")]
    return b"".join([_segment(start, *it) for it in shown] + [_segment(end, *it) for it in hidden])


def _composition(number: int, state: int, objects: bytes) -> bytes:
    count = 1 if objects else 0
    return pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, number, state, 0, 0, count) + objects


def _segment(seconds: float, kind: int, content: bytes) -> bytes:
    return b"PG" + pack(">IIBH", round(seconds * _CLOCK), 0, kind, len(content)) + content
