"""Fragmented MP4 (ISO/IEC 14496-12) as ffmpeg writes it to a pipe: one track; no I/O."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from zapette_webapp.errors import WebappError

LARGEST_BOX: Final = 256 << 20
"""The largest box that is accepted, in bytes: a fragment of seconds in the highest quality."""

_HEADER: Final = 8
_DEFAULT_BASE_IS_MOOF: Final = 0x020000
_NOT_SYNC: Final = 0x00010000
# The optional fields of tfhd and trun, in their order, each with its flag and size in bytes.
_TFHD: Final = ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4))
_TRUN: Final = ((0x100, 4), (0x200, 4), (0x400, 4), (0x800, 4))
_TRUN_OFFSET: Final = 0x1
_TRUN_FIRST_FLAGS: Final = 0x4


class NotMp4(WebappError):
    """The bytes are not the fragmented MP4 of one track."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame or packet: its size in bytes and its duration in ticks."""

    size: int
    duration: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """One ``moof`` box with its ``mdat``.

    Attributes:
        decode: when its first frame is decoded, in ticks.
        shown: when its first frame is shown, in ticks.
        is_key: whether decoding can start with it.
        samples: its frames.
        raw: both boxes.
        data: where the content of ``mdat`` begins in `raw`.
    """

    decode: int
    shown: int
    is_key: bool
    samples: Sequence[Sample]
    raw: bytes
    data: int

    @property
    def start(self) -> int:
        """When it begins, in ticks."""
        # within a group, the frame that is decoded first is not always shown first
        return self.shown if self.is_key else self.decode

    @property
    def end(self) -> int:
        """When it ends, in ticks."""
        return self.decode + sum(it.duration for it in self.samples)


@dataclass(slots=True)
class Splitter:
    """Splits a stream of fragmented MP4 into its beginning and its fragments.

    Attributes:
        init: the initialization segment (``ftyp`` and ``moov``); None until it is complete.
        timescale: ticks per second; 0 until then.
    """

    init: bytes | None = None
    timescale: int = 0
    _waiting: bytearray = field(default_factory=bytearray)
    _head: bytes = b""

    def feed(self, received: bytes) -> Iterator[Fragment]:
        """Take bytes; return the fragments that they complete.

        Raises:
            NotMp4: the stream is of another kind.
        """
        self._waiting += received
        while (head := self._box(0)) is not None:
            kind, size = head
            body = self._box(size) if kind == b"moof" else None
            if kind == b"moof" and body is None:
                return
            has_data = body is not None and body[0] == b"mdat"
            raw = self._take(size + body[1] if has_data and body is not None else size)
            if has_data:
                yield _fragment(raw, size)
            elif kind in {b"ftyp", b"moov"}:
                self._head += raw
                if kind == b"moov":
                    self.init, self.timescale = self._head, _timescale(raw)

    def _box(self, place: int) -> tuple[bytes, int] | None:
        """Return the kind and size of the box that begins at a place; None if it is incomplete."""
        if len(self._waiting) < place + _HEADER:
            return None
        size, kind = struct.unpack_from(">I4s", self._waiting, place)
        if not _HEADER <= size <= LARGEST_BOX:
            raise NotMp4(f"a box of {size} bytes")
        return (kind, size) if len(self._waiting) >= place + size else None

    def _take(self, size: int) -> bytes:
        # most of a film goes through here: it is copied once
        with memoryview(self._waiting) as waiting:
            taken = bytes(waiting[:size])
        del self._waiting[:size]
        return taken


def samples_of(fragment: Fragment, first: int, end: int) -> Fragment:
    """Return some samples of a fragment, from number `first` to the one before `end`.

    They are all key frames, and the result has no boxes, as `merged` takes it.
    """
    before = sum(it.duration for it in fragment.samples[:first])
    begin = fragment.data + sum(it.size for it in fragment.samples[:first])
    samples = fragment.samples[first:end]
    raw = fragment.raw[begin : begin + sum(it.size for it in samples)]
    return Fragment(fragment.decode + before, fragment.shown + before, True, samples, raw, 0)


def merged(fragments: Sequence[Fragment]) -> bytes:
    """Return consecutive fragments as one, which is shorter; their samples are all key frames."""
    samples = [sample for it in fragments for sample in it.samples]
    data = b"".join(it.raw[it.data :] for it in fragments)
    track = _full(b"tfhd", 0, _DEFAULT_BASE_IS_MOOF, struct.pack(">I", 1))
    decode = _full(b"tfdt", 1, 0, struct.pack(">Q", fragments[0].decode))
    entries = b"".join(struct.pack(">II", it.duration, it.size) for it in samples)

    def moof(offset: int) -> bytes:
        head = struct.pack(">Ii", len(samples), offset)
        run = _full(b"trun", 0, _TRUN_OFFSET | 0x100 | 0x200, head + entries)
        number = _full(b"mfhd", 0, 0, struct.pack(">I", 1))
        return _box(b"moof", number + _box(b"traf", track + decode + run))

    return moof(len(moof(0)) + _HEADER) + _box(b"mdat", data)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", _HEADER + len(content), kind) + content


def _full(kind: bytes, version: int, flags: int, content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + content)


def _inside(box: bytes, *path: bytes) -> bytes:
    """Return the content of the first box at `path` inside a box."""
    content = box[_HEADER:]
    for kind in path:
        content = _first(content, kind)
    return content


def _first(content: bytes, kind: bytes) -> bytes:
    place = 0
    while place + _HEADER <= len(content):
        size, name = struct.unpack_from(">I4s", content, place)
        if size < _HEADER or place + size > len(content):
            break
        if name == kind:
            return content[place + _HEADER : place + size]
        place += size
    raise NotMp4(f"no {kind.decode('latin-1')} box")


def _timescale(moov: bytes) -> int:
    header = _inside(moov, b"trak", b"mdia", b"mdhd")
    (scale,) = struct.unpack_from(">I", header, 20 if header[0] else 12)
    return int(scale)


def _fragment(raw: bytes, head: int) -> Fragment:
    """Return a ``moof`` of `head` bytes with its ``mdat``."""
    try:
        return _read(raw, head)
    except struct.error as error:
        raise NotMp4(str(error)) from error


def _read(raw: bytes, head: int) -> Fragment:
    traf = _inside(raw[:head], b"traf")
    defaults = _optional(_first(traf, b"tfhd"), 8, _TFHD)
    time = _first(traf, b"tfdt")
    (decode,) = struct.unpack_from(">q" if time[0] else ">I", time, 4)
    run = _first(traf, b"trun")
    flags, count = struct.unpack_from(">II", run)
    place = 8 + (4 if flags & _TRUN_OFFSET else 0)
    first_flags = defaults.get(0x20, 0)
    if flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", run, place)
        place += 4
    elif flags & 0x400:
        before = sum(size for flag, size in _TRUN if flag < 0x400 and flags & flag)
        (first_flags,) = struct.unpack_from(">I", run, place + before)
    named = [flag for flag, _ in _TRUN if flags & flag]
    form = struct.Struct(">" + "".join("i" if flag == 0x800 else "I" for flag in named))
    rows: list[dict[int, int]] = [{}] * count
    if named:
        fields = form.iter_unpack(run[place : place + count * form.size])
        rows = [dict(zip(named, values, strict=True)) for values in fields]
    samples = [
        Sample(row.get(0x200, defaults.get(0x10, 0)), row.get(0x100, defaults.get(0x8, 0)))
        for row in rows
    ]
    shift = rows[0].get(0x800, 0) if rows else 0
    key = not first_flags & _NOT_SYNC
    return Fragment(decode, decode + shift, key, samples, raw, head + _HEADER)


def _optional(box: bytes, place: int, fields: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the optional fields of a box by their flags; they begin at `place`."""
    (flags,) = struct.unpack_from(">I", box)
    found = {}
    for flag, size in fields:
        if flags & flag:
            (found[flag],) = struct.unpack_from(">I" if size == 4 else ">Q", box, place)
            place += size
    return found
