"""What goes wrong is told where the person is looking, in words, and in the person's language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.browser.driving.observer import Observer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.media.test_media_error_texts import TEXTS
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

# Words that every sentence in English has some of, and French has not.
ENGLISH: Final = re.compile(
    r"\b(?:the|is|was|cannot|this|of|and|to|it|not|or|you|your|with|here|again|forced|SDH)\b",
    re.IGNORECASE,
)
# but an address may begin with two colons
BEGINS_A_LINE: Final = re.compile(r"[ \u00a0](?!::)[:;!?»%]|«[ \u00a0]")
# Names that hold none of those words.
GOOD, CUT, NOISE = "media/Bon.webm", "media/Coupé.mp4", "media/Bruit.webm"

Shown = tuple[PlayerPage, RemotePage, Observer]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    media = folder / "media"
    media.mkdir()
    good = media / "Bon.webm"
    film = (*films.picture(films.SECONDS), *films.sound(films.SECONDS))
    ffmpeg(*film, "-c:v", "libvpx", "-g", "10", str(good))
    for kind in ("", ".forced", ".sdh"):
        (media / f"Bon.fr{kind}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:04.000\nOui.\n")
    (media / "Bruit.webm").write_bytes(bytes(range(256)) * 64)
    _cut(media / "Coupé.mp4")
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        yield running


def _cut(file: Path) -> None:
    """Write a film of which the second half is missing."""
    whole = file.with_suffix(".whole")
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "5")
    ffmpeg(*films.picture(4), *h264, "-movflags", "+faststart", "-f", "mp4", str(whole))
    data = whole.read_bytes()
    whole.unlink()
    file.write_bytes(data[: len(data) // 4])


@pytest.fixture(scope="module", params=["en", "fr"])
def shown(request: pytest.FixtureRequest, house: System, module_pages: Pages) -> Iterator[Shown]:
    module_pages.watch.expect("Failed to load resource|net::ERR_")
    player = module_pages.player(house, locale=request.param)
    eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    player.see("document.querySelector('start-overlay button').focus()")
    player.page.keyboard.press("Enter")
    eventually(lambda: player.data("gestureRequired") == "false", "the click is enough")
    with Observer(house.household(), player.root) as observer:
        yield player, module_pages.remote(house, player, locale=request.param), observer


def _language(screen: PageDriver) -> str:
    return str(screen.see("document.documentElement.lang"))


def _open(phone: RemotePage, view: str) -> None:
    phone.page.locator(f"a[data-view={view}]").dispatch_event("click")
    phone.page.locator(f"{view}-view").wait_for()


def _faults(*screens: PageDriver) -> list[str]:
    """Return the texts of French pages that are not French, or not typeset so."""
    texts = [text for it in screens if _language(it) == "fr" for text in it.see(TEXTS)]
    return [it for it in texts if ENGLISH.search(it) or BEGINS_A_LINE.search(it)]


def wait_for_alerts(words: str, *screens: PageDriver) -> None:
    """Wait until each screen has said it; one may say it no longer when another one does."""
    silent = list(screens)

    def all_said() -> bool:
        silent[:] = [it for it in silent if words not in it.alert]
        return not silent

    eventually(all_said, f"all screens say {words!r}")


def test_a_queued_film_that_fails(shown: Shown) -> None:
    player, phone, observer = shown
    observer.ask("queue/clear")
    observer.ask("load", GOOD.encode())
    for source in (NOISE, GOOD):
        observer.ask("queue/add", source.encode())
    _open(phone, "library")
    observer.ask("seek", str(films.SECONDS - 0.2).encode())
    observer.ask("play")
    skipped = "Skipped: Bruit" if _language(phone) == "en" else "Titre ignoré\u202f: Bruit"
    wait_for_alerts(skipped, player, phone)
    assert _faults(player, phone) == []
    assert observer.ask("pause")["result"]["queue"]["index"] == 2


@pytest.mark.parametrize("source", [NOISE, "media/Absent.webm"])
def test_a_film_that_cannot_be_played_is_not_said_to_play(shown: Shown, source: str) -> None:
    player, phone, observer = shown
    assert "result" in observer.ask("load", json.dumps([GOOD, "Bon", 0]).encode())
    _open(phone, "library")
    phone.see("""(() => {
      const toast = document.querySelector("message-toast");
      window.told = [];
      new MutationObserver(() => told.push(toast.textContent)).observe(toast, { childList: true });
    })()""")
    # the row of a film that was there when the library was shown
    phone.page.evaluate("""([source]) => {
      const view = document.querySelector("library-view");
      view.play({ source, title: "Titre" });
    }""", [source])  # fmt: skip
    wrong = "This cannot be played." if _language(phone) == "en" else "Lecture impossible."
    eventually(lambda: any(wrong in it for it in phone.see("window.told")), "the phone says so")
    assert _faults(player, phone) == []
    told = list(phone.see("window.told"))
    assert not [it for it in told if it.startswith(("Playing: ", "Lecture\u202f:"))]
    assert observer.status()["source"] == GOOD


def test_it_is_said_that_a_film_plays_once_it_does(shown: Shown) -> None:
    player, phone, observer = shown
    observer.ask("load", CUT.encode())
    _open(phone, "library")
    # the notice of an earlier error goes with it, and the rows below move up
    title = "document.querySelector('#title').textContent"
    eventually(lambda: phone.see(title) == "Coupé", "the phone shows what was loaded")
    plays = "Playing: Bon" if _language(phone) == "en" else "Lecture\u202f: Bon"
    phone.tap("Play Bon" if _language(phone) == "en" else "Lire Bon")
    phone.wait_for_alert(plays)
    assert player.plays()
    observer.ask("pause")


def test_every_view_is_in_one_language(shown: Shown) -> None:
    player, phone, observer = shown
    observer.ask("queue/clear")
    for _ in range(2):
        observer.ask("queue/add", GOOD.encode())
    observer.ask("jump", b"0")
    observer.ask("sleep", b"30")
    player.page.locator("panel-button button").dispatch_event("click")
    player.page.locator("player-panel:not([hidden])").wait_for()
    eventually(lambda: len(observer.status()["subtitles"]["tracks"]) == 3, "the subtitles")
    for view in ("queue", "library", "more"):
        _open(phone, view)
        eventually(lambda: phone.see("!!document.querySelector('#panel button')"), "the view")
        assert _faults(player, phone) == []
    observer.ask("sleep", b"0")
    player.page.locator("player-panel button").first.dispatch_event("click")
    for code in ("not a procedure", "volume"):
        phone.page.evaluate("""([procedure]) => {
          const view = document.querySelector("more-view");
          void view._request(procedure, { level: "loud" });
        }""", [code])  # fmt: skip
        eventually(lambda: phone.alert, "it is told")
        assert _faults(phone) == []


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("typed", ["abc", "1234", "123456789", "12a4-5678", "-", "\uff11" * 8])
def test_a_code_that_is_none(house: System, pages: Pages, locale: str, typed: str) -> None:
    pages.watch.expect("Failed to load resource")
    phone = pages.phone(house, f"{house.url}remote", locale=locale)
    phone.page.locator(".pairing input").fill(typed)
    phone.page.locator(".pairing button").tap()
    words = "all the digits" if locale == "en" else "tous les chiffres"
    eventually(lambda: words in phone.text, "what a code is")
    assert _faults(phone) == []


def test_subtitles_of_the_same_kind_again(shown: Shown) -> None:
    _, _, observer = shown

    def active() -> object:
        return observer.status()["subtitles"]["active"]

    for label in ("Français", "Français (forced)", "Français (SDH)"):
        observer.ask("load", GOOD.encode())
        tracks = eventually(lambda: observer.status()["subtitles"]["tracks"], "the subtitles")
        (wanted,) = (it["id"] for it in tracks if it["label"] == label)
        observer.ask("subtitles", f'["{wanted}"]'.encode())
        observer.ask("load", NOISE.encode())
        observer.ask("load", GOOD.encode())
        assert eventually(active, f"{label} again") == wanted
    observer.ask("subtitles", b"null")
