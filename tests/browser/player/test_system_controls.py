"""What the browser and the system have for a film: media keys, a window of its own, full screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually

# Keeps the handlers that a page gives the browser, which no script can read back.
_KEEP_HANDLERS = """window.handlers = {};
  const { setActionHandler } = MediaSession.prototype;
  MediaSession.prototype.setActionHandler = function (action, handler) {
    window.handlers[action] = handler;
    setActionHandler.call(this, action, handler);
  };"""
_FILLED = "document.fullscreenElement !== null"


@pytest.fixture(scope="module")
def keyed(cinema: System, module_pages: Pages) -> Iterator[ControlledPlayer]:
    """A player whose handlers for media keys can be called."""
    context = module_pages.context(locale="en")
    context.add_init_script(_KEEP_HANDLERS)
    player = module_pages.started(cinema, context=context)
    with Observer(cinema.household(), player.root) as observer:
        yield ControlledPlayer(player, observer)


def press(player: PlayerPage, action: str, **details: float) -> None:
    """Do what the browser does when a key of a headset or keyboard is pressed."""
    eventually(lambda: player.see(f"Boolean(window.handlers.{action})"), f"a key {action}")
    player.see(f"window.handlers.{action}({ {'action': action, **details} })")


def test_media_keys(keyed: ControlledPlayer) -> None:
    keyed.prepare("long", "one", "two")
    player = keyed.player
    press(player, "play")
    player.advances()
    press(player, "pause")
    eventually(lambda: not player.plays(), "it pauses")
    press(player, "seekto", seekTime=120)
    eventually(lambda: player.time == 120, "it is where the key said")
    press(player, "seekforward")
    eventually(lambda: player.time == 130, "10 s on")
    press(player, "seekbackward", seekOffset=30)
    eventually(lambda: player.time == 100, "as far back as the key said")
    press(player, "nexttrack")
    eventually(lambda: keyed.source == "media/one.webm", "the next one")
    press(player, "previoustrack")
    eventually(lambda: keyed.source == "media/long.webm", "the one before")


def test_what_the_system_is_told(keyed: ControlledPlayer) -> None:
    keyed.prepare("one", "two")
    told = """(({ metadata, playbackState }) =>
      [metadata.title, metadata.artist, playbackState])(navigator.mediaSession)"""
    name = keyed.observer.status()["name"]
    eventually(lambda: keyed.player.see(told) == ["one", name, "paused"], "what is loaded")
    keyed.ask("next")
    keyed.ask("play")
    eventually(lambda: keyed.player.see(told) == ["two", name, "playing"], "what plays")
    # nothing comes after it
    eventually(lambda: keyed.player.see("window.handlers.nexttrack") is None, "no next one")


def test_a_window_of_its_own(keyed: ControlledPlayer) -> None:
    keyed.prepare("long")
    player = keyed.player
    # nothing of the screen can float where there is none: what is asked of it is written down
    player.see("""(() => {
      window.asked = 0;
      HTMLVideoElement.prototype.requestPictureInPicture = async () => { window.asked += 1; };
    })()""")
    player.point()
    player.click("Picture in picture")
    eventually(lambda: player.see("window.asked") == 1, "the video is asked for it")
    player.see("""HTMLVideoElement.prototype.requestPictureInPicture =
      async () => { throw new DOMException("", "NotSupportedError"); }""")
    player.point()
    player.click("Picture in picture")
    player.wait_for_alert("window")


def test_start_in_full_screen(cinema: System, pages: Pages) -> None:
    player = pages.player(cinema, locale="en")
    eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    player.click("Start in full screen")
    eventually(lambda: player.see(_FILLED), "it fills the screen")
    eventually(lambda: player.data("gestureRequired") == "false", "and may play with sound")
