"""Whether a file has all that its container announces."""

from __future__ import annotations

import os
from struct import unpack_from
from typing import IO, Final

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_HEAD: Final = 4096
_UNKNOWN: Final = 0xFFFFFFFF
_MOST_BOXES: Final = 10_000


def is_cut_off(file: IO[bytes]) -> bool:
    """Return whether an open file ends before its Matroska segment, MP4 boxes or RIFF do."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(_EBML):
        return _segment_end(head) > size
    if head.startswith(b"RIFF") and len(head) >= 8:
        (length,) = unpack_from("<I", head, 4)
        return length != _UNKNOWN and 8 + int(length) > size
    return head[4:8] == b"ftyp" and _boxes_end(file, size) > size


def _segment_end(head: bytes) -> int:
    """Return where the segment ends; 0 if it does not say it (RFC 8794, 4 and 6.2)."""
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at >= len(head):
        return 0
    width = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + width], "big") - (1 << 7 * width)
    is_unknown = width > 8 or length == (1 << 7 * width) - 1
    return 0 if is_unknown else at + width + length


def _boxes_end(file: IO[bytes], size: int) -> int:
    """Return where the last box ends that begins in the file; 0 if they are damaged."""
    end = 0
    for _ in range(_MOST_BOXES):
        file.seek(end)
        header = file.read(16)
        if end >= size or len(header) < 8:
            return end
        (length,) = unpack_from(">I", header)
        if length == 1 and len(header) == 16:
            (length,) = unpack_from(">Q", header, 8)
        if length < 8:
            return 0
        end += length
    return 0
