"""From a tap on the phone to the video, and back to the phone's button."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final

from bench.results import Times
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.remote_page import RemotePage

TIMEOUT: Final = 20
"""Seconds within which the button must change: a tap without effect is an error."""

# Notes, in the time that both pages share, when the finger left the glass or a script pressed, and
# when the button changed.
_WATCH_PHONE: Final = """(() => {
  const button = document.querySelector('[aria-label="Play"]');
  window.taps = [];
  let changed = () => {};
  document.addEventListener("click", ({ timeStamp, isTrusted }) => {
    window.taps.push({ tapped: performance.timeOrigin + timeStamp, finger: isTrusted });
  }, true);
  new MutationObserver(() => {
    const tap = window.taps[window.taps.length - 1];
    if (!tap || tap.changed) return;
    tap.changed = performance.timeOrigin + performance.now();
    changed();
  }).observe(button, { attributes: true, attributeFilter: ["aria-label"] });
  window.changed = (count, timeout) => new Promise((resolve) => {
    changed = () => window.taps.length >= count && window.taps[count - 1].changed && resolve(true);
    setTimeout(() => resolve(false), 1000 * timeout);
    changed();
  });
  window.press = () => button.click();
})()"""
# In the capture phase, before the page itself handles the event.
_WATCH_PLAYER: Final = """(() => {
  window.reactions = [];
  for (const type of ["play", "pause"]) {
    document.addEventListener(type, () => {
      window.reactions.push(performance.timeOrigin + performance.now());
    }, true);
  }
})()"""


class Tapping:
    """A phone that taps Play and Pause of one player in turns.

    `times` keeps the milliseconds to the video's reaction, and until the button has changed, from
    when a finger left the glass (*tap*) or a script pressed (*press*), without the browser's work
    for a finger.
    """

    def __init__(self, player: PageDriver, phone: RemotePage, times: Times) -> None:
        self._times = times
        self._player = player
        self._phone = phone.wait_until_live()
        self._at = phone.middle("Play")
        self._done = 0
        phone.see(_WATCH_PHONE)
        player.see(_WATCH_PLAYER)

    def tap(self, count: int) -> None:
        """Tap `count` times, an even number, 0.1 to 0.2 s apart, and press as often."""
        before = self._done
        self._repeat(count, lambda: self._phone.page.touchscreen.tap(*self._at))
        self._repeat(count, lambda: self._phone.see("window.press()"))
        taps, reactions = self._phone.see("window.taps"), self._player.see("window.reactions")
        if len(taps) != len(reactions):
            raise RuntimeError(f"{len(taps)} taps, but {len(reactions)} reactions of the video")
        for tap, reaction in zip(taps[before:], reactions[before:], strict=True):
            kind = "tap" if tap["finger"] else "press"
            self._times[f"{kind} to video"].append(reaction - tap["tapped"])
            self._times[f"{kind} to button"].append(tap["changed"] - tap["tapped"])

    def _repeat(self, count: int, tap: Callable[[], object]) -> None:
        pace = random.Random(count)
        for _ in range(count):
            tap()
            self._done += 1
            if not self._phone.see(f"window.changed({self._done}, {TIMEOUT})"):
                raise RuntimeError(f"tap {self._done} had no effect within {TIMEOUT} s")
            # at irregular intervals, so that no timer of a page runs in step with the taps
            time.sleep(pace.uniform(0.1, 0.2))
