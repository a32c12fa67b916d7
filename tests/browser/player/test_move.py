"""What plays on one player goes on on another: queue, place, subtitles and speed go along."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.browser.checks.ear import hears
from tests.browser.driving.chromium import PHONE
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.samples import films
from tests.documents.blocks import DOCUMENTS, blocks
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

KNOWN = "(JSON.parse(localStorage['zapette.remote'] || '{}').known || []).length"
NAME = "document.querySelector('#name').textContent"
(BEDTIME,) = [it for it in blocks(DOCUMENTS / "python.md") if it.name == "bedtime.py"]
ALIKE = ("source", "title", "rate", "repeat", "shuffle", "playing")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    media = films.short(folder / "media")
    film = media / "Long.webm"
    ffmpeg(*films.picture(300, "64x36", 2), "-c:v", "libvpx", "-g", "4", str(film))
    for language in ("fr", "en"):
        text = "1\n00:00:01,000 --> 00:04:00,000\nHello\n"
        (media / f"Long.{language}.srt").write_text(text)
    # with two sound tracks, of which the browser plays the first from the file
    tracks = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "libx264", "-g", "4")
    picture = films.picture(300, "64x36", 2)
    both = (*picture, *films.sound(300, 440), *films.sound(300, 880), *tracks, "-c:a", "aac")
    ffmpeg(*both, "-pix_fmt", "yuv420p", "-ac", "1", str(media / "Two.mkv"))
    settings = {"ZAPETTE_MEDIA_DIR": str(media)}
    with sharing(shared_system(folder, settings)) as running:
        yield running


def listed(state: dict[str, Any]) -> list[tuple[str, str]]:
    return [(it["source"], it["title"]) for it in state["queue"]["items"]]


def first_paused(observer: Observer) -> dict[str, Any]:
    """Return the first state heard in which it does not play; an empty one if there is none."""
    return dict(next((it.json for it in observer.states if not it.json["playing"]), {}))


@contextmanager
def named(house: System, pages: Pages, name: str) -> Iterator[tuple[PlayerPage, Observer]]:
    """Open a player of this name, and observe it."""
    player = pages.started(house)
    with Observer(house.household(), player.root) as observer:
        observer.ask("rename", name.encode())
        yield player, observer


def knowing(house: System, pages: Pages, first: PlayerPage, second: PlayerPage) -> RemotePage:
    """Return the first player's remote on a phone that knows both, at *More*."""
    context = pages.context(**PHONE)
    pages.phone(house, second.link, context=context).wait_until_live()
    phone = pages.phone(house, first.link, context=context).wait_until_live()
    eventually(lambda: phone.see(KNOWN) == 2, "both are known")
    phone.tap("More")
    return phone


def test_it_goes_on_on_the_other_player_and_stays_if_that_is_off(
    house: System, pages: Pages
) -> None:
    with (
        named(house, pages, "Kitchen") as (first, here),
        named(house, pages, "Bedroom") as (second, there),
    ):
        for source in (b"media/one.webm", b"media/one.webm"):
            here.ask("queue/add", source)
        here.ask("load", b'{"source": "media/Long.webm", "position": 100}')
        here.ask("subtitles", b"fr")
        here.ask("subtitles/delay", b"1.5")
        here.ask("rate", b"1.25")
        here.ask("repeat", b"all")
        there.ask("queue/add", b"media/one.webm")
        phone = knowing(house, pages, first, second)
        before = here.status()
        here.said.clear()
        phone.tap("Continue on Bedroom")
        eventually(lambda: not first.plays(), "the first one pauses", 60)
        # what is published of it may come later than it stands still, and more after that
        paused = eventually(lambda: first_paused(here), "its pause is published")
        stopped = first.time
        moved = there.status()
        assert second.plays()
        elapsed = 1.25 * (moved["reported_at"] - paused["reported_at"])
        assert abs(moved["position"] - stopped - elapsed) < 1
        assert {it: moved[it] for it in ALIKE} == {it: before[it] for it in ALIKE}
        assert listed(moved) == listed(before)
        assert moved["queue"]["index"] == before["queue"]["index"]
        assert moved["subtitles"]["active"] == before["subtitles"]["active"] == "fr"
        assert moved["subtitles"]["delay"] == 1.5
        # the phone follows it
        eventually(lambda: phone.see(NAME) == "Bedroom", "the other one")
        phone.wait_until_live()
        # so does the command line
        done = house.zapette("move", "Bedroom", "Kitchen", "--timeout", "20")
        assert done.stdout == "Long is on Kitchen.\n", done.stderr
        assert (first.plays(), second.plays()) == (True, False)
        # and the program of the documentation
        done = subprocess.run(
            [sys.executable, "-c", BEDTIME.text, first.id, second.id],
            env=house.environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.stdout == "Long is on Bedroom.\n", done.stderr
        # one that is off changes nothing
        first.page.close()
        eventually(lambda: phone.shows("Continue on Kitchen"), "the list")
        phone.tap("Continue on Kitchen")
        phone.wait_for_alert("Kitchen: The player is off. It stays on Bedroom.")
        assert second.plays()


def test_the_sound_inside_a_film_goes_along(house: System, pages: Pages) -> None:
    with (
        named(house, pages, "Study") as (first, here),
        named(house, pages, "Attic") as (second, there),
    ):
        here.ask("load", b'{"source": "media/Two.mkv", "position": 100}')
        here.ask("audio", b"1")
        eventually(lambda: here.status()["audio"]["active"] == "1", "the other sound")
        phone = knowing(house, pages, first, second)
        phone.tap("Continue on Attic")
        eventually(lambda: not first.plays() and second.plays(), "it goes on there", 60)
        moved = there.status()
        assert (moved["audio"]["active"], moved["stream"]["reason"]) == ("1", "track")
        assert moved["position"] >= 100
        eventually(lambda: hears(second, 880), "the other sound is heard")


@pytest.fixture(scope="module")
def kitchen(house: System, module_pages: Pages) -> Iterator[tuple[PlayerPage, Observer]]:
    """Let a player play a film in a queue."""
    with named(house, module_pages, "Kitchen") as (screen, there):
        there.ask("queue/add", b"media/one.webm")
        there.ask("load", b'{"source": "media/Long.webm", "position": 100}')
        there.ask("subtitles", b"fr")
        there.ask("rate", b"1.25")
        yield screen, there


Kitchen = tuple[PlayerPage, Observer]


def test_a_phone_that_may_not_become_a_player_says_so(
    house: System, pages: Pages, kitchen: Kitchen
) -> None:
    screen, _ = kitchen
    pages.watch.expect("403")
    phone = pages.phone(house, screen.link, context=pages.context(**PHONE)).wait_until_live()
    waiting = {"status": 403, "code": "waiting", "admission": {"code": "481-936"}}
    phone.page.route(
        "**/api/credentials",
        lambda route: (
            route.fulfill(status=403, content_type="application/problem+json", json=waiting)
            if "owner_key" in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    phone.tap("More")
    phone.tap("Continue on this device")
    phone.wait_for_notice("Waiting to be let in")
    assert "481-936" in phone.text
    phone.tap("Back to Kitchen")
    phone.wait_until_live()
    assert screen.plays()


def test_it_goes_on_on_the_phone_itself_and_back(
    house: System, pages: Pages, kitchen: Kitchen
) -> None:
    screen, there = kitchen
    before = there.status()
    phone = pages.phone(house, screen.link, context=pages.context(**PHONE)).wait_until_live()
    phone.tap("More")
    there.said.clear()
    phone.tap("Continue on this device")
    paused = eventually(lambda: first_paused(there), "the television says that it pauses", 60)
    here = PlayerPage(phone.page).wait_until_live()
    stopped = screen.time
    with Observer(house.household(), here.root) as local:
        moved = local.status()
        assert here.plays()
        elapsed = 1.25 * (moved["reported_at"] - paused["reported_at"])
        assert abs(moved["position"] - stopped - elapsed) < 1
        assert {it: moved[it] for it in ALIKE} == {it: before[it] for it in ALIKE}
        assert listed(moved) == listed(before)
        assert moved["subtitles"]["active"] == "fr"
    here.page.set_viewport_size({"width": 320, "height": 568})
    here.tap("Back to Kitchen")
    back = RemotePage(here.page).wait_until_live()
    eventually(lambda: screen.plays() and screen.time > stopped, "the television continues")
    eventually(lambda: back.see(NAME) == "Kitchen", "the phone is its remote")
