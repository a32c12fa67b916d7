"""The controls of the player come and go with what plays."""

from __future__ import annotations

from typing import Any

from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually

# In the very turn in which it changes, as the next frame is to show it.
LOOK = """(playing) => {
  window.look = new Promise((resolve) => {
    const controls = document.querySelector("footer");
    const observer = new MutationObserver(() => {
      if (document.body.dataset.playing !== playing) return;
      observer.disconnect();
      const { opacity, visibility } = getComputedStyle(controls);
      resolve({ opacity, visibility, moving: controls.getAnimations().length });
    });
    observer.observe(document.body, { attributeFilter: ["data-playing"] });
  });
}"""
THERE = {"opacity": "1", "visibility": "visible", "moving": 0}


def look_when(player: PlayerPage, *, playing: bool) -> None:
    """Look at the controls when the player next shows that it plays, or that it does not."""
    player.page.evaluate(LOOK, str(playing).lower())


def looked(player: PlayerPage) -> dict[str, Any]:
    return dict(player.page.evaluate("window.look"))


def test_the_controls_leave_the_picture_alone(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    phone.tap("Play")
    phone.wait_for("Pause")
    eventually(lambda: not player.shows("Pause"), "nobody is at the player")
    look_when(player, playing=False)
    phone.tap("Pause")
    assert looked(player) == THERE
    # so that one sees what begins
    look_when(player, playing=True)
    phone.tap("Play")
    assert looked(player) == THERE
    eventually(lambda: not player.shows("Pause"), "the picture is left alone")


def test_a_phone_is_answered_before_the_player_draws(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    eventually(lambda: player.data("playing") == "false", "the player shows that it does not play")
    # nothing is drawn, as in a tab that nobody sees
    player.page.evaluate("window.requestAnimationFrame = () => 0")
    phone.tap("Play")
    phone.wait_for("Pause")
    assert player.plays()
    assert player.data("playing") == "false"
