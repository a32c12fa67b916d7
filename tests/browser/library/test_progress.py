"""The phone's library shows what was watched, what to go on with, seasons, and what cannot play."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer, titles
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually

LENGTH = 400
NAMES = "Array.from(document.querySelectorAll('library-view {} .name')).map((it) => it.textContent)"
HEADS = "Array.from(document.querySelectorAll('.group h3')).map((it) => it.textContent)"
FILES = (
    "Long.webm", "Other.webm", "Show/Season 1/1.webm", "Show/Season 1/2.webm",
    "Show/Season 2/1.webm", "Flat/Flat S01E01.webm", "Flat/Flat S01E02.webm",
    "Flat/Flat S02E01.webm", "Flat/Flat S00E01.webm",
)  # fmt: skip

#: Says what to continue with at the moment when the rows below it come.
FIRST = """() => {
  const rows = "library-view > :not(.continue) .name";
  const shown = "library-view .continue:not([hidden]) .name";
  const textOf = ({ textContent }) => textContent;
  const watcher = new MutationObserver(() => {
    if (!document.querySelector(rows)) return;
    watcher.disconnect();
    window.first = Array.from(document.querySelectorAll(shown), textOf);
  });
  watcher.observe(document, { childList: true, subtree: true });
}"""
#: Does something else for half a second.
BUSY = "() => { const end = Date.now() + 500; while (Date.now() < end); }"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    media = folder / "media"
    one = folder / "one.webm"
    ffmpeg(*films.picture(LENGTH, "64x36", 1), "-c:v", "libvpx", "-g", "10", str(one))
    for path in FILES:
        _place(one, media / path)
    flawed = media / "Flawed"
    flawed.mkdir()
    (flawed / "a disc.iso").write_bytes(b"\0" * 100)
    (flawed / "b empty.mp4").touch()
    (flawed / "c letter.mp4").write_text("Dear all, this is no film.\n" * 20)
    _place(one, flawed / "d good")
    with shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)}) as running:
        running.wait_for_index()
        yield running


def _place(film: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    os.link(film, to)


@pytest.fixture
def phone(house: System, controlled: ControlledPlayer, pages: Pages) -> RemotePage:
    controlled.ask("queue/clear")
    return pages.remote(house, controlled.player)


def continued(phone: RemotePage) -> list[str]:
    return list(phone.see(NAMES.format(".continue:not([hidden]):not([data-aside])")))


def leave_something_to_continue(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "Long.webm", "Long")
    controlled.ask("pause")
    controlled.ask("seek", 200)
    controlled.ask("load", "Other.webm")


def watch_to_the_end(controlled: ControlledPlayer, source: str) -> None:
    """Play a film alone to its end."""
    controlled.ask("load", source, source, 0)
    controlled.ask("queue/clear")
    controlled.ask("seek", LENGTH - 0.5)
    eventually(lambda: controlled.observer.status()["ended"], "it ends")


def test_what_was_left_is_first_and_goes_on(
    controlled: ControlledPlayer, phone: RemotePage
) -> None:
    controlled.ask("load", "Long.webm", "Long")
    # it stands still, so that a slow machine leaves it where it is
    controlled.ask("pause")
    controlled.ask("seek", 200)
    phone.tap("Library")
    eventually(lambda: phone.shows("Play Other, 6:40"), "the library")
    # what plays needs no row
    assert continued(phone) == []
    controlled.ask("load", "Other.webm")
    eventually(lambda: continued(phone) == ["Long"], "what to go on with")
    eventually(lambda: phone.shows("Play Long, 6:40, stopped at 3:20"), "its own row says so")
    phone.tap("Play Long, 3:20 / 6:40")
    eventually(lambda: controlled.observer.status()["title"] == "Long", "it is loaded")
    eventually(lambda: controlled.observer.status()["position"] >= 199, "it goes on")
    # in a folder there is only the folder
    phone.tap("Show, 2 inside")
    eventually(lambda: phone.shows("Season 1, 2 inside"), "the folder")
    eventually(lambda: continued(phone) == [], "nothing to go on with")


def test_rows_come_where_they_stay(controlled: ControlledPlayer, phone: RemotePage) -> None:
    """Media to continue with are shown above the rows; if they came later, a tap would miss."""
    leave_something_to_continue(controlled)
    eventually(lambda: "Other" in phone.text, "the phone knows what plays")
    phone.page.evaluate(FIRST)
    controlled.player.page.evaluate(f"() => {{ setTimeout({BUSY}) }}")
    phone.tap("Library")
    eventually(lambda: phone.see("window.first") is not None, "the rows")
    assert "Long" in phone.see("window.first")


def test_what_was_watched_is_marked_and_the_next_one_offered(
    controlled: ControlledPlayer, phone: RemotePage
) -> None:
    watch_to_the_end(controlled, "Show/Season 1/2.webm")
    controlled.ask("load", "Other.webm")
    phone.tap("Library")
    eventually(lambda: "Show S02E01" in continued(phone), "the next episode, of the next season")
    phone.tap("Show, 2 inside")
    phone.tap("Season 1, 2 inside")
    eventually(lambda: phone.shows("Play Show S01E02, 6:40, Watched"), "it is marked")
    assert phone.shows("Play Show S01E01, 6:40")
    (answer,) = controlled.observer.ask("history")["result"]["watched"]
    assert answer == "media/Show/Season 1/2.webm"
    phone.tap("Play Show S01E01, 6:40")
    whole = "[Show S01E01] Show S01E02 Show S02E01"
    eventually(lambda: titles(controlled.observer.status()) == whole, "the series is queued")


def test_a_folder_of_seasons_names_them(controlled: ControlledPlayer, phone: RemotePage) -> None:
    leave_something_to_continue(controlled)
    phone.tap("Library")
    eventually(lambda: phone.shows("Flat, 4 inside"), "the library")
    phone.tap("Flat, 4 inside")
    eventually(lambda: phone.shows("Play Flat S02E01, 6:40"), "the folder")
    heads = ["Specials", "Season 1", "Season 2"]
    eventually(lambda: phone.see(HEADS) == heads, "the seasons")


def test_what_cannot_be_played_says_why_and_a_folder_skips_it(
    controlled: ControlledPlayer, phone: RemotePage
) -> None:
    leave_something_to_continue(controlled)
    phone.tap("Library")
    eventually(lambda: phone.shows("Flawed, 4 inside"), "the library")
    phone.tap("Flawed, 4 inside")
    for name in (
        "Play a disc, Disc image: copy the films out of it",
        "Play b empty, Empty file",
        "Play c letter, A text, not a film",
        "Play d good, 6:40",
    ):
        eventually(lambda name=name: phone.shows(name), name)  # type: ignore[misc]
    assert titles(controlled.ask("load", "Flawed")) == "[d good]"
