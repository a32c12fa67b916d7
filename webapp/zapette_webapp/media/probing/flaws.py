"""Why a medium cannot be played, from its first bytes; no I/O but on an open file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Final

from zapette_webapp.media import media_types

EMPTY: Final = "empty"
CUT_OFF: Final = "cut_off"
ENCRYPTED: Final = "encrypted"
TEXT: Final = "text"
UNKNOWN: Final = "unknown_format"
UNREADABLE: Final = "unreadable"
DISC: Final = "disc"

FLAWS: Final = (EMPTY, CUT_OFF, ENCRYPTED, TEXT, UNKNOWN, UNREADABLE, DISC)
"""The flaws: no byte in it; not all there; protected against copies; a text; of no known format;
takes more time or memory than there is for one; the image of a disc."""

HEAD: Final = 256 << 10
"""How many bytes `of_head` and `is_encrypted` want."""

# The beginnings of containers that libav opens whole.
_KNOWN: Final = (
    (0, b"\x1a\x45\xdf\xa3"),
    (0, b"OggS"),
    (0, b"RIFF"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    (0, b"FLV\x01"),
    (0, b"\0\0\x01\xba"),
    (0, b"fLaC"),
    (0, b"ID3"),
)
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_MOST_BOXES: Final = 1000
_PROTECTED_ASF: Final = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
_PROTECTED_MATROSKA: Final = b"\x50\x35"
_ENCODING_MATROSKA: Final = b"\x62\x40"
_ENCODING_LENGTH: Final = 64
_PROTECTED_TAGS: Final = frozenset({"drmi", "drms", "encv", "enca"})
_LEAST_PACKETS: Final = 20
_VIDEO_PES: Final = b"\0\0\x01\xe0"
_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")


def of_name(path: str) -> str | None:
    """Return the flaw of a file that libav is not asked to open; None for a stream or a link."""
    return DISC if media_types.suffix(path) in media_types.DISCS else None


def of_file(file: IO[bytes]) -> str:
    """Return the flaw of a file that libav cannot open."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD)
    if head[4:8] in _BOXES:
        return (
            ENCRYPTED if is_encrypted(head) else CUT_OFF if not _has_moov(file, size) else UNKNOWN
        )
    return of_head(head)


def of_head(head: bytes) -> str:
    """Return the flaw of a file with this beginning that libav cannot open."""
    if not head:
        return EMPTY
    if is_encrypted(head):
        return ENCRYPTED
    # what was made as long as it is to become, and was not filled
    if not head.strip(b"\0") or any(head.startswith(mark, place) for place, mark in _KNOWN):
        return CUT_OFF
    return TEXT if _is_text(head[:4096]) else UNKNOWN


def is_encrypted(head: bytes) -> bool:
    """Return whether a file with this beginning is protected against copies.

    Protected MP4 files are told by their tracks and packets; see `is_protected_tag`.
    """
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _is_encrypted_matroska(head)
    if head.startswith(b"\x30\x26\xb2\x75"):
        return any(it in head for it in _PROTECTED_ASF)
    if head.startswith(b"\0\0\x01\xba"):
        return _is_scrambled_dvd(head)
    return any(_is_scrambled(head, start, size) for start, size in ((0, 188), (4, 192)))


def is_protected_tag(tag: str) -> bool:
    """Return whether MP4 calls a protected track by this name."""
    return tag in _PROTECTED_TAGS


def _has_moov(file: IO[bytes], size: int) -> bool:
    return any(kind == b"moov" and end <= size for kind, end in _boxes(file, size))


def _boxes(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int]]:
    """Return the kind and the end of each box at the top of an MP4 file."""
    start = 0
    for _ in range(_MOST_BOXES):
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            return
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        end = start + length if length else size
        if end <= start:
            return
        yield header[4:8], end
        start = end


def _is_encrypted_matroska(head: bytes) -> bool:
    place = head.find(_ENCODING_MATROSKA)
    return place >= 0 and _PROTECTED_MATROSKA in head[place : place + _ENCODING_LENGTH]


def _is_scrambled_dvd(head: bytes) -> bool:
    """Return whether a packet of pictures in a DVD's file says that it is scrambled."""
    place = head.find(_VIDEO_PES)
    while 0 <= place < len(head) - 6:
        flags = head[place + 6]
        if flags & 0xC0 == 0x80 and flags & 0x30:
            return True
        place = head.find(_VIDEO_PES, place + 4)
    return False


def _is_scrambled(head: bytes, start: int, size: int) -> bool:
    """Return whether most packets of a transport stream say that they are scrambled."""
    marks, flags = head[start::size], head[start + 3 :: size]
    if len(marks) < _LEAST_PACKETS or set(marks) != {0x47}:
        return False
    return sum(it & 0x80 != 0 for it in flags) > len(flags) / 2


def _is_text(head: bytes) -> bool:
    if head.startswith(_BYTE_ORDER_MARKS):
        return True
    if any(it in _CONTROLS for it in head):
        return False
    # in UTF-8, or in one of the encodings before it
    plain = sum(it < 0x80 for it in head)
    return plain > len(head) / 2 or bool(head[:-4].decode(errors="replace").count("\ufffd") == 0)
