"""Topic names and filters, against the standard's own words written out the slow way."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_broker.routing.topics import (
    includes,
    is_topic_filter,
    is_topic_name,
    matches,
    overlaps,
    split_share,
)

LEVELS = ("a", "b", "", "$x", "+")
TOPICS = [
    "/".join(levels)
    for size in (1, 2, 3, 4)
    for levels in itertools.product(("a", "b", "", "$x"), repeat=size)
    if levels != ("",)
]

level = st.sampled_from(LEVELS)
filters = (
    st.lists(level, min_size=1, max_size=3)
    .flatmap(lambda levels: st.sampled_from(("/".join(levels), "/".join([*levels, "#"]), "#")))
    .filter(bool)
)


def by_the_book(pattern: str, topic: str) -> bool:
    """Match level by level (MQTT 5 section 4.7)."""
    if topic.startswith("$") and pattern[0] in "+#":
        return False
    wanted, given_levels = pattern.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        if len(given_levels) < len(wanted):
            return False
        given_levels = given_levels[: len(wanted)]
    return len(wanted) == len(given_levels) and all(
        one in ("+", other) for one, other in zip(wanted, given_levels, strict=True)
    )


@given(filters)
def test_matching(pattern: str) -> None:
    for topic in TOPICS:
        assert matches(pattern, topic) == by_the_book(pattern, topic), topic


@given(filters, filters)
def test_including_is_matching_all_that_the_other_matches(wide: str, narrow: str) -> None:
    """Never more than that; a filter that is a union of others may be missed, never granted."""
    if includes(wide, narrow):
        for topic in TOPICS:
            assert not by_the_book(narrow, topic) or by_the_book(wide, topic), topic


@given(filters, filters)
def test_not_including_has_a_witness(wide: str, narrow: str) -> None:
    deep = [f"{topic}/z/z/z/z" for topic in TOPICS]
    if not includes(wide, narrow) and any(by_the_book(narrow, topic) for topic in TOPICS):
        witnesses = [
            topic
            for topic in [*TOPICS, *deep, *(t.replace("a", "z") for t in TOPICS)]
            if by_the_book(narrow, topic) and not by_the_book(wide, topic)
        ]
        assert witnesses


@given(filters, filters)
def test_overlapping_is_having_a_topic_in_common(one: str, other: str) -> None:
    common = any(by_the_book(one, topic) and by_the_book(other, topic) for topic in TOPICS)
    assert common <= overlaps(one, other)
    assert overlaps(one, other) == overlaps(other, one)


@pytest.mark.parametrize(
    "pattern", ["a", "/", "a/b", "+", "#", "+/+", "a/#", "/#", "+/a/#", "$SYS/#"]
)
def test_filters(pattern: str) -> None:
    assert is_topic_filter(pattern)


@pytest.mark.parametrize("pattern", ["", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "##", "a\0"])
def test_no_filters(pattern: str) -> None:
    assert not is_topic_filter(pattern)


@pytest.mark.parametrize("topic", ["a", "/", "a//b", "$SYS/x", " ", "a b", "é"])
def test_names(topic: str) -> None:
    assert is_topic_name(topic)


@pytest.mark.parametrize("topic", ["", "+", "a/#", "a\0b", "/" * 300])
def test_no_names(topic: str) -> None:
    assert not is_topic_name(topic)


@pytest.mark.parametrize(
    ("pattern", "split"),
    [
        ("a/b", (None, "a/b")),
        ("$share/g/a/b", ("g", "a/b")),
        ("$share/g/#", ("g", "#")),
        ("$share/g//a", ("g", "/a")),
        ("$share/g/", None),
        ("$share/g", None),
        ("$share//a", None),
        ("$share/g+/a", None),
        ("$share/#/a", None),
        ("$shared/g/a", (None, "$shared/g/a")),
    ],
)
def test_shares(pattern: str, split: tuple[str | None, str] | None) -> None:
    assert split_share(pattern) == split
