"""The types of JSON values: reading a value as one, and describing it; no I/O."""

from __future__ import annotations

import enum
import json
import math
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a parameter.

    Attributes:
        takes: the accepted values, in words.
        read: converts a JSON value to the function's argument; raises ValueError.
        is_text: whether the JSON value is a text, which may be a member's name.
    """

    takes: str
    read: Callable[[Any], Any]
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`; None is no limit: ``Annotated[int, Range(0, 100)]``."""

    low: float | None = None
    high: float | None = None

    def limit(self, kind: Kind) -> Kind:
        """Return the kind of those values of a kind that are in the range."""
        low, high = self.low, self.high

        def read(value: Any) -> Any:
            number = kind.read(value)
            if number is not None and not (low is None or low <= number):
                raise ValueError
            if number is not None and not (high is None or number <= high):
                raise ValueError
            return number

        return Kind(f"{kind.takes} {_span(low, high)}", read)


@dataclass(frozen=True, slots=True)
class Length:
    """Texts, lists or objects of `least` to `most` members: ``Annotated[str, Length(1, 64)]``."""

    least: int = 0
    most: int | None = None

    def limit(self, kind: Kind) -> Kind:
        """Return the kind of those values of a kind that have such a length."""
        least, most = self.least, self.most

        def read(value: Any) -> Any:
            sized = kind.read(value)
            if len(sized) < least or (most is not None and len(sized) > most):
                raise ValueError
            return sized

        return Kind(f"{kind.takes} of length {_span(least, most)}", read, kind.is_text)


def _span(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"up to {high}" if low is None else f"from {low} to {high}"


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError  # noqa: TRY004 - readers raise only ValueError
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise ValueError
    return value


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise ValueError

    return read


ANYTHING = Kind("anything", lambda value: value)
SIMPLE: dict[Any, Kind] = {
    int: Kind("a whole number", _integer),
    float: Kind("a number", _number),
    str: Kind("a text", _exactly(str), is_text=True),
    bool: Kind("true or false", _exactly(bool)),
    None: Kind("null", _exactly(types.NoneType)),
    types.NoneType: Kind("null", _exactly(types.NoneType)),
}


def literal(values: Sequence[Any]) -> Kind:
    """Return the kind of some values."""
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]

    def read(value: Any) -> Any:
        for one, written in zip(values, plain, strict=True):
            if type(written) is type(value) and written == value:
                return one
        raise ValueError

    is_text = all(isinstance(value, str) for value in plain)
    return Kind(_or([shown(value) for value in plain]), read, is_text)


def union(kinds: Sequence[Kind]) -> Kind:
    """Return the kind of what one of `kinds` takes; the first one reads it."""

    def read(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.read(value)
            except ValueError:
                continue
        raise ValueError

    return Kind(_or([kind.takes for kind in kinds]), read, all(kind.is_text for kind in kinds))


def list_of(kind: Kind, make: Callable[[list[Any]], Any]) -> Kind:
    """Return the kind of a list, converted by `make`."""

    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004 - readers raise only ValueError
        members = [kind.read(each) for each in value]
        try:
            return make(members)
        except TypeError:
            # a set of lists
            raise ValueError from None

    of = "" if kind is ANYTHING else f", each {kind.takes}"
    return Kind(f"a list{of}", read)


def fixed_list(kinds: Sequence[Kind], make: Callable[[list[Any]], Any]) -> Kind:
    """Return the kind of a list with one member of each kind."""

    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(kinds):
            raise ValueError
        return make([kind.read(each) for kind, each in zip(kinds, value, strict=True)])

    return Kind(f"a list of {', '.join(kind.takes for kind in kinds) or 'nothing'}", read)


def object_of(names: Kind, members: Kind) -> Kind:
    """Return the kind of an object with any members."""
    if not names.is_text:
        raise TypeError("the names in a JSON object are texts")

    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.read(name): members.read(each) for name, each in value.items()}
        raise ValueError

    of = "" if members is ANYTHING else f", each member {members.takes}"
    return Kind(f"an object{of}", read)


def shown(value: Any) -> str:
    """Return a value in words, for error messages."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return repr(_beginning(value))
        case int() | float():
            return str(value)
        case _:
            return _beginning(json.dumps(value, ensure_ascii=False))


def _beginning(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
