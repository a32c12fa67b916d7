"""The wait of the tests: an item that is not there yet is waited for, and named in the end."""

from __future__ import annotations

import pytest

from tests.waiting import eventually


def test_an_item_that_is_not_there_yet_is_waited_for() -> None:
    items: list[str] = []

    def look() -> str:
        try:
            return items[-1]
        finally:
            items.append("here")

    assert eventually(look, "an item") == "here"


def test_what_never_came_is_named() -> None:
    nothing: dict[str, str] = {}
    with pytest.raises(AssertionError, match=r"an item \(last: KeyError\('title'\)\)"):
        eventually(lambda: nothing["title"], "an item", timeout=0.01)
