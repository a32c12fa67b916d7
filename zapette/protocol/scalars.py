"""Scalar types without a JSON type: reading and writing; no I/O."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import pathlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type whose values are JSON texts or numbers.

    Attributes:
        type: the type, including its subclasses.
        takes: the accepted values, in words.
        read: converts a JSON value to a type; raises ValueError.
        write: converts a value to JSON; raises ValueError.
        is_text: whether the JSON value is a text, which may be a member's name.
    """

    type: type
    takes: str
    read: Callable[[Any, Any], Any]
    write: Callable[[Any], Any]
    is_text: bool = True


def scalar_of(hint: type) -> Scalar | None:
    """Return the scalar for a type; None if there is none."""
    for scalar in _SCALARS:
        if issubclass(hint, scalar.type):
            return scalar
    return None


def _text(parse: Callable[[Any, str], Any], hint: Any, value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - readers raise only ValueError
    return parse(hint, value)


def _iso(hint: Any, text: str) -> Any:
    return hint.fromisoformat(text)


def _made(hint: Any, text: str) -> Any:
    return hint(text)


def _bytes(hint: Any, text: str) -> Any:
    return hint(base64.b64decode(text, validate=True))


def _base64(value: bytes | bytearray) -> str:
    return base64.b64encode(value).decode()


def _decimal(hint: Any, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError  # noqa: TRY004 - as above
    try:
        number = hint(str(value))
    except decimal.InvalidOperation:
        raise ValueError from None
    if not number.is_finite():
        raise ValueError
    return number


def _decimal_text(value: decimal.Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"is {value}, which JSON does not have")
    return str(value)


def _seconds(hint: Any, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError  # noqa: TRY004 - as above
    try:
        return hint(seconds=value)
    except OverflowError:
        raise ValueError from None


# the first match counts: a `datetime` is a `date` too
_SCALARS: Final = (
    Scalar(
        dt.datetime,
        "a date and time (2026-11-27T18:30:00+01:00)",
        partial(_text, _iso),
        dt.datetime.isoformat,
    ),
    Scalar(dt.date, "a date (2026-11-27)", partial(_text, _iso), dt.date.isoformat),
    Scalar(dt.time, "a time of day (18:30:00)", partial(_text, _iso), dt.time.isoformat),
    Scalar(
        dt.timedelta,
        "a number of seconds",
        _seconds,
        dt.timedelta.total_seconds,
        is_text=False,
    ),
    Scalar(uuid.UUID, "a UUID", partial(_text, _made), str),
    Scalar(pathlib.PurePath, "a path", partial(_text, _made), str),
    Scalar(decimal.Decimal, "a decimal number", _decimal, _decimal_text),
    Scalar(bytes, "bytes in base64", partial(_text, _bytes), _base64),
    Scalar(bytearray, "bytes in base64", partial(_text, _bytes), _base64),
)
