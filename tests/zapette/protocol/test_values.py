"""What a procedure returns is written by the rules by which parameters are read."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, NewType, NotRequired, TypedDict
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zapette.protocol.hints import kind_of
from zapette.protocol.values import write_json


class Mode(enum.Enum):
    OFF = "off"
    ONE = 1
    PAIR = (1, "two")
    DAY = dt.date(2026, 11, 27)


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    at: dt.date


class Film(TypedDict):
    title: str
    seen: NotRequired[dt.datetime]


@dataclass
class Node:
    name: str
    seconds: dt.timedelta
    under: list[Node] = field(default_factory=list)
    by_id: dict[uuid.UUID, Path] = field(default_factory=dict)
    size: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.size = len(self.under)


Ident = NewType("Ident", uuid.UUID)

# of 270 years: in seconds, a longer one is not exact to the microsecond
durations = st.timedeltas(dt.timedelta(days=-98_000), dt.timedelta(days=98_000))
zones = st.none() | st.timezones() | st.just(dt.UTC)
instants = st.datetimes(timezones=zones, allow_imaginary=False)
# texts as the file system gives them, with halves of surrogate pairs for bytes that are no UTF-8
texts = st.text() | st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=5)
names = texts.filter(lambda text: "\0" not in text)
floats = st.floats(allow_nan=False, allow_infinity=False)
decimals = st.decimals(allow_nan=False, allow_infinity=False)
nodes = st.recursive(
    st.builds(Node, texts, durations, by_id=st.dictionaries(st.uuids(), st.builds(Path, names))),
    lambda below: st.builds(Node, texts, durations, st.lists(below, max_size=3)),
    max_leaves=8,
)
points = st.builds(Point, st.integers(), st.dates())
films: st.SearchStrategy[Any] = st.fixed_dictionaries({"title": texts}, optional={"seen": instants})
CASES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers()),
    (float, floats),
    (str, texts),
    (bool, st.booleans()),
    (None, st.none()),
    (Mode, st.sampled_from(Mode)),
    (Colour, st.sampled_from(Colour)),
    (Level, st.sampled_from(Level)),
    (Rights, st.integers(0, 3).map(Rights)),
    (Literal["a", 1, True, None], st.sampled_from(["a", 1, True, None])),
    (Literal[Mode.OFF], st.just(Mode.OFF)),
    (dt.datetime, instants),
    (dt.date, st.dates()),
    (dt.time, st.times()),
    (dt.timedelta, durations),
    (uuid.UUID, st.uuids()),
    (Ident, st.uuids()),
    (Path, st.builds(Path, names)),
    (PurePosixPath, st.builds(PurePosixPath, names)),
    (Decimal, decimals),
    (bytes, st.binary()),
    (bytearray, st.binary().map(bytearray)),
    (tuple[int, str], st.tuples(st.integers(), texts)),
    (tuple[dt.date, ...], st.lists(st.dates()).map(tuple)),
    (tuple[()], st.just(())),
    (set[uuid.UUID], st.sets(st.uuids())),
    (frozenset[Colour], st.frozensets(st.sampled_from(Colour))),
    (set[int | str], st.sets(st.integers() | st.text())),
    (list[dt.time | None], st.lists(st.none() | st.times())),
    (dict[str, Decimal], st.dictionaries(texts, decimals)),
    (dict[Colour, set[dt.date]], st.dictionaries(st.sampled_from(Colour), st.sets(st.dates()))),
    (dict[dt.date, bytes], st.dictionaries(st.dates(), st.binary())),
    (Point, points),
    (Film, films),
    (Node, nodes),
    (list[Node | Point], st.lists(nodes | points, max_size=4)),
]


def comparable(value: Any) -> Any:
    """Return a value with each instant as its local time and its offset.

    In an hour that comes twice, a time equals none in another zone, not even itself (PEP 495).
    """
    match value:
        case dt.datetime():
            return value.replace(tzinfo=None), value.utcoffset()
        case dict():
            return {name: comparable(member) for name, member in value.items()}
    return value


@pytest.mark.parametrize(("hint", "values"), CASES, ids=lambda each: str(each)[:40])
@settings(deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again(
    hint: Any, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    value = data.draw(values)
    again = kind_of(hint).read(json.loads(write_json(value)))
    assert comparable(again) == comparable(value)
    assert type(again) is type(value)


@pytest.mark.parametrize(("fold", "written"), [(0, "+02:00"), (1, "+01:00")])
def test_an_hour_that_comes_twice_keeps_its_offset(fold: int, written: str) -> None:
    zone = ZoneInfo("Europe/Paris")
    value = dt.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold)
    assert json.loads(write_json(value)) == f"2026-10-25T02:30:00{written}"
    again = kind_of(dt.datetime).read(json.loads(write_json(value)))
    assert again != value, "Python compares such an hour so (PEP 495)"
    assert comparable(again) == comparable(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Mode.PAIR, '[1,"two"]'),
        (Mode.DAY, '"2026-11-27"'),
        ({Colour.RED: Level.HIGH}, '{"red":2}'),
        (dt.datetime(2026, 11, 27, 18, 30, tzinfo=dt.UTC), '"2026-11-27T18:30:00+00:00"'),
        (dt.timedelta(minutes=1.5), "90.0"),
        ({3, 1, 2}, "[1,2,3]"),
        ({1, "a"}, '["a",1]'),
        (Decimal("1.10"), '"1.10"'),
        (Path("Films/é.mp4"), '"Films/\\u00e9.mp4"'),
        ("é", '"é"'),
        (b"\x00\xff", '"AP8="'),
        (deque([1, 2]), "[1,2]"),
        (range(3), "[0,1,2]"),
        ({"a": 1}.values(), "[1]"),
        ({1: None, False: 2}, '{"1":null,"false":2}'),
        (Point(1, dt.date(2026, 1, 2)), '[1,"2026-01-02"]'),
    ],
)
def test_how_it_is_written(value: Any, written: str) -> None:
    assert write_json(value).decode() == written


def within_itself() -> Any:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    return value


def within_a_node() -> Any:
    node = Node("x", dt.timedelta())
    node.under.append(node)
    return node


def deep() -> Any:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (object, "it is of type object"),
        (lambda: {"a": [1, object()]}, r"it\.a\[1\] is of type object"),
        (lambda: lambda: 1, "it is of type function"),
        (lambda: Node, "it is of type type"),
        (lambda: (each for each in "ab"), "it is of type generator"),
        (lambda: 1j, "it is of type complex"),
        (lambda: {"at": math.nan}, r"it\.at is nan, which JSON does not have"),
        (lambda: [math.inf], r"it\[0\] is inf"),
        (lambda: Decimal("NaN"), "it is NaN"),
        (within_itself, r"it\.a\[0\] is within itself"),
        (within_a_node, r"it\.under\[0\] is within itself"),
        (deep, "nested too deep"),
        (lambda: {(1, 2): 3}, "a name in it is of type tuple"),
        (lambda: {object(): 3}, "a name in it is of type object"),
        (lambda: 10**5000, "cannot be written"),
    ],
)
def test_what_cannot_be_written(make: Callable[[], Any], why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        write_json(make())
    assert str(caught.value).startswith("cannot be written as JSON: ")


@pytest.mark.parametrize(
    ("hint", "given_value"),
    [
        (dt.datetime, "yesterday"),
        (dt.datetime, 5),
        (dt.date, "2026-02-30"),
        (dt.time, "25:00"),
        (dt.timedelta, "90"),
        (dt.timedelta, 1e300),
        (dt.timedelta, True),
        (uuid.UUID, "x"),
        (Decimal, "NaN"),
        (Decimal, "one"),
        (Decimal, []),
        (bytes, "%"),
        (bytes, "é"),
        (Path, 1),
        (tuple[int, str], [1]),
        (tuple[int, str], [1, "a", 2]),
        (tuple[()], [1]),
        (set[Any], [[1]]),
        (set[int], {"a": 1}),
        (Point, [1]),
        (Point, ["x", "2026-01-02"]),
        (Film, {}),
        (Film, {"title": "x", "other": 1}),
        (Node, {"name": "x"}),
        (Node, {"name": "x", "seconds": 1, "under": [{}]}),
        (dict[Colour, int], {"green": 1}),
        (Mode, [1, "three"]),
        (Rights, 8),
        (float, 10**400),
    ],
)
def test_what_cannot_be_read(hint: Any, given_value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its reader puts it into words
        kind_of(hint).read(given_value)


@pytest.mark.parametrize("hint", [dict[int, str], dict[bytes | int, str], set[complex], object])
def test_hints_that_cannot_be_read(hint: Any) -> None:
    with pytest.raises(TypeError):
        kind_of(hint)
