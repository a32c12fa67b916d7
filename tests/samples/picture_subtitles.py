"""Subtitles that are pictures (PGS, as on Blu-ray, or VobSub): a green box for some time."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import Final

import av
from av.container import InputContainer

from tests.samples.ffmpeg import ffmpeg

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


def write_pair(stem: Path, boxes: dict[str, tuple[float, float]]) -> None:
    """Write ``.idx`` and ``.sub``: by language, when the box begins and ends, in seconds."""
    index, pictures = "", b""
    for number, (language, (start, end)) in enumerate(boxes.items()):
        head, picture = _of_disc(stem, end - start)
        index = index or f"# VobSub index file, v7\n{head}"
        clock = f"00:00:{int(start):02}:{round(start * 1000) % 1000:03}"
        index += f"\nid: {language}, index: {number}\n"
        index += f"timestamp: {clock}, filepos: {len(pictures):09x}\n"
        pictures += _pack(number, start, picture)
    stem.with_suffix(".idx").write_text(index)
    stem.with_suffix(".sub").write_bytes(pictures)


def _of_disc(stem: Path, seconds: float) -> tuple[str, bytes]:
    """Return the head of an index, and the picture of a box that is shown for some seconds."""
    boxes, film = stem.with_suffix(".sup"), stem.with_suffix(".box.mkv")
    boxes.write_bytes(green_box(0, seconds))
    made = ("-fix_sub_duration", "-i", str(boxes), "-c:s", "dvd_subtitle", str(film))
    ffmpeg(*made)
    with av.open(str(film)) as container:
        assert isinstance(container, InputContainer)
        track = container.streams.subtitles[0]
        head = bytes(track.codec_context.extradata or b"").decode()
        picture = bytes(next(it for it in container.demux(track) if it.size))
    boxes.unlink()
    film.unlink()
    return head, picture


def _pack(number: int, seconds: float, picture: bytes) -> bytes:
    """Return a pack of an MPEG-2 programme stream (ISO/IEC 13818-1) with one picture."""
    at = round(seconds * _CLOCK)
    stamp = (0x21 | at >> 29 & 0xE, at >> 22 & 255, at >> 14 & 0xFE | 1, at >> 7 & 255)
    body = b"\x81\x80\5" + bytes((*stamp, at << 1 & 0xFE | 1, 0x20 + number)) + picture
    return b"\0\0\1\xba\x44\0\4\0\4\1\0\0\3\xf8\0\0\1\xbd" + pack(">H", len(body)) + body


def _composition(number: int, state: int, objects: bytes) -> bytes:
    count = 1 if objects else 0
    return pack(">HHBHBBBB", WIDTH, HEIGHT, 0x10, number, state, 0, 0, count) + objects


def _segment(seconds: float, kind: int, content: bytes) -> bytes:
    return b"PG" + pack(">IIBH", round(seconds * _CLOCK), 0, kind, len(content)) + content
