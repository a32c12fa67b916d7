"""The queue on the phone: what is next, in which order, and all phones agree."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.browser.driving.controlled_player import titles
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually

SOURCES = ("media/Alpha (2019).webm", "media/Beta.webm", "media/Series/Gamma.webm")
TITLES = """Array.from(document.querySelectorAll("queue-view .name"), (it) => it.innerText)"""


@pytest.fixture
def shown(
    opened: tuple[PlayerPage, RemotePage, Observer],
) -> tuple[PlayerPage, RemotePage, Observer]:
    """Return the three, with Alpha, Beta and Gamma queued, Alpha being the present one."""
    _, phone, observer = opened
    observer.ask("shuffle", b"false")
    observer.ask("repeat", b"off")
    observer.ask("queue/clear")
    for source in SOURCES:
        assert "result" in observer.ask("queue/add", source.encode())
    observer.ask("jump", b"0")
    observer.ask("pause")
    phone.tap("Queue")
    wait_for(phone, "Alpha", "Beta", "Gamma")
    return opened


def wait_for(phone: RemotePage, *names: str) -> None:
    eventually(lambda: phone.see(TITLES) == list(names), f"the phone shows {names}")


def test_a_press_plays_it(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    current = """Array.from(document.querySelectorAll("queue-view [aria-current]"), (it) =>
      it.querySelector(".name").innerText)"""
    eventually(lambda: phone.see(current) == ["Alpha"], "what plays is marked")
    phone.tap("Play Gamma")
    eventually(lambda: "Gamma" in player.video["currentSrc"], "it is loaded")
    player.advances()
    eventually(lambda: phone.see(current) == ["Gamma"], "the mark has moved")


def test_next_and_previous(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    phone.tap("Remote")
    phone.tap("Next")
    eventually(lambda: "Beta" in player.video["currentSrc"], "the next one")
    phone.wait_for("Next")
    phone.tap("Next")
    eventually(lambda: "Gamma" in player.video["currentSrc"], "and the one after it")
    eventually(lambda: not phone.find("Next")["usable"], "there is no other")  # type: ignore[index]
    phone.tap("Previous")
    eventually(lambda: "Beta" in player.video["currentSrc"], "the one before")


@pytest.mark.parametrize("pointer", ["mouse", "touch"])
def test_an_item_is_dragged(
    shown: tuple[PlayerPage, RemotePage, Observer], pointer: Literal["mouse", "touch"]
) -> None:
    _, phone, observer = shown
    phone.drag("Move Alpha", "Move Gamma", pointer)
    wait_for(phone, "Beta", "Gamma", "Alpha")
    # the phone shows it before the player has done it; what plays is still what plays
    eventually(lambda: titles(observer.status()) == "Beta Gamma [Alpha]", "the player has it so")
    phone.drag("Move Alpha", "Move Beta", pointer)
    wait_for(phone, "Alpha", "Beta", "Gamma")


def test_an_item_is_moved_by_buttons_and_keys(
    shown: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    _, phone, _ = shown
    phone.tap("Move Beta")
    phone.tap("Up")
    wait_for(phone, "Beta", "Alpha", "Gamma")
    phone.tap("Down")
    wait_for(phone, "Alpha", "Beta", "Gamma")
    phone.tap("Move Beta")
    eventually(lambda: not phone.shows("Down"), "the buttons are gone")
    phone.see("document.querySelector('[aria-label=\"Move Gamma\"]').focus()")
    phone.page.keyboard.press("ArrowUp")
    wait_for(phone, "Alpha", "Gamma", "Beta")
    # the focus goes with it, and a screen reader is told
    phone.page.keyboard.press("ArrowUp")
    wait_for(phone, "Gamma", "Alpha", "Beta")
    told = "document.querySelector('queue-view [role=status]').textContent"
    eventually(lambda: phone.see(told) == "Gamma is now 1 of 3.", "it is told")


def test_remove_and_clear(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    phone.tap("Remove Beta")
    wait_for(phone, "Alpha", "Gamma")
    eventually(lambda: len(observer.status()["queue"]["items"]) == 2, "the player has two")
    phone.tap("Clear")
    eventually(lambda: "Nothing is queued." in phone.text, "the phone says so")
    eventually(lambda: observer.status()["queue"]["items"] == [], "so does the player")
    assert "Alpha" in player.video["currentSrc"], "what plays goes on"
    phone.tap("Open the library")
    eventually(lambda: phone.data("view") == "library", "the library")


def test_shuffle_and_repeat(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, observer = shown
    phone.tap("Shuffle")
    eventually(lambda: observer.status()["shuffle"], "it is mixed")
    eventually(lambda: pressed(phone, "Shuffle"), "the phone shows it")
    phone.tap("Shuffle")
    eventually(lambda: not observer.status()["shuffle"], "it is not any more")
    wait_for(phone, "Alpha", "Beta", "Gamma")
    for name, mode in (("Repeat", "all"), ("Repeat all", "one"), ("Repeat one", "off")):
        phone.tap(name)
        wait_for_mode(observer, mode)
    phone.wait_for("Repeat")


def wait_for_mode(observer: Observer, mode: str) -> None:
    eventually(lambda: observer.status()["repeat"] == mode, f"repeat is {mode}")


def pressed(phone: RemotePage, name: str) -> bool:
    return bool(
        phone.see(f"""Array.from(document.querySelectorAll("[aria-pressed=true]")).some((it) =>
      it.innerText === "{name}")""")
    )


def test_two_phones_agree(
    shelf: System, pages: Pages, shown: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    pages.watch.expect("Failed to load resource")
    player, phone, _ = shown
    other = pages.remote(shelf, player)
    other.tap("Queue")
    wait_for(other, "Alpha", "Beta", "Gamma")
    other.tap("Remove Gamma")
    wait_for(phone, "Alpha", "Beta")
    phone.drag("Move Beta", "Move Alpha", "touch")
    wait_for(other, "Beta", "Alpha")
    wait_for(phone, "Beta", "Alpha")


def test_two_quick_presses_concern_one_item(
    shown: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    _, phone, _ = shown
    press = """((name, press) => {{
      const row = Array.from(document.querySelectorAll("queue-view .row")).find(
        (it) => it.querySelector(".name").innerText === name);
      const button = row.querySelector(press);
      button.click();
      button.click();
    }})("{}", "{}")"""
    # before the player has answered the first one
    phone.see(press.format("Gamma", ".moves button"))
    wait_for(phone, "Gamma", "Alpha", "Beta")
    phone.see(press.format("Alpha", ".tool"))
    wait_for(phone, "Gamma", "Beta")
    phone.tap("Move Gamma")
    phone.tap("Down")
    wait_for(phone, "Beta", "Gamma")
