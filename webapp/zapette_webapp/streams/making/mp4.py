"""Fragmented MP4 (ISO/IEC 14496-12) as ffmpeg writes it to a pipe: one track; no I/O."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from zapette_webapp.errors import WebappError
from zapette_webapp.streams.planning.timeline import FRAME

LARGEST_BOX: Final = 256 << 20
"""The largest box that is accepted, in bytes: a fragment of seconds in the highest quality."""

_HEADER: Final = 8
_SILENCE: Final = bytes.fromhex("211004608c1c")
_DEFAULT_BASE_IS_MOOF: Final = 0x020000
_NOT_SYNC: Final = 0x00010000
# The optional fields of tfhd, in their order, each with its flag and size in bytes.
_TFHD: Final = ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4))
# Those of trun, of four bytes each.
_DURATION, _SIZE, _FLAGS, _SHIFT = _TRUN = (0x100, 0x200, 0x400, 0x800)
_TRUN_OFFSET: Final = 0x1
_TRUN_FIRST_FLAGS: Final = 0x4


class NotMp4(WebappError):
    """The bytes are not the fragmented MP4 of one track."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof`` box with its ``mdat``.

    Attributes:
        decode: when its first frame is decoded, in ticks.
        shown: when its first frame is shown, in ticks.
        is_key: whether decoding can start with it.
        sizes: of its frames or packets, in bytes.
        durations: of the same, in ticks.
        raw: both boxes.
        data: where the content of ``mdat`` begins in `raw`.
    """

    decode: int
    shown: int
    is_key: bool
    sizes: Sequence[int]
    durations: Sequence[int]
    raw: memoryview
    data: int

    @property
    def start(self) -> int:
        """When it begins, in ticks."""
        # within a group, the frame that is decoded first is not always shown first
        return self.shown if self.is_key else self.decode

    @property
    def end(self) -> int:
        """When it ends, in ticks."""
        return self.decode + sum(self.durations)


@dataclass(slots=True)
class Splitter:
    """Splits a stream of fragmented MP4 into its beginning and its fragments.

    Attributes:
        init: the initialization segment (``ftyp`` and ``moov``); None until it is complete.
        timescale: ticks per second; 0 until then.
    """

    init: bytes | None = None
    timescale: int = 0
    _waiting: list[bytes] = field(default_factory=list)
    _missing: int = _HEADER
    _head: bytes = b""

    def feed(self, received: bytes) -> Iterator[Fragment]:
        """Take bytes; return the fragments that they complete.

        Raises:
            NotMp4: the stream is of another kind.
        """
        self._waiting.append(received)
        self._missing -= len(received)
        if self._missing > 0:
            return
        # most of a film goes through here: it is copied once
        rest = memoryview(b"".join(self._waiting))
        while (size := _length(rest)) <= len(rest):
            raw, rest = rest[:size], rest[size:]
            head, kind = struct.unpack_from(">I4s", raw)
            if kind == b"moof" and head < size:
                yield _fragment(raw, head)
            elif kind in {b"ftyp", b"moov"}:
                self._head += raw
                if kind == b"moov":
                    self.init, self.timescale = self._head, _timescale(raw)
        self._waiting, self._missing = [bytes(rest)], size - len(rest)


def _length(content: memoryview) -> int:
    """Return the bytes of the first box, for a ``moof`` with its ``mdat``, or those that say it."""
    if len(content) < _HEADER:
        return _HEADER
    size, kind = _box_at(content, 0)
    if kind != b"moof":
        return size
    if len(content) < size + _HEADER:
        return size + _HEADER
    data, kind = _box_at(content, size)
    return size + data if kind == b"mdat" else size


def _box_at(content: memoryview, place: int) -> tuple[int, bytes]:
    size, kind = struct.unpack_from(">I4s", content, place)
    if not _HEADER <= size <= LARGEST_BOX:
        raise NotMp4(f"a box of {size} bytes")
    return size, kind


def samples_of(fragment: Fragment, first: int, end: int) -> Fragment:
    """Return some samples of a fragment, from number `first` to the one before `end`.

    They are all key frames, and the result has no boxes, as `merged` takes it.
    """
    before = sum(fragment.durations[:first])
    begin = fragment.data + sum(fragment.sizes[:first])
    sizes, durations = fragment.sizes[first:end], fragment.durations[first:end]
    raw = fragment.raw[begin : begin + sum(sizes)]
    return Fragment(
        fragment.decode + before, fragment.shown + before, True, sizes, durations, raw, 0
    )


def silence(start: int, many: int) -> Fragment:
    """Return so many frames of silence, as `samples_of` returns sound: stereo AAC (LC)."""
    sizes, durations = [len(_SILENCE)] * many, [FRAME] * many
    return Fragment(start, start, True, sizes, durations, memoryview(_SILENCE * many), 0)


def merged(fragments: Sequence[Fragment]) -> bytes:
    """Return consecutive fragments as one, which is shorter; their samples are all key frames."""
    rows = [row for it in fragments for row in zip(it.durations, it.sizes, strict=True)]
    values = list(chain.from_iterable(rows))
    data = b"".join(it.raw[it.data :] for it in fragments)
    track = _full(b"tfhd", 0, _DEFAULT_BASE_IS_MOOF, struct.pack(">I", 1))
    decode = _full(b"tfdt", 1, 0, struct.pack(">Q", fragments[0].decode))
    entries = struct.pack(f">{len(values)}I", *values)

    def moof(offset: int) -> bytes:
        head = struct.pack(">Ii", len(rows), offset)
        run = _full(b"trun", 0, _TRUN_OFFSET | 0x100 | 0x200, head + entries)
        number = _full(b"mfhd", 0, 0, struct.pack(">I", 1))
        return _box(b"moof", number + _box(b"traf", track + decode + run))

    return moof(len(moof(0)) + _HEADER) + _box(b"mdat", data)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", _HEADER + len(content), kind) + content


def _full(kind: bytes, version: int, flags: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)


def _inside(box: memoryview, *path: bytes) -> memoryview:
    """Return the content of the first box at `path` inside a box."""
    content = box[_HEADER:]
    for kind in path:
        content = _first(content, kind)
    return content


def _first(content: memoryview, kind: bytes) -> memoryview:
    place = 0
    while place + _HEADER <= len(content):
        size, name = struct.unpack_from(">I4s", content, place)
        if size < _HEADER or place + size > len(content):
            break
        if name == kind:
            return content[place + _HEADER : place + size]
        place += size
    raise NotMp4(f"no {kind.decode('latin-1')} box")


def _timescale(moov: memoryview) -> int:
    header = _inside(moov, b"trak", b"mdia", b"mdhd")
    (scale,) = struct.unpack_from(">I", header, 20 if header[0] else 12)
    return int(scale)


def _fragment(raw: memoryview, head: int) -> Fragment:
    """Return a ``moof`` of `head` bytes with its ``mdat``."""
    try:
        return _read(raw, head)
    except struct.error as error:
        raise NotMp4(str(error)) from error


def _read(raw: memoryview, head: int) -> Fragment:
    traf = _inside(raw[:head], b"traf")
    defaults = _optional_fields(_first(traf, b"tfhd"))
    time = _first(traf, b"tfdt")
    (decode,) = struct.unpack_from(">q" if time[0] else ">I", time, 4)
    run = _first(traf, b"trun")
    flags, count = struct.unpack_from(">II", run)
    place = 8 + (4 if flags & _TRUN_OFFSET else 0)
    first_flags = defaults.get(0x20, 0)
    if flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", run, place)
        place += 4
    named = [it for it in _TRUN if flags & it]
    values = struct.unpack_from(f">{count * len(named)}I", run, place)
    columns = {flag: values[number :: len(named)] for number, flag in enumerate(named)}
    if columns.get(_FLAGS):
        first_flags = columns[_FLAGS][0]
    shift = 0
    if columns.get(_SHIFT):
        (shift,) = struct.unpack_from(">i", run, place + 4 * named.index(_SHIFT))
    return Fragment(
        decode,
        decode + shift,
        not first_flags & _NOT_SYNC,
        columns.get(_SIZE) or [defaults.get(0x10, 0)] * count,
        columns.get(_DURATION) or [defaults.get(0x8, 0)] * count,
        raw,
        head + _HEADER,
    )


def _optional_fields(tfhd: memoryview) -> dict[int, int]:
    """Return the optional fields of the box by their flags."""
    (flags,) = struct.unpack_from(">I", tfhd)
    found = {}
    place = 8
    for flag, size in _TFHD:
        if flags & flag:
            (found[flag],) = struct.unpack_from(">I" if size == 4 else ">Q", tfhd, place)
            place += size
    return found
