"""Speed, subtitles, sounds, full screen, the sleep timer, and what a browser plays."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.programs.system import System
from tests.waiting import SLACK, eventually

# The text that is shown over the picture now.
CUES = """Array.from(document.querySelector("video").textTracks)
  .filter((it) => it.mode === "showing")
  .flatMap((it) => Array.from(it.activeCues || []).map((cue) => cue.text)).join("|")"""


@pytest.fixture
def one(controlled: ControlledPlayer) -> ControlledPlayer:
    return controlled.prepare("one")


@pytest.mark.parametrize("factor", [0.25, 1.5, 4])
def test_rate(one: ControlledPlayer, factor: float) -> None:
    assert one.ask("rate", factor)["rate"] == factor
    assert one.player.see("document.querySelector('video').playbackRate") == factor
    # it holds for the next film, too
    assert one.ask("load", "media/two.webm")["rate"] == factor
    assert one.player.see("document.querySelector('video').playbackRate") == factor


def test_subtitles(one: ControlledPlayer) -> None:
    state = one.observer.status()
    assert "subtitles" in state["can"]
    assert state["subtitles"]["tracks"] == [
        {"id": "en", "label": "English", "language": "en"},
        {"id": "fr", "label": "Français", "language": "fr"},
    ]
    assert state["subtitles"]["active"] is None
    assert one.player.see(CUES) == ""
    assert one.ask("subtitles", "fr")["subtitles"]["active"] == "fr"
    eventually(lambda: one.player.see(CUES) == "À bientôt", "the French text is shown")
    assert one.ask("subtitles", "en")["subtitles"]["active"] == "en"
    eventually(lambda: one.player.see(CUES) == "See you soon", "the English text is shown")
    assert one.ask("subtitles", None)["subtitles"]["active"] is None
    assert one.player.see(CUES) == ""


def test_the_language_of_subtitles_is_kept(one: ControlledPlayer) -> None:
    one.ask("subtitles", "fr")
    state = one.ask("load", "media/two.webm")
    assert [it["id"] for it in state["subtitles"]["tracks"]] == ["fr"]
    eventually(lambda: one.player.see(CUES) == "Encore", "the next film's French text")
    assert one.observer.status()["subtitles"]["active"] == "fr"


def test_subtitles_are_later(one: ControlledPlayer) -> None:
    one.ask("subtitles", "fr")
    eventually(lambda: one.player.see(CUES) == "À bientôt", "they are shown")
    assert one.ask("subtitles/delay", 1.5)["subtitles"]["delay"] == 1.5
    eventually(lambda: one.player.see(CUES) == "", "they are not shown yet")
    one.ask("seek", 2)
    eventually(lambda: one.player.see(CUES) == "À bientôt", "they are shown later")
    # those that are chosen now, too
    one.ask("subtitles", "en")
    eventually(lambda: one.player.see(CUES) == "See you soon", "the English text is shown")
    one.ask("seek", 1)
    eventually(lambda: one.player.see(CUES) == "", "it is not shown yet")
    assert one.ask("subtitles/delay", -30)["subtitles"]["delay"] == -30
    assert one.player.see(CUES) == ""
    state = one.ask("load", "media/two.webm")
    assert state["subtitles"]["delay"] == 0


def test_without_subtitles(controlled: ControlledPlayer) -> None:
    state = controlled.prepare("three").observer.status()
    assert state["subtitles"]["tracks"] == []
    assert "subtitles" not in state["can"]
    assert controlled.ask("subtitles", None)["subtitles"]["active"] is None
    assert controlled.refused("subtitles", "fr")["code"] == "invalid_argument"


def test_the_size_of_subtitles(one: ControlledPlayer) -> None:
    assert one.ask("subtitles/size", 150)["subtitles"]["size"] == 150
    style = "getComputedStyle(document.querySelector('video')).getPropertyValue('--subtitle-size')"
    assert one.player.see(style) == "1.5"
    assert one.ask("subtitles/size", 100)["subtitles"]["size"] == 100


def test_one_sound_is_no_choice(one: ControlledPlayer) -> None:
    state = one.observer.status()
    assert state["audio"] == {"active": None, "tracks": []}
    assert "audio" not in state["can"]
    assert one.refused("audio", "0")["code"] == "not_supported"


def test_full_screen(one: ControlledPlayer, cinema: System, pages: Pages) -> None:
    player = pages.player(cinema)
    filled = "document.fullscreenElement !== null"
    with Observer(cinema.household(), player.root) as observer:
        # nobody has clicked there
        answer = observer.ask("fullscreen", b"true")
        assert answer["error"]["code"] == "not_supported"
        assert player.see(filled) is False
        player.start()

        def fills() -> Any:
            # the browser allows it for some seconds after a key, whichever
            player.page.keyboard.press("x")
            return observer.ask("fullscreen").get("result")

        state = eventually(fills, "it may, once somebody was there")
        assert state["fullscreen"] is True
        assert player.see(filled) is True
        eventually(lambda: observer.last.get("fullscreen") is True, "it is published")
        # to leave it takes no click
        assert observer.ask("fullscreen", b"false")["result"]["fullscreen"] is False
        assert player.see(filled) is False
    del one


def test_sleep(controlled: ControlledPlayer) -> None:
    one = controlled.prepare("long")
    one.ask("volume", 80)
    one.observer.wait_for_volume(80)
    one.ask("play")
    # written down by the page: who looks now and then on a busy machine sees few of them
    one.player.see("""(() => {
      const video = document.querySelector("video");
      window.levels = [];
      video.addEventListener("volumechange", () => levels.push(Math.round(video.volume * 100)));
    })()""")
    begun = time.time()
    minutes = 4 / 60
    sleep_at = one.ask("sleep", minutes)["sleep_at"]
    # on the player's clock, when the request came: a busy machine takes its time
    assert begun + 3.9 <= sleep_at <= time.time() + 4.1
    eventually(lambda: not one.player.plays(), "it pauses")
    assert time.time() >= begun + 3.9
    # the sound faded, and nobody was told of another volume
    faded = [it for it in one.player.see("window.levels") if 0 < it < 80]
    assert faded
    assert faded == sorted(faded, reverse=True)
    volumes = [it.json["volume"] for it in one.observer.states]
    assert set(volumes[volumes.index(80) :]) == {80}
    eventually(lambda: one.observer.status()["sleep_at"] is None, "it is over")
    state = one.observer.status()
    assert (state["playing"], state["volume"]) == (False, 80)
    assert one.player.level == 80
    one.ask("volume", 100)


def test_sleep_is_called_off(controlled: ControlledPlayer) -> None:
    one = controlled.prepare("long")
    one.ask("play")
    # as long as a busy machine may take to call it off
    one.ask("sleep", (2 + SLACK) / 60)
    assert one.ask("sleep", 0)["sleep_at"] is None
    assert one.player.level == 100
    one.player.advances(2.5 + SLACK)


def test_what_the_browser_plays(controlled: ControlledPlayer) -> None:
    types = ['video/webm; codecs="vp8, opus"', "application/vnd.apple.mpegurl",
             'video/mp4; codecs="mp4v.20.9"', "text/plain"]  # fmt: skip
    assert controlled.ask("playable", types) == {"playable": [True, True, False, False]}
