"""Writing values as JSON that `zapette.protocol.hints` can read; no I/O."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from zapette.protocol.scalars import scalar_of

_COMPACT: Final = (",", ":")


def write_json(value: Any) -> bytes:
    """Return the JSON of a value, in UTF-8.

    An Enum is its value, a dataclass and a TypedDict an object of its fields, a list, tuple,
    NamedTuple and set an array, a date, time, UUID, path and Decimal a text, a timedelta its
    seconds, and bytes are base64.

    Raises:
        ValueError: it cannot be written; the message names the part and the reason.
    """
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError):
        # other types, or text that is not UTF-8, such as a file name
        pass
    try:
        return _ASCII_ENCODER.encode(_plain(value, "it", ())).encode()
    except RecursionError:
        raise ValueError("cannot be written as JSON: it is nested too deep") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _plain(value: Any, where: str, above: tuple[int, ...]) -> Any:
    """Return `value` as JSON types.

    Args:
        value: the value.
        where: its name in errors.
        above: the ids of the containers around it.
    """
    match value:
        case enum.Enum():
            return _plain(value.value, where, above)
        case None | str() | int():
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError(f"{where} is {value}, which JSON does not have")
            return value
    scalar = scalar_of(type(value))
    if scalar is None:
        return _members(value, where, above)
    try:
        return scalar.write(value)
    except ValueError as error:
        raise ValueError(f"{where} {error}") from None


def _members(value: Any, where: str, above: tuple[int, ...]) -> Any:
    if id(value) in above:
        raise ValueError(f"{where} is within itself")
    above = (*above, id(value))
    match value:
        case Mapping():
            members = value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            members = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        case Collection():
            items = [_plain(each, f"{where}[{at}]", above) for at, each in enumerate(value)]
            return _in_order(items) if isinstance(value, AbstractSet) else items
        case _:
            raise ValueError(f"{where} is of type {type(value).__qualname__}")
    return {
        _name(name, where): _plain(member, f"{where}.{name}", above)
        for name, member in members.items()
    }


def _name(name: Any, where: str) -> Any:
    """Return the name of a member; `json` converts numbers, true, false and null itself."""
    if name is None or (isinstance(name, str | int | float) and not isinstance(name, enum.Enum)):
        return name
    written = _plain(name, f"a name in {where}", ())
    if not isinstance(written, str):
        raise ValueError(f"a name in {where} is of type {type(name).__qualname__}")  # noqa: TRY004
    return written


def _in_order(items: list[Any]) -> list[Any]:
    """Return a set's members in a stable order."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=_ASCII_ENCODER.encode)


# shared, because `json.dumps` creates an encoder per call
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=_COMPACT)
_ASCII_ENCODER: Final = json.JSONEncoder(allow_nan=False, separators=_COMPACT)
