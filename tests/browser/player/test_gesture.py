"""The browser wants one click before it plays sound: everybody is told, and one click is enough."""

from __future__ import annotations

from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.programs.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


def test_play_without_a_click(system: System, pages: Pages, home: BrokerUrl) -> None:
    player = pages.player(system)
    phone = pages.remote(system, player)
    with Observer(home, player.root) as observer:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        assert observer.status()["gesture_required"] is True
        phone.wait_for_notice("Click “Start” on the player once")
        answer = observer.ask("play")
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
        eventually(lambda: phone.notice == "Connected", "the phone is told of the click")
        eventually(lambda: not player.shows("Start"), "the player wants no other click")
        assert observer.status()["gesture_required"] is False
        assert observer.ask("pause")["result"]["playing"] is False
        assert observer.ask("play")["result"]["playing"] is True


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
    with Observer(home, player.root) as observer:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        # it is loaded, and the state tells what is missing
        state = observer.ask("load", b'{"source": "media/zapette.webm", "title": "Film"}')["result"]
        assert (state["title"], state["playing"], state["gesture_required"]) == (
            "Film",
            False,
            True,
        )
        # the rest works without a click
        assert observer.ask("volume", b"30")["result"]["volume"] == 30
        assert observer.ask("seek", b"10")["result"]["position"] == 10
        player.click("Start")
        player.advances()


def test_sound_again_without_a_click(system: System, pages: Pages, home: BrokerUrl) -> None:
    pages.watch.expect("Unmuting failed")
    player = pages.player(system)
    with Observer(home, player.root) as observer:
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
        # a browser plays without a click what cannot be heard
        observer.ask("mute", b"true")
        assert observer.ask("play")["result"]["playing"] is True
        answer = observer.ask("mute", b"false")
        assert answer["error"]["code"] == "gesture_required"
        state = observer.status()
        assert (state["playing"], state["muted"], state["gesture_required"]) == (False, False, True)
        player.click("Start")
        player.advances()
        assert observer.status()["gesture_required"] is False
