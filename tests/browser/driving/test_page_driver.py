"""How the tests look at a page: what is not there yet is waited for, a mistake is told."""

from __future__ import annotations

import pytest

from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.waiting import eventually

COMES = """void setTimeout(() => {
  document.body.innerHTML = '<p id="late">here</p>';
}, 200)"""
WORDS = "document.querySelector('#late').textContent"


def test_an_element_that_comes_later_is_waited_for(pages: Pages) -> None:
    page = PageDriver(pages.context().new_page())
    with pytest.raises(LookupError, match="Cannot read properties of null"):
        page.see(WORDS)
    page.see(COMES)
    eventually(lambda: page.see(WORDS) == "here", "the element")


def test_a_mistake_is_told_at_once(pages: Pages) -> None:
    page = PageDriver(pages.context().new_page())
    with pytest.raises(AssertionError, match="mistake is not defined"):
        eventually(lambda: page.see("mistake()"), "never")


def test_a_film_that_begins_again_has_moved_on() -> None:
    places = iter([44.9, 0.1, 0.3, 0.5])

    class Repeated(PlayerPage):
        def __init__(self) -> None:
            """Open no page."""

        @property
        def time(self) -> float:
            return next(places)

    Repeated().advances(0.3)
    assert list(places) == []
