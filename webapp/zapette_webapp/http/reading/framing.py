"""The end of a request (RFC 9112); ambiguous requests are refused; no I/O.

If a proxy and a server disagree about it, an attacker can hide a request in a body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from zapette_webapp.errors import FramingError

LARGEST_BODY: Final = 64 << 10
"""The largest body of a request, in bytes, unless it is a part of an upload."""

_VERSION: Final = re.compile(rb"HTTP/([0-9])\.([0-9])")
_FIELD: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)")
_TARGET: Final = re.compile(rb"(?:/|https?://[^/]|\*\Z)[!-~\x80-\xff]*", re.IGNORECASE)
_DIGITS: Final = re.compile(rb"[0-9]+")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t -~\x80-\xff]*)?")
_LONGEST_LINE: Final = 256

Field = tuple[bytes, bytes]


def check_head(head: bytes, largest: int = LARGEST_BODY) -> None:
    """Check the request line and the header fields of a head, and that its body is not too large.

    Raises:
        FramingError: a line is malformed, or the length of the body is uncertain.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").removesuffix(b"\r\n").split(b"\r\n")
    version = _checked_version(first)
    fields = [_field(line) for line in lines]
    if len(_values(fields, b"host")) > 1:
        raise malformed("there is more than one Host")
    codings, lengths = _values(fields, b"transfer-encoding"), _values(fields, b"content-length")
    if codings and lengths:
        raise malformed("Content-Length and Transfer-Encoding exclude each other")
    if codings:
        _check_codings(codings, version)
    if lengths:
        _check_lengths(lengths, largest)


class ChunkedBody:
    """Decodes a chunked body as it arrives (RFC 9112, 7.1), without its trailer fields."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._size: int | None = None
        self._read = 0
        self._in_trailer = False
        self.is_complete = False

    def feed(self, data: bytes) -> bytes:
        """Return the bytes that `data` adds to the body.

        Raises:
            FramingError: it is malformed, or the body is larger than `LARGEST_BODY`.
        """
        self._raw += data
        parts = []
        while not self.is_complete and (part := self._next()) is not None:
            parts.append(part)
        return b"".join(parts)

    @property
    def rest(self) -> bytes:
        """The bytes after the end of the body."""
        return bytes(self._raw) if self.is_complete else b""

    def _next(self) -> bytes | None:
        """Take a line or a chunk; return the bytes it adds, or None if it is incomplete."""
        if self._size:
            return self._chunk(self._size)
        line, end, rest = self._raw.partition(b"\r\n")
        if not end:
            if len(self._raw) > _LONGEST_LINE:
                raise malformed("a line in the chunked body is too long")
            return None
        self._raw = rest
        if not self._in_trailer:
            self._size = self._read_size(bytes(line))
            self._in_trailer = self._size == 0
        elif line:
            _field(bytes(line))
        else:
            self.is_complete = True
        return b""

    def _chunk(self, size: int) -> bytes | None:
        if len(self._raw) < size + 2:
            return None
        chunk, end = bytes(self._raw[:size]), self._raw[size : size + 2]
        if end != b"\r\n":
            raise malformed("a chunk does not end where its size says")
        del self._raw[: size + 2]
        self._size = None
        return chunk

    def _read_size(self, line: bytes) -> int:
        match = _CHUNK.fullmatch(line)
        if match is None:
            raise malformed("the size of a chunk is not a hexadecimal number")
        size = int(match[1], 16)
        self._read += size
        if self._read > LARGEST_BODY:
            raise too_large()
        return size


def too_large(largest: int = LARGEST_BODY) -> FramingError:
    """Return the error of a body that is larger than `largest` bytes."""
    detail = f"the body is larger than {largest} bytes"
    return FramingError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


def _checked_version(line: bytes) -> tuple[int, int]:
    words = line.split(b" ")
    version = _VERSION.fullmatch(words[-1])
    if len(words) != 3 or version is None or _TARGET.fullmatch(words[1]) is None:
        raise malformed("the request line is malformed")
    if version[1] != b"1" or version[2] not in b"01":
        detail = "only HTTP/1.1 and HTTP/1.0 are supported"
        raise FramingError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, detail)
    return 1, int(version[2])


def _field(line: bytes) -> Field:
    match = _FIELD.fullmatch(line)
    if match is None:
        raise malformed("a header field is malformed")
    return match[1].lower(), match[2].strip(b" \t")


def _values(fields: Sequence[Field], wanted: bytes) -> list[bytes]:
    return [value for name, value in fields if name == wanted]


def _check_codings(values: list[bytes], version: tuple[int, int]) -> None:
    codings = [it.strip(b" \t").lower() for it in b",".join(values).split(b",")]
    if version == (1, 0) or b"" in codings or codings.index(codings[-1]) != len(codings) - 1:
        raise malformed("the Transfer-Encoding is malformed")
    if codings[-1] != b"chunked":
        raise malformed("the Transfer-Encoding does not end with chunked")
    if len(codings) > 1:
        detail = "the only supported Transfer-Encoding is chunked"
        raise FramingError(HTTPStatus.NOT_IMPLEMENTED, detail)


def _check_lengths(values: list[bytes], largest: int) -> None:
    if len(values) > 1 or _DIGITS.fullmatch(values[0]) is None:
        raise malformed("the Content-Length is not one whole number")
    digits = values[0].lstrip(b"0")
    if len(digits) > len(str(largest)) or int(digits or b"0") > largest:
        raise too_large(largest)


def malformed(detail: str) -> FramingError:
    """Return the error of a request that breaks a rule."""
    return FramingError(HTTPStatus.BAD_REQUEST, detail)
