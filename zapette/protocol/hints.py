"""Type hints as types of JSON values; no I/O."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from zapette.protocol.kinds import (
    ANYTHING,
    SIMPLE,
    Kind,
    Length,
    Range,
    fixed_list,
    list_of,
    literal,
    object_of,
    union,
)
from zapette.protocol.scalars import scalar_of
from zapette.protocol.values import write_json

_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    Sequence: list,
    tuple: tuple,
    set: set,
    AbstractSet: set,
    frozenset: frozenset,
}


def kind_of(hint: Any) -> Kind:
    """Return the kind of a type hint.

    Raises:
        TypeError: the hint is not supported.
    """
    if hint is Any:
        return ANYTHING
    kind = SIMPLE.get(hint) if isinstance(hint, type) or hint is None else None
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
        return _limited(kind_of(arguments[0]), arguments[1:])
    if origin is Literal:
        return literal(arguments)
    if origin is Union or origin is types.UnionType:
        return union([kind_of(argument) for argument in arguments])
    if get_origin(hint) is tuple and arguments[-1:] != (Ellipsis,):
        return fixed_list([kind_of(argument) for argument in arguments], tuple)
    make = _LISTS.get(origin)
    if make is not None:
        return list_of(kind_of(arguments[0] if arguments else Any), make)
    if origin in {dict, Mapping}:
        return object_of(*(kind_of(argument) for argument in arguments or (str, Any)))
    if isinstance(hint, typing.NewType):
        return kind_of(hint.__supertype__)
    raise TypeError(f"{hint!r} cannot be checked; use int, float, str, bool, list, dict, Literal…")


def _limited(kind: Kind, notes: Sequence[Any]) -> Kind:
    for note in notes:
        if isinstance(note, Range | Length):
            kind = note.limit(kind)
    return kind


def _enumeration(hint: type[enum.Enum]) -> Kind:
    if issubclass(hint, enum.Flag):
        return Kind("a whole number", lambda value: hint(SIMPLE[int].read(value)))
    members = list(hint)
    try:
        written = [json.loads(write_json(member)) for member in members]
    except ValueError as error:
        raise TypeError(f"{hint.__name__} {error}") from None
    values = literal(written)

    def read(value: Any) -> Any:
        found = values.read(value)
        return members[next(at for at, one in enumerate(written) if one is found)]

    return Kind(values.takes, read, values.is_text)


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
    return fixed_list(kinds, lambda values: hint(*values))


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
