"""What a procedure takes, by the type hints of its function; no I/O."""

from __future__ import annotations

import enum
import inspect
import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from zapette.errors import InvalidArgument
from zapette.messages import Parameters


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`: ``Annotated[int, Range(0, 100)]``; None is no limit."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """Texts, lists or objects of `least` to `most` members: ``Annotated[str, Length(1, 64)]``."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter takes.

    Attributes:
        takes: in words, for the caller who gave something else.
        read: returns the value as the function gets it, or raises ValueError.
    """

    takes: str
    read: Callable[[Any], Any]


class Signature:
    """The parameters of a function, checked against its type hints.

    Known are int, float, str, bool, None, Any, Literal, Enum, unions, list, Sequence, dict, Mapping
    and Annotated with `Range` or `Length`. A parameter without a hint takes anything.

    Raises:
        TypeError: a hint is none of these; it names the function and the parameter.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._signature = inspect.signature(function)
        self._parameters = self._signature.parameters
        self._required = self._count_required()
        hints = get_type_hints(inspect.unwrap(_unbound(function)), include_extras=True)
        self._kinds: dict[str, Kind] = {}
        for name in self._parameters:
            if name in hints and hints[name] is not Any:
                try:
                    self._kinds[name] = kind_of(hints[name])
                except TypeError as error:
                    where = getattr(function, "__qualname__", repr(function))
                    raise TypeError(f"{where}: parameter {name}: {error}") from None

    def bind(self, procedure: str, given: Parameters) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments to call the function with.

        Raises:
            InvalidArgument: wrong number, names, types or range; the message names the parameter.
        """
        if not given.named and self._fits(len(given.positional)):
            return self._by_position(procedure, given.positional), {}
        try:
            bound = self._signature.bind(*given.positional, **given.named)
        except TypeError as error:
            raise InvalidArgument(f"{procedure}: {error}{self._takes()}") from None
        for name, kind in self._kinds.items():
            if name not in bound.arguments:
                continue
            value = bound.arguments[name]
            match self._parameters[name].kind:
                case inspect.Parameter.VAR_POSITIONAL:
                    checked: Any = tuple(_read(procedure, name, kind, each) for each in value)
                case inspect.Parameter.VAR_KEYWORD:
                    checked = {key: _read(procedure, key, kind, value[key]) for key in value}
                case _:
                    checked = _read(procedure, name, kind, value)
            bound.arguments[name] = checked
        return bound.args, bound.kwargs

    def _count_required(self) -> int | None:
        """Return how many parameters must be given; None if some are not plain ones."""
        plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = self._parameters.values()
        if any(each.kind is not plain for each in parameters):
            return None
        return sum(each.default is each.empty for each in parameters)

    def _fits(self, count: int) -> bool:
        return self._required is not None and self._required <= count <= len(self._parameters)

    def _by_position(self, procedure: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of a call without names; `inspect` takes three times as long."""
        kinds = self._kinds
        return tuple(
            _read(procedure, name, kinds[name], value) if name in kinds else value
            for name, value in zip(self._parameters, values, strict=False)
        )

    def _takes(self) -> str:
        if not self._parameters:
            return "; it takes no parameters"
        return f"; it takes {', '.join(self._parameters)}"


def kind_of(hint: Any) -> Kind:
    """Return what a type hint takes.

    Raises:
        TypeError: the hint cannot be checked.
    """
    simple = _SIMPLE.get(hint) if isinstance(hint, type) or hint is None else None
    if simple is not None:
        return simple
    if hint is Any:
        return Kind("anything", lambda value: value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _enumeration(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(kind_of(arguments[0]), arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin is Union or origin is types.UnionType:
        return _union([kind_of(argument) for argument in arguments])
    if hint is list or origin in {list, Sequence}:
        return _list(kind_of(arguments[0] if arguments else Any))
    if hint is dict or origin in {dict, Mapping}:
        if arguments and arguments[0] is not str:
            raise TypeError("the names in a JSON object are str")
        return _object(kind_of(arguments[1] if arguments else Any))
    raise TypeError(f"{hint!r} cannot be checked; use int, float, str, bool, list, dict, Literal…")


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value) if isinstance(value, float) else value


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise ValueError

    return read


_SIMPLE: dict[Any, Kind] = {
    int: Kind("a whole number", _integer),
    float: Kind("a number", _number),
    str: Kind("a text", _exactly(str)),
    bool: Kind("true or false", _exactly(bool)),
    None: Kind("null", _exactly(types.NoneType)),
    types.NoneType: Kind("null", _exactly(types.NoneType)),
}


def _literal(values: Sequence[Any]) -> Kind:
    def read(value: Any) -> Any:
        for one in values:
            if type(one) is type(value) and one == value:
                return one
        raise ValueError

    return Kind(_or([_shown(value) for value in values]), read)


def _enumeration(hint: type[enum.Enum]) -> Kind:
    values = _literal([member.value for member in hint])
    return Kind(values.takes, lambda value: hint(values.read(value)))


def _union(kinds: Sequence[Kind]) -> Kind:
    def read(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.read(value)
            except ValueError:
                continue
        raise ValueError

    return Kind(_or([kind.takes for kind in kinds]), read)


def _list(kind: Kind) -> Kind:
    def read(value: Any) -> Any:
        if isinstance(value, list):
            return [kind.read(each) for each in value]
        raise ValueError

    of = "" if kind.takes == "anything" else f", each {kind.takes}"
    return Kind(f"a list{of}", read)


def _object(kind: Kind) -> Kind:
    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: kind.read(each) for name, each in value.items()}
        raise ValueError

    of = "" if kind.takes == "anything" else f", each member {kind.takes}"
    return Kind(f"an object{of}", read)


def _annotated(kind: Kind, notes: Sequence[Any]) -> Kind:
    for note in notes:
        if isinstance(note, Range):
            kind = _ranged(kind, note)
        elif isinstance(note, Length):
            kind = _sized(kind, note)
    return kind


def _ranged(kind: Kind, limits: Range) -> Kind:
    low, high = limits.low, limits.high

    def read(value: Any) -> Any:
        number = kind.read(value)
        if number is not None and not (low is None or low <= number):
            raise ValueError
        if number is not None and not (high is None or number <= high):
            raise ValueError
        return number

    return Kind(f"{kind.takes} {_span(low, high)}", read)


def _sized(kind: Kind, limits: Length) -> Kind:
    def read(value: Any) -> Any:
        sized = kind.read(value)
        if len(sized) < limits.least or (limits.most is not None and len(sized) > limits.most):
            raise ValueError
        return sized

    return Kind(f"{kind.takes} of length {_span(limits.least, limits.most)}", read)


def _span(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"up to {high}" if low is None else f"from {low} to {high}"


def _read(procedure: str, name: str, kind: Kind, value: Any) -> Any:
    try:
        return kind.read(value)
    except (ValueError, OverflowError):
        shown = _shown(value)
        raise InvalidArgument(f"{procedure}: {name} takes {kind.takes}, and not {shown}") from None


def _shown(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 40 else f"{value[:40]}…")
        case int() | float():
            return str(value)
        case list():
            return "a list"
        case _:
            return "an object"


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _unbound(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what has the hints of `function`: of an object that can be called, its method."""
    if inspect.isroutine(function) or isinstance(function, type):
        return function
    return getattr(function, "func", None) or type(function).__call__
