"""Conditional requests and byte ranges, in the order that RFC 9110 gives in 13.2.2; no I/O."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import strptime
from typing import Final

_TAG: Final = re.compile(r'(W/)?("[!#-~\x80-\xff]*")')
_RANGE: Final = re.compile(r"([0-9]*)-([0-9]*)")
_UNIT: Final = re.compile(r"bytes=(.*)", re.IGNORECASE)
_DATES: Final = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")
_FIFTY_YEARS: Final = 50 * 365.25 * 86400
_CENTURY: Final = 36525 * 86400
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Selected:
    """The answer without any condition.

    Attributes:
        tag: its entity tag with quotes, ``W/`` before a weak one; None if it has none.
        modified: when it was modified, in whole Unix seconds; None if unknown.
        size: its length in bytes if clients may request parts of it, else None.
    """

    tag: str | None = None
    modified: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to give.

    Attributes:
        status: 200, 206, 304, 412 or 416.
        start: for 206, the first byte.
        stop: for 206, the byte after the last.
    """

    status: HTTPStatus
    start: int = 0
    stop: int = 0


_OK: Final = Verdict(HTTPStatus.OK)
_FAILED: Final = Verdict(HTTPStatus.PRECONDITION_FAILED)
_NOT_MODIFIED: Final = Verdict(HTTPStatus.NOT_MODIFIED)


def judge(method: str, fields: Mapping[str, str], selected: Selected, now: float) -> Verdict:
    """Return the answer to a GET or HEAD of an existing resource.

    Args:
        method: ``GET`` or ``HEAD``.
        fields: the header fields of the request.
        selected: the resource.
        now: Unix seconds.
    """
    if_match, since = fields.get("If-Match"), _date(fields.get("If-Unmodified-Since"), now)
    if if_match is not None:
        if not _has_tag(if_match, selected.tag, is_strong=True):
            return _FAILED
    elif since is not None and selected.modified is not None and selected.modified > since:
        return _FAILED
    if_none_match, since = fields.get("If-None-Match"), _date(fields.get("If-Modified-Since"), now)
    if if_none_match is not None:
        if _has_tag(if_none_match, selected.tag, is_strong=False):
            return _NOT_MODIFIED
    elif since is not None and selected.modified is not None and selected.modified <= since:
        return _NOT_MODIFIED
    wanted = fields.get("Range") if method == "GET" else None
    if wanted is None or selected.size is None:
        return _OK
    if_range = fields.get("If-Range")
    if if_range is not None and not _is_current(if_range, selected, now):
        return _OK
    return _part(wanted, selected.size)


def _part(wanted: str, size: int) -> Verdict:
    specs = _specs(wanted)
    if not specs:
        return _OK
    parts = [part for first, last in specs if (part := _bounds(first, last, size)) is not None]
    if not parts:
        return Verdict(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    if len(parts) > 1 or size == 0:
        # no page asks for several ranges; sending the whole file is valid too (14.2)
        return _OK
    return Verdict(HTTPStatus.PARTIAL_CONTENT, *parts[0])


def _specs(wanted: str) -> list[tuple[str, str]]:
    """Return the ranges of a Range field as two texts each; none if it is not valid (14.1.1)."""
    unit = _UNIT.fullmatch(wanted)
    specs = []
    for text in unit[1].split(",") if unit else ():
        if not text.strip(" \t"):
            continue
        match = _RANGE.fullmatch(text.strip(" \t"))
        if match is None or match.group() == "-" or not match.group().isascii():
            return []
        first, last = match.groups()
        if first and last and _number(last) < _number(first):
            return []
        specs.append((first, last))
    return specs


def _bounds(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first:
        length = _number(last)
        return (max(0, size - length), size) if length else None
    start = _number(first)
    if start >= size:
        return None
    return start, min(_number(last) + 1, size) if last else size


def _number(digits: str) -> int:
    """Return a number; all numbers larger than any file are the same."""
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _has_tag(listed: str, tag: str | None, *, is_strong: bool) -> bool:
    """Return whether a list of entity tags names this one (8.8.3.2)."""
    if listed.strip(" \t") == "*":
        return True
    if tag is None or (is_strong and tag.startswith("W/")):
        return False
    opaque = tag.removeprefix("W/")
    return any(it[2] == opaque and not (is_strong and it[1]) for it in _tags(listed))


def _tags(listed: str) -> list[re.Match[str]]:
    """Return the entity tags in a list; none if it is malformed. A tag may hold a comma."""
    found: list[re.Match[str]] = []
    at = 0
    while at < len(listed):
        match = _TAG.match(listed, at)
        if match is not None:
            found.append(match)
            at = match.end()
        rest = listed[at:].lstrip(" \t")
        if rest and not rest.startswith(","):
            return []
        at = len(listed) - len(rest[1:].lstrip(" \t"))
    return found


def _is_current(if_range: str, selected: Selected, now: float) -> bool:
    """Return whether the client's part belongs to the current version (13.1.5)."""
    if if_range.startswith(("W/", '"')):
        tag = _TAG.fullmatch(if_range)
        return tag is not None and not tag[1] and tag[2] == selected.tag
    # a file that was written in this second may change again within it (8.8.2.2)
    date = _date(if_range, now)
    return date is not None and date == selected.modified and now - date >= 1


def _date(text: str | None, now: float) -> int | None:
    """Return the Unix seconds of an HTTP date in any of its three forms (5.6.7)."""
    for form in _DATES if text else ():
        try:
            parsed = timegm(strptime(text or "", form))
        except ValueError:
            continue
        is_far = "%y" in form and parsed > now + _FIFTY_YEARS
        return parsed - _CENTURY if is_far else parsed
    return None
