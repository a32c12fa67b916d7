"""The browser wants one click before it plays sound: everybody is told, and one click is enough."""

from __future__ import annotations

from tests.browser.pages import Pages
from tests.browser.witness import Witness
from tests.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


def test_play_without_a_click(system: System, pages: Pages, home: BrokerUrl) -> None:
    player = pages.player(system)
    phone = pages.remote(system, player)
    with Witness(home, player.root) as witness:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        assert witness.status()["gesture_required"] is True
        phone.wait_for_notice("Click “Start” on the player once")
        answer = witness.ask("play")
        assert answer["error"]["code"] == "gesture_required"
        assert not player.plays()
        phone.tap("Play")
        phone.wait_for_alert("Click “Start” on the player once")
        assert phone.shows("Play")
        assert player.see("navigator.userActivation.hasBeenActive") is False

        player.click("Start")
        # what was asked for begins, and all are told
        player.advances()
        phone.wait_for("Pause")
        assert phone.notice == "Connected"
        assert not player.shows("Start")
        assert witness.status()["gesture_required"] is False
        assert witness.ask("pause")["result"]["playing"] is False
        assert witness.ask("play")["result"]["playing"] is True


def test_a_click_beforehand(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    # a click on Start is no wish to play yet
    assert not player.plays()
    eventually(lambda: phone.notice == "Connected", "the phone is told of the click")
    phone.tap("Play")
    player.advances()


def test_load_without_a_click(system: System, pages: Pages, home: BrokerUrl) -> None:
    player = pages.player(system)
    with Witness(home, player.root) as witness:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        # it is loaded, and the state tells what is missing
        state = witness.ask("load", b'{"source": "media/zapette.webm", "title": "Film"}')["result"]
        assert (state["title"], state["playing"], state["gesture_required"]) == (
            "Film",
            False,
            True,
        )
        # the rest works without a click
        assert witness.ask("volume", b"30")["result"]["volume"] == 30
        assert witness.ask("seek", b"10")["result"]["position"] == 10
        player.click("Start")
        player.advances()


def test_sound_again_without_a_click(system: System, pages: Pages, home: BrokerUrl) -> None:
    pages.watch.expect("Unmuting failed")
    player = pages.player(system)
    with Witness(home, player.root) as witness:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        # a browser plays without a click what cannot be heard
        witness.ask("mute", b"true")
        assert witness.ask("play")["result"]["playing"] is True
        answer = witness.ask("mute", b"false")
        assert answer["error"]["code"] == "gesture_required"
        state = witness.status()
        assert (state["playing"], state["muted"], state["gesture_required"]) == (False, False, True)
        player.click("Start")
        player.advances()
        assert witness.status()["gesture_required"] is False
