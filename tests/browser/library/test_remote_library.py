"""The library in the phone's hand: folders, search, addresses, marks; and what a press does."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route

from tests.browser.driving.observer import Observer
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually

SEARCH = "Search, or paste an address"


@pytest.fixture
def shown(
    opened: tuple[PlayerPage, RemotePage, Observer],
) -> tuple[PlayerPage, RemotePage, Observer]:
    """Return the three, with an empty queue and the library open at its top."""
    _, phone, observer = opened
    observer.ask("queue/clear")
    observer.said.clear()
    phone.tap("Library")
    # a tab that is open leads to its top
    phone.tap("Library")
    eventually(lambda: phone.shows("Series, 2 inside"), "the library")
    return opened


def titles(observer: Observer) -> list[str]:
    return [it["title"] for it in observer.status()["queue"]["items"]]


def test_a_film_in_a_folder_is_played(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    assert "2019 · 0:40" in phone.text
    phone.tap("Series, 2 inside")
    phone.tap("Play Gamma")
    phone.wait_for_alert("Playing: Gamma")
    assert "Gamma.webm" in player.video["currentSrc"]
    player.advances()
    eventually(lambda: "Gamma" in phone.see("document.querySelector('#brief-title').innerText"),
               "the phone shows what plays")  # fmt: skip
    phone.tap("All")
    eventually(lambda: phone.shows("Play Beta"), "the top again")
    observer.ask("pause")


def test_the_focus_goes_into_a_folder(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, _ = shown
    phone.page.get_by_role("button", name="Series, 2 inside").focus()
    phone.page.keyboard.press("Enter")
    eventually(lambda: phone.shows("Play Gamma"), "the folder")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert phone.see(focused) == phone.see(
        "document.querySelector('#panel .rows button').getAttribute('aria-label')"
    )


def test_what_is_there_has_a_picture(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    seen = "Array.from(document.querySelectorAll('.picture.shown img'), (it) => it.naturalWidth)"

    def both() -> list[int] | None:
        widths = list(phone.see(seen))
        return widths if len(widths) == 2 else None

    # by one look: the list is made again while the library is still being gone through
    widths = eventually(both, "both films have a thumbnail", 30)
    assert widths is not None
    assert min(widths) > 0
    phone.tap("Play Beta")
    eventually(lambda: "Beta" in player.video["currentSrc"], "it plays")
    phone.tap("Remote")
    poster = "(({ hidden, naturalWidth }) => !hidden && naturalWidth)"
    eventually(
        lambda: phone.see(f"{poster}(document.querySelector('#poster'))"), "the poster is shown"
    )
    observer.ask("pause")


def test_search(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, _ = shown
    asked: list[str] = []
    phone.page.on("request", lambda it: asked.append(it.url) if "api/library" in it.url else None)
    phone.tap(SEARCH)
    # in one turn of the page, as a busy machine may take longer for a key than a search waits
    phone.see("""(() => {
      const box = document.activeElement;
      for (const letter of "gamma") {
        box.value += letter;
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
    })()""")
    eventually(lambda: phone.shows("Play Gamma") and not phone.shows("Play Beta"), "what is found")
    # not at each key, or a slow network would carry five questions for one answer
    assert len([it for it in asked if "search" in it]) == 1
    phone.page.keyboard.type("xyz")
    eventually(lambda: "Nothing found." in phone.text, "it is said when there is nothing")


@pytest.mark.parametrize("text", ['"', "w" * 201])
def test_what_cannot_be_searched_for_is_not_found(
    shown: tuple[PlayerPage, RemotePage, Observer], text: str
) -> None:
    _, phone, _ = shown
    eventually(lambda: phone.shows("Play Beta"), "the list")
    phone.tap(SEARCH)
    phone.page.keyboard.insert_text(text)
    eventually(lambda: "Nothing found." in phone.text, "it is said that nothing is found")
    assert not phone.shows("Play Beta")


def test_an_address_is_pasted(
    shelf: System, shown: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    player, phone, observer = shown
    address = f"{shelf.url}media/Series/Gamma.webm"
    phone.tap(SEARCH)
    phone.page.keyboard.insert_text(address)
    phone.tap(f"Play {address}")
    eventually(lambda: player.video["currentSrc"] == address, "the address is loaded")
    phone.tap(f"Add {address} to the queue")
    eventually(lambda: len(titles(observer)) >= 1, "it is queued")
    assert address in [it["source"] for it in observer.status()["queue"]["items"]]
    observer.ask("pause")


def test_add_and_play_next(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, observer = shown
    phone.tap("Add Alpha to the queue")
    phone.wait_for_alert("Added: Alpha")
    phone.tap("Play Beta next")
    phone.wait_for_alert("Next: Beta")
    assert titles(observer) == ["Beta", "Alpha"]


def test_what_the_player_cannot_play_is_marked(
    shown: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    player, phone, _ = shown
    phone.tap("Series, 2 inside")
    eventually(lambda: "May not play: " in phone.text, "the mark")
    (mark,) = phone.see("""Array.from(document.querySelectorAll(".mark:not([hidden])"), (it) =>
      `${it.closest(".row").querySelector(".name").innerText}: ${it.innerText}`)""")
    assert mark == "Delta: May not play: AC-3"
    # it is the player's browser that was asked
    asks = "document.createElement('video').canPlayType('video/mp4; codecs=\"ac-3\"')"
    assert player.see(asks) == ""


def test_what_was_played_is_found_again(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    phone.tap("Play Alpha")
    eventually(lambda: "Alpha" in player.video["currentSrc"], "it is loaded")
    player.advances()
    # it stands still, so that a busy machine leaves it where it is
    observer.ask("pause")
    observer.ask("seek", b"20")
    observer.ask("load", b"media/Beta.webm")
    observer.ask("pause")
    phone.tap("Recent")
    eventually(lambda: "0:20 / 0:40" in phone.text, "where one stopped")
    phone.tap("Play Alpha")
    eventually(lambda: "Alpha" in player.video["currentSrc"], "it is loaded")
    eventually(lambda: player.time >= 20, "it goes on where one stopped")
    observer.ask("pause")
    phone.tap("Folders")
    eventually(lambda: phone.shows("Series, 2 inside"), "the folders again")


def test_the_newest_come_first(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, _ = shown
    phone.tap("Newest")
    # those in folders as well
    eventually(lambda: phone.shows("Play Gamma"), "what is new")
    phone.tap("Folders")


def test_an_index_in_the_making(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, _ = shown
    unready = {"state": "probing", "media": 812, "probed": 120}

    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json() | {"index": unready}
        route.fulfill(response=response, body=json.dumps(body))

    phone.page.route("**/api/library?*", answer)
    phone.tap("Remote")
    phone.tap("Library")
    eventually(lambda: "Reading the media: 120 of 812" in phone.text, "the progress")
    lost: list[Route] = []

    def lose(route: Route) -> None:
        lost.append(route)
        route.abort()

    phone.page.route("**/api/library?*", lose)
    eventually(lambda: phone.text and lost, "an answer is lost")
    phone.page.unroute("**/api/library?*", lose)
    unready["probed"] = 400
    eventually(lambda: "400 of 812" in phone.text, "it goes on")
    phone.page.unroute_all(behavior="wait")
    eventually(lambda: "Reading the media" not in phone.text, "it is done")
    assert phone.shows("Series, 2 inside")


def test_pictures_stay_while_the_library_is_gone_through(
    shown: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    _, phone, _ = shown
    unready = {"state": "probing", "media": 812, "probed": 120}
    duration = 40.0

    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json() | {"index": unready, "total": 4 if duration > 40 else 3}
        for entry in body["entries"]:
            if entry["kind"] == "video":
                entry["duration"] = duration
        route.fulfill(response=response, body=json.dumps(body))

    phone.page.route("**/api/library?*", answer)
    phone.tap("Remote")
    phone.tap("Library")
    pictures = "Array.from(document.querySelectorAll('.picture.shown img'))"
    eventually(lambda: phone.see(f"{pictures}.length") == 2, "both pictures")
    phone.see(f"{pictures}.forEach((it) => {{ it.seenBefore = true; }})")
    # one more is found, and all are known better: the list is another one
    duration = 80.0
    eventually(lambda: "1:20" in phone.text, "what is known now is shown")
    assert phone.see(f"{pictures}.map((it) => it.seenBefore === true)") == [True, True]
    phone.page.unroute_all(behavior="wait")
    eventually(lambda: "Reading the media" not in phone.text, "it is done")
    eventually(lambda: "0:40" in phone.text, "the list as it is")
    assert phone.see(f"{pictures}.map((it) => it.seenBefore === true)") == [True, True]


def test_a_server_that_is_away_is_told(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, _ = shown
    phone.page.route("**/api/library?*", lambda route: route.abort())
    phone.tap("Remote")
    phone.tap("Library")
    phone.wait_for("Try now")
    phone.page.unroute_all(behavior="wait")
    phone.tap("Try now")
    eventually(lambda: phone.shows("Series, 2 inside"), "the library")
