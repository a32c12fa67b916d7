"""Arguments, checked against the type hints of the function that they are for."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal, Optional

import pytest

from zapette.client.calls.arguments import Length, Range, Signature
from zapette.errors import InvalidArgument
from zapette.protocol.messages import read_parameters


class Mode(enum.Enum):
    OFF = "off"
    ONE = "one"


def volume(level: Annotated[int, Range(0, 100)]) -> None: ...
def seek(position: float) -> None: ...
def say(text: Annotated[str, Length(1, 5)]) -> None: ...
def mute(on: bool | None = None) -> None: ...
def repeat(mode: Literal["off", "one", 1]) -> None: ...
def mode(mode: Mode) -> None: ...
def add(*numbers: int) -> None: ...
def tag(**tags: str) -> None: ...
def plain(a, b=2):  # type: ignore[no-untyped-def]
    ...
def nothing() -> None: ...
def lists(items: list[int], more: Sequence[str] = ()) -> None: ...
def objects(by_name: dict[str, int], more: Mapping[str, Any]) -> None: ...
def old(track: Optional[str] = None) -> None: ...  # noqa: UP045 - the old spelling
def anything(value: Any) -> None: ...
def least(minutes: Annotated[float, Range(low=0)]) -> None: ...


class Lamp:
    def dim(self, level: int) -> None: ...
    def __call__(self, on: bool) -> None: ...


@pytest.mark.parametrize(
    ("function", "payload", "arguments"),
    [
        (volume, "40", (40,)),
        (volume, "40.0", (40,)),
        (volume, '{"level": 0}', (0,)),
        (seek, "12", (12,)),
        (seek, "12.5", (12.5,)),
        (say, "hello", ("hello",)),
        (mute, "", ()),
        (mute, "null", (None,)),
        (mute, "true", (True,)),
        (repeat, "off", ("off",)),
        (repeat, "1", (1,)),
        (mode, "one", (Mode.ONE,)),
        (add, "[1, 2, 3]", (1, 2, 3)),
        (plain, "[[1], {}]", ([1], {})),
        (nothing, "", ()),
        (lists, '[[1, 2], ["x"]]', ([1, 2], ["x"])),
        (objects, '{"by_name": {"a": 1}, "more": {"b": []}}', ({"a": 1}, {"b": []})),
        (old, "fr", ("fr",)),
        (anything, '[{"a": 1}]', ({"a": 1},)),
        (least, "0", (0,)),
        (Lamp().dim, "3", (3,)),
        (Lamp(), "true", (True,)),
        (partial(volume), "40", (40,)),
    ],
)
def test_good_arguments(
    function: Callable[..., Any], payload: str, arguments: tuple[Any, ...]
) -> None:
    args, kwargs = Signature(function).bind("it", read_parameters(payload.encode()))
    assert (args, kwargs) == (arguments, {})
    assert [type(each) for each in args] == [type(each) for each in arguments]


def test_names_of_ones_own() -> None:
    assert Signature(tag).bind("tag", read_parameters(b'{"a": "x"}')) == ((), {"a": "x"})


@pytest.mark.parametrize(
    ("function", "payload", "message"),
    [
        (volume, "101", "it: level takes a whole number from 0 to 100, and not 101"),
        (volume, "-1", "level"),
        (volume, "40.5", "level"),
        (volume, "true", "level takes .* and not true"),
        (volume, "loud", "level takes .* and not 'loud'"),
        (volume, "null", "level takes .* and not null"),
        (volume, "[[1]]", r"level takes .* and not \[1\]$"),
        (volume, '[{"a": ["é"]}]', r'and not \{"a": \["é"\]\}$'),
        (volume, f"[{[0] * 99}]", r"and not \[(0, ){13}…$"),
        (volume, "", "level.*it takes level"),
        (volume, "[1, 2]", "too many.*it takes level"),
        (volume, '{"size": 1}', "level"),
        (volume, '{"level": 1, "size": 1}', "size"),
        (nothing, "1", "it takes no parameters"),
        (seek, "true", "position takes a number"),
        (seek, "1e999", "position"),
        (say, "", "text"),
        (say, "toolong", "text takes a text of length from 1 to 5"),
        (say, "40", "text"),
        (mute, "1", "on takes true or false or null"),
        (repeat, "2", "mode takes 'off', 'one' or 1"),
        (repeat, "true", "mode"),
        (mode, "two", "mode takes 'off' or 'one'"),
        (add, '[1, "x"]', "numbers takes a whole number"),
        (tag, '{"a": 1}', "it: a takes a text"),
        (lists, '[[1, "x"]]', "items takes a list, each a whole number"),
        (lists, '["x"]', "items"),
        (objects, '[{"a": "x"}, {}]', "by_name takes an object, each member a whole number"),
        (least, "-0.5", "minutes takes a number 0 or more"),
    ],
)
def test_a_wrong_argument_is_named(
    function: Callable[..., Any], payload: str, message: str
) -> None:
    with pytest.raises(InvalidArgument, match=message):
        Signature(function).bind("it", read_parameters(payload.encode()))


def test_a_hint_that_cannot_be_checked_is_refused_at_once() -> None:
    def when(moment: complex) -> None: ...

    def by_number(names: dict[int, str]) -> None: ...

    with pytest.raises(TypeError, match=r"when: parameter moment: .*complex.* cannot be checked"):
        Signature(when)
    with pytest.raises(TypeError, match="names"):
        Signature(by_number)
