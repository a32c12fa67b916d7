"""Players come and go: no two players have one name, and none changes by itself."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from zapette.protocol.ranges import LONGEST_NAME
from zapette_homeassistant.distinct_names import DEFAULTS, DistinctNames
from zapette_server.paths import ROOT

names = st.sampled_from(
    [
        "Television",
        "television",
        "Television 2",
        "Télé",
        "☺",
        "x" * 64,
        "x" * 63,
        "a: b",
        "2",
        "TV 10",
    ]
)
ids = st.sampled_from("abcdef")
steps = st.lists(st.tuples(ids, names, st.booleans()), max_size=30)


def test_numbered_in_the_order_in_which_they_come() -> None:
    given_names = DistinctNames()
    assert [given_names.give(it, "Television") for it in "abc"] == [
        "Television", "Television 2", "Television 3",
    ]  # fmt: skip
    # nobody moves up
    given_names.forget("a")
    assert given_names.give("c", "Television") == "Television 3"
    assert given_names.give("d", "Television") == "Television"
    assert given_names.give("b", "Kitchen") == "Kitchen"
    assert given_names.give("b", "Television") == "Television 2"
    # after a restart: what was announced earlier still holds
    later = DistinctNames()
    later.remember("b", "Television 2")
    assert later.give("b", "Television") == "Television 2"
    assert later.give("a", "Television") == "Television"


@given(steps)
def test_no_two_have_one_name(steps: list[tuple[str, str, bool]]) -> None:
    told = DistinctNames()
    shown: dict[str, tuple[str, str]] = {}
    for player, name, goes in steps:
        if goes:
            told.forget(player)
            shown.pop(player, None)
            continue
        now = told.give(player, name)
        assert 0 < len(now) <= LONGEST_NAME
        if player in shown and shown[player][0] == name:
            assert now == shown[player][1], "it keeps its name"
        shown[player] = (name, now)
        spoken = [it.casefold() for _, it in shown.values()]
        assert len(set(spoken)) == len(spoken)


def test_what_pages_call_themselves_is_known() -> None:
    texts = [(ROOT / "static" / "i18n" / name).read_text() for name in ("en.js", "fr.js")]
    found = {it for text in texts for it in re.findall(r'"player.default_name": "(.*)"', text)}
    assert found == DEFAULTS
