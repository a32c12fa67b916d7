"""Whether a message is what ``tests/vectors/state.json`` says, in its words for types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from tests.contract.vector_files import vectors

_STATE: Final = vectors("state")
_SHAPES: Final[dict[str, dict[str, str]]] = {"state": _STATE["state"], **_STATE["objects"]}
_SCALARS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda it: isinstance(it, str),
    "number": lambda it: type(it) in {int, float} and math.isfinite(it),
    "whole number": lambda it: type(it) is int and it >= 0,
    "boolean": lambda it: isinstance(it, bool),
}


def assert_type(value: Any, words: str, where: str = "it") -> None:
    """Check that `value` is of a type; an object has every field of it, and no other."""
    kind = words.removesuffix(" or null")
    if value is None and kind != words:
        return
    if kind.startswith("list of "):
        assert isinstance(value, list), where
        for each in value:
            assert_type(each, kind.removeprefix("list of "), f"{where}[]")
    elif kind.startswith("one of "):
        assert value in kind.removeprefix("one of ").split(", "), where
    elif kind in _SCALARS:
        assert _SCALARS[kind](value), where
    else:
        assert_fields(value, _SHAPES[kind], _STATE["optional"].get(kind, []), where)


def assert_fields(value: Any, fields: dict[str, str], optional: list[str], where: str) -> None:
    """Check that `value` is an object with these fields; those in `optional` may be missing."""
    assert isinstance(value, dict), where
    present = [name for name in fields if name in value or name not in optional]
    assert sorted(value) == sorted(present), where
    for name in present:
        assert_type(value[name], fields[name], f"{where}.{name}")
