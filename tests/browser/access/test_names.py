"""Two players that nobody has named: a number tells them apart wherever they are seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from tests.bridge.listener import retained
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually


def _shows(phone: RemotePage, name: str) -> bool:
    return bool(phone.see("document.querySelector('#name').textContent") == name)


def _names(system: System, *players: PlayerPage) -> list[tuple[str, str]]:
    """Return what the state and the announcement call each player."""
    said = retained(system.household(), "zapette/#")
    topics = [(f"{it.root}/state", f"zapette/discovery/{it.id}") for it in players]
    return [
        (json.loads(said[state])["name"], json.loads(said.get(announced, b"{}")).get("name"))
        for state, announced in topics
    ]


def test_a_second_television_is_numbered_everywhere(
    new_system: Callable[..., System], pages: Pages
) -> None:
    system = new_system()
    first, second = pages.player(system), pages.player(system)
    both = {("Television", "Television"), ("Television 2", "Television 2")}
    eventually(lambda: set(_names(system, first, second)) == both, "they are told apart")
    for player, (name, _) in zip((first, second), _names(system, first, second), strict=True):
        phone = pages.remote(system, player, locale="en")
        eventually(partial(_shows, phone, name), f"the phone shows {name}")
        player.page.reload()
        player.wait_until_live()
    # what they have said of themselves is cleared and said again
    eventually(lambda: set(_names(system, first, second)) == both, "each keeps its name")
    # a page in French calls itself otherwise, and only a new one is renamed
    third = pages.player(system, locale="fr")
    eventually(lambda: _names(system, third) == [("Télévision",) * 2], "no number is needed")
    with Observer(system.household(), third.root) as observer:
        observer.ask("rename", b"Television")
        announced = ("Television", "Television 3")
        eventually(lambda: _names(system, third) == [announced], "a person's name is kept")
        observer.ask("volume", b"30")
        assert observer.status()["name"] == "Television"
