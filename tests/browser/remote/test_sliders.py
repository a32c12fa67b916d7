"""A slider under a finger: it obeys the finger alone, and does not flood the network."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Route

from tests.browser.driving.observer import Said
from tests.browser.driving.pair import SAMPLE, Pair
from tests.browser.driving.remote_page import Pointer
from tests.waiting import eventually

STEPS = 24
DRAG = 5.0
TWO_FRAMES = """new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""
POINTERS = pytest.mark.parametrize("pointer", ["mouse", "touch"])


# Writes down when the page sends what is about the volume, by its own clock: what is late on the
# way comes in heaps.
NOTE_SENDING = """(() => {
  if (!window.sent) {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (bytes) {
      const is_volume = new TextDecoder().decode(bytes).includes("/volume");
      if (is_volume) window.sent.push(performance.now() / 1000);
      return send.call(this, bytes);
    };
  }
  window.sent = [];
})()"""


def at_most_ten_a_second(times: list[float]) -> bool:
    """Tell whether that is no more than ten a second, the first and the last one aside."""
    assert times
    return len(times) <= (times[-1] - times[0]) * 10 + 2


def reported(states: list[Said]) -> list[float]:
    """Return when states were made, by the player's clock."""
    return [float(it.json["reported_at"]) for it in states]


@POINTERS
def test_the_volume_follows_the_finger(pair: Pair, pointer: Pointer) -> None:
    phone, player, observer = pair.phone, pair.player, pair.observer
    phone.see(NOTE_SENDING)
    with phone.held("Volume", 0.1, pointer) as move:
        phone.record("Volume")
        for step in range(STEPS):
            move(0.1 + 0.7 * step / STEPS)
            # each step is drawn, however few frames a busy machine draws
            phone.see(TWO_FRAMES)
            # somebody else turns it down meanwhile, so reports of other values keep coming
            if step % 4 == 0:
                observer.ask("volume", b"3")
    last = phone.slider("Volume")
    assert last > 60
    eventually(lambda: player.level == last, "the last value arrives")
    observer.status()
    assert player.level == phone.slider("Volume") == last
    recorded = phone.recorded
    assert recorded == sorted(recorded), "the slider has jumped under the finger"
    assert len(recorded) > STEPS / 3

    assert at_most_ten_a_second(phone.see("window.sent"))
    eventually(lambda: observer.last["volume"] == last, "the last value is published")
    assert at_most_ten_a_second(reported(observer.states))


def test_a_drag_of_five_seconds_is_sixty_messages_at_most(pair: Pair) -> None:
    phone, player, observer = pair.phone, pair.player, pair.observer
    phone.see(NOTE_SENDING)
    started = time.monotonic()
    with phone.held("Volume", 0.1, "touch") as move:
        while (dragged := time.monotonic() - started) < DRAG:
            move(0.5 + 0.4 * math.sin(3 * dragged))
        move(0.73)
        phone.see(TWO_FRAMES)
        there = phone.slider("Volume")
    dragged = time.monotonic() - started
    eventually(lambda: player.level == there, "the player is where the finger was")
    observer.status()
    asked = [it for it in observer.requests("/volume") if "/witness/" not in it.topic]
    # twelve a second, where a slow machine took longer to drag
    assert len(asked) <= 60 * max(1.0, dragged / DRAG)
    assert at_most_ten_a_second(phone.see("window.sent"))
    assert player.level == phone.slider("Volume") == there


@POINTERS
def test_a_report_meanwhile_shows_when_the_finger_is_lifted(pair: Pair, pointer: Pointer) -> None:
    phone, player, observer = pair.phone, pair.player, pair.observer
    with phone.held("Volume", 0.5, pointer) as move:
        eventually(lambda: player.level < 60, "the player has heard of the finger")
        held = phone.slider("Volume")
        observer.ask("volume", b"7")
        move(0.5)
        assert phone.slider("Volume") == held
    # the finger's last value came before the other's, so the other's holds
    phone.wait_for_volume(7)
    observer.status()
    assert player.level == 7


@POINTERS
def test_the_position_goes_when_the_finger_is_lifted(pair: Pair, pointer: Pointer) -> None:
    phone, player, observer = pair.phone, pair.player, pair.observer
    phone.tap("Play")
    phone.wait_for("Pause")
    player.advances()
    began, at = time.monotonic(), player.time
    with phone.held("Position", 0.1, pointer) as move:
        phone.record("Position")
        for step in range(STEPS):
            move(0.1 + 0.6 * step / STEPS)
            if step % 6 == 0:
                observer.ask("volume", str(step).encode())
        # all this time the video plays on where it is, and nobody is asked to seek
        assert player.time <= at + (time.monotonic() - began) + 0.5
        assert observer.requests("/seek") == []
        phone.see(TWO_FRAMES)
        there = phone.slider("Position")
        assert there > 25
        recorded = phone.recorded
        assert recorded == sorted(recorded), "the slider has jumped under the finger"
        lifted = time.monotonic()
    eventually(lambda: player.time >= there, "the video is there")
    observer.status()
    assert len(observer.requests("/seek")) == 1
    assert player.time <= there + (time.monotonic() - lifted) + 0.5


def test_a_drag_on_the_player_does_not_flood_the_phones(pair: Pair) -> None:
    player, phone, observer = pair.player, pair.phone, pair.observer
    player.point()
    mouse = player.page.mouse
    mouse.move(*player.middle("Volume", part=0.9))
    mouse.down()
    for step in range(60):
        mouse.move(*player.middle("Volume", part=0.9 - 0.8 * step / 60))
    mouse.up()
    last = eventually(lambda: player.level < 15 and player.level, "the video is less loud")
    phone.wait_for_volume(last)
    # the phone may have it before the observer
    eventually(lambda: observer.last["volume"] == last, "the last value is told")
    assert at_most_ten_a_second(reported(observer.states))


@POINTERS
def test_a_film_that_ends_under_the_finger_leaves_the_next_one_alone(
    pair: Pair, pointer: Pointer
) -> None:
    phone, player, observer = pair.phone, pair.player, pair.observer
    phone.tap("Play")
    phone.wait_for("Pause")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    player.page.route("**/media/**", hold)
    enabled = """!document.querySelector("seek-bar input").disabled"""
    with phone.held("Position", 0.6, pointer):
        with ThreadPoolExecutor() as pool:
            loading = pool.submit(observer.ask, "load", SAMPLE.encode())
            eventually(lambda: not phone.see(enabled) and waiting, "the next film is being loaded")
            # they go on then
            player.page.unroute("**/media/**")
            loading.result()
        eventually(lambda: phone.see(enabled), "the next film is there")
    player.advances()
    assert player.time < 10
    assert observer.requests("/seek") == []
    eventually(lambda: 0 < phone.slider("Position") < 10, "the phone shows where it is")
