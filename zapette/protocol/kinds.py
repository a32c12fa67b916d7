"""Type hints as JSON types: reading values and describing them; no I/O."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from zapette.protocol.scalars import scalar_of
from zapette.protocol.values import write_json


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`; None is no limit: ``Annotated[int, Range(0, 100)]``."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """Texts, lists or objects of `least` to `most` members: ``Annotated[str, Length(1, 64)]``."""

    least: int = 0
    most: int | None = None


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


def kind_of(hint: Any) -> Kind:
    """Return the kind of a type hint.

    Raises:
        TypeError: the hint is not supported.
    """
    if hint is Any:
        return _ANYTHING
    kind = _SIMPLE.get(hint) if isinstance(hint, type) or hint is None else None
    if kind is None and isinstance(hint, type):
        kind = _class(hint)
    return kind or _compound(hint)


def _class(hint: type) -> Kind | None:
    if issubclass(hint, enum.Enum):
        return _enumeration(hint)
    if typing.is_typeddict(hint):
        return _typed_dict(hint)
    if dataclasses.is_dataclass(hint):
        return _dataclass(hint)
    if issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return _named_tuple(hint)
    scalar = scalar_of(hint)
    if scalar is None:
        return None
    return Kind(scalar.takes, lambda value: scalar.read(hint, value), scalar.is_text)


def _compound(hint: Any) -> Kind:
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if origin is Annotated:
        return _annotated(kind_of(arguments[0]), arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin is Union or origin is types.UnionType:
        return _union([kind_of(argument) for argument in arguments])
    if get_origin(hint) is tuple and arguments[-1:] != (Ellipsis,):
        return _fixed([kind_of(argument) for argument in arguments], tuple)
    make = _LISTS.get(origin)
    if make is not None:
        return _list(kind_of(arguments[0] if arguments else Any), make)
    if origin in {dict, Mapping}:
        return _object(*(kind_of(argument) for argument in arguments or (str, Any)))
    if isinstance(hint, typing.NewType):
        return kind_of(hint.__supertype__)
    raise TypeError(f"{hint!r} cannot be checked; use int, float, str, bool, list, dict, Literal…")


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


_ANYTHING = Kind("anything", lambda value: value)
_SIMPLE: dict[Any, Kind] = {
    int: Kind("a whole number", _integer),
    float: Kind("a number", _number),
    str: Kind("a text", _exactly(str), is_text=True),
    bool: Kind("true or false", _exactly(bool)),
    None: Kind("null", _exactly(types.NoneType)),
    types.NoneType: Kind("null", _exactly(types.NoneType)),
}
_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    Sequence: list,
    tuple: tuple,
    set: set,
    AbstractSet: set,
    frozenset: frozenset,
}


def _literal(values: Sequence[Any]) -> Kind:
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]

    def read(value: Any) -> Any:
        for one, written in zip(values, plain, strict=True):
            if type(written) is type(value) and written == value:
                return one
        raise ValueError

    is_text = all(isinstance(value, str) for value in plain)
    return Kind(_or([shown(value) for value in plain]), read, is_text)


def _enumeration(hint: type[enum.Enum]) -> Kind:
    if issubclass(hint, enum.Flag):
        return Kind("a whole number", lambda value: hint(_integer(value)))
    members = list(hint)
    try:
        written = [json.loads(write_json(member)) for member in members]
    except ValueError as error:
        raise TypeError(f"{hint.__name__} {error}") from None
    values = _literal(written)

    def read(value: Any) -> Any:
        found = values.read(value)
        return members[next(at for at, one in enumerate(written) if one is found)]

    return Kind(values.takes, read, values.is_text)


def _union(kinds: Sequence[Kind]) -> Kind:
    def read(value: Any) -> Any:
        for kind in kinds:
            try:
                return kind.read(value)
            except ValueError:
                continue
        raise ValueError

    return Kind(_or([kind.takes for kind in kinds]), read, all(kind.is_text for kind in kinds))


def _list(kind: Kind, make: Callable[[list[Any]], Any]) -> Kind:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004 - readers raise only ValueError
        members = [kind.read(each) for each in value]
        try:
            return make(members)
        except TypeError:
            # a set of lists
            raise ValueError from None

    of = "" if kind is _ANYTHING else f", each {kind.takes}"
    return Kind(f"a list{of}", read)


def _fixed(kinds: Sequence[Kind], make: Callable[[list[Any]], Any]) -> Kind:
    def read(value: Any) -> Any:
        if not isinstance(value, list) or len(value) != len(kinds):
            raise ValueError
        return make([kind.read(each) for kind, each in zip(kinds, value, strict=True)])

    return Kind(f"a list of {', '.join(kind.takes for kind in kinds) or 'nothing'}", read)


def _object(names: Kind, members: Kind) -> Kind:
    if not names.is_text:
        raise TypeError("the names in a JSON object are texts")

    def read(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.read(name): members.read(each) for name, each in value.items()}
        raise ValueError

    of = "" if members is _ANYTHING else f", each member {members.takes}"
    return Kind(f"an object{of}", read)


def _dataclass(hint: type) -> Kind:
    fields = {each.name: each for each in dataclasses.fields(hint)}
    needed = {
        name
        for name, each in fields.items()
        if each.init
        and each.default is dataclasses.MISSING
        and each.default_factory is dataclasses.MISSING
    }

    def make(members: dict[str, Any]) -> Any:
        # computed fields are written, but not read
        return hint(**{name: each for name, each in members.items() if fields[name].init})

    return _fields(hint, set(fields), needed, make)


def _typed_dict(hint: Any) -> Kind:
    hints = get_type_hints(hint, include_extras=True)
    # with text annotations, `__required_keys__` ignores NotRequired
    origins = {name: get_origin(each) for name, each in hints.items()}
    needed = {
        name
        for name, origin in origins.items()
        if origin is typing.Required
        or (name in hint.__required_keys__ and origin is not typing.NotRequired)
    }
    return _fields(hint, set(hints), needed, dict)


def _named_tuple(hint: Any) -> Kind:
    hints = get_type_hints(hint, include_extras=True)
    kinds = [kind_of(hints.get(name, Any)) for name in hint._fields]
    return _fixed(kinds, lambda values: hint(*values))


def _fields(
    hint: type, names: set[str], needed: set[str], make: Callable[[dict[str, Any]], Any]
) -> Kind:
    """Return the kind of an object with named members."""
    if hint in _BEING_MADE:
        return _BEING_MADE[hint]
    kinds: dict[str, Kind] = {}

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not needed <= value.keys() <= kinds.keys():
            raise ValueError
        try:
            return make({name: kinds[name].read(each) for name, each in value.items()})
        except TypeError as error:
            raise ValueError from error

    kind = Kind(f"an object with {', '.join(sorted(names)) or 'no member'}", read)
    # recursive types refer to the unfinished kind
    _BEING_MADE[hint] = kind
    try:
        hints = get_type_hints(hint, include_extras=True)
        kinds |= {name: kind_of(_bare(hints[name])) for name in names}
    finally:
        del _BEING_MADE[hint]
    return kind


_BEING_MADE: dict[type, Kind] = {}


def _bare(hint: Any) -> Any:
    """Return a hint of a TypedDict without ``Required`` or ``NotRequired``."""
    if get_origin(hint) in {typing.Required, typing.NotRequired}:
        return get_args(hint)[0]
    return hint


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

    return Kind(f"{kind.takes} of length {_span(limits.least, limits.most)}", read, kind.is_text)


def _span(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low} or more"
    return f"up to {high}" if low is None else f"from {low} to {high}"


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
