"""The chapters of a film: in the state, on both seek bars, and to choose from on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.checks.axe import violations
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

LONG: Final = "The end of a long title " * 6
CUT: Final = LONG[:100].strip()
CHAPTERS: Final = (
    ";FFMETADATA1\n"
    "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=10\ntitle=Départ\n"
    "[CHAPTER]\nTIMEBASE=1/1\nSTART=10\nEND=30\n"
    f"[CHAPTER]\nTIMEBASE=1/1\nSTART=30\nEND=40\ntitle={LONG}\n"
)
# Where the marks are, as parts of the way that the middle of the slider's knob has.
MARKS: Final = """(() => {
  const { left, width } = document.querySelector("seek-bar input").getBoundingClientRect();
  return Array.from(document.querySelectorAll("seek-bar .marks span"), (mark) => {
    const at = mark.getBoundingClientRect();
    return (at.left + at.width / 2 - left - 12) / (width - 24);
  });
})()"""
PREVIEW: Final = """(({ hidden, innerText }) => hidden ? "" : innerText)(
  document.querySelector("seek-bar .preview"))"""
# Whether the preview lies within the bar.
INSIDE: Final = """(() => {
  const [bar, it] = ["seek-bar .track", "seek-bar .preview"].map((name) =>
    document.querySelector(name).getBoundingClientRect());
  return it.left >= bar.left - 1 && it.right <= bar.right + 1;
})()"""
SPOKEN: Final = """document.querySelector("seek-bar input").getAttribute("aria-valuetext")"""
CHOSEN: Final = """(([it]) => it ? it.textContent : null)(
  document.querySelector(".chapters select").selectedOptions)"""


def _film(file: Path, *more: str) -> None:
    film = (*films.picture(40, "64x36", 5), *films.sound(40), *more)
    ffmpeg(*film, "-c:v", "libvpx", "-g", "5", "-c:a", "libopus", str(file))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("chapters")
    media = folder / "media"
    media.mkdir()
    (folder / "chapters").write_text(CHAPTERS)
    _film(media / "film.mkv", "-i", str(folder / "chapters"), "-map_metadata", "2")
    _film(media / "plain.webm")
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        running.wait_for_index()
        yield running


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    module_pages.watch.expect("Failed to load resource")
    return module_pages


def wait_for_marks(page: PageDriver, places: list[float]) -> None:
    """Wait until the seek bar has marks at these parts of its length."""
    eventually(lambda: page.see(MARKS) == pytest.approx(places, abs=0.01), "the marks")


def wait_for_value(page: PageDriver, expression: str, value: object) -> None:
    """Wait until a page shows this."""
    eventually(lambda: page.see(expression) == value, f"{expression} is {value}")


def test_chapters(controlled: ControlledPlayer, house: System, pages: Pages) -> None:
    pages.watch.expect("Failed to load resource")
    player, observer = controlled.player, controlled.observer

    def chapters() -> Any:
        return observer.status()["chapters"]

    controlled.ask("load", "media/film.mkv")
    controlled.ask("pause")
    controlled.ask("seek", 0)
    assert eventually(chapters, "the chapters") == [
        {"title": "Départ", "start": 0},
        {"title": "", "start": 10},
        {"title": CUT, "start": 30},
    ]
    phone = pages.remote(house, player)
    for page in (player, phone):
        wait_for_marks(page, [0.25, 0.75])
        wait_for_value(page, SPOKEN, "0:00 of 0:40, Départ")
    with phone.held("Position", 0.25, "touch") as move:
        move(0.5)
        eventually(lambda: phone.see(PREVIEW) == "Chapter 2\n0:20", "the chapter under the finger")
        move(0.99)
        eventually(lambda: phone.see(PREVIEW).startswith(CUT), "a long name")
        assert phone.see(INSIDE)
        move(0.05)
        eventually(lambda: phone.see(PREVIEW).startswith("Départ\n0:0"), "the first")
        assert phone.see(INSIDE)

    def at(position: float, chosen: str) -> None:
        eventually(lambda: abs(player.time - position) < 0.3, f"the film is at {position}")
        eventually(lambda: phone.see(CHOSEN) == chosen, f"the phone shows {chosen}")

    phone.tap("More")
    phone.tap("Next chapter")
    at(10, "0:10 · Chapter 2")
    assert violations(phone) == []
    phone.tap("Next chapter")
    at(30, f"0:30 · {CUT}")
    eventually(lambda: (phone.find("Next chapter") or {})["usable"] is False, "it is the last")
    phone.tap("Previous chapter")
    at(10, "0:10 · Chapter 2")
    phone.page.locator(".chapters select").select_option(index=0)
    at(0, "0:00 · Départ")
    phone.page.keyboard.press("Tab")
    phone.page.keyboard.press("End")
    at(30, f"0:30 · {CUT}")

    controlled.ask("load", "media/plain.webm")
    assert chapters() == []
    for page in (player, phone):
        wait_for_marks(page, [])
    eventually(lambda: not phone.shows("Next chapter"), "there is none to go to")
