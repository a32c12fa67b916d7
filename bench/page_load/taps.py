"""From a tap on the phone to the video, and back to the phone's button."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bench.page_load.subject import Subject
from tests.browser.remote_page import RemotePage

# Notes, in the time of the page that both clocks share, when the finger left the glass, or a script
# pressed, and when the button turned.
_WATCH_PHONE: Final = """(() => {
  const button = document.querySelector('[aria-label="Play"]');
  window.taps = [];
  let turned = () => {};
  document.addEventListener("click", ({ timeStamp, isTrusted }) => {
    const tapped = performance.timeOrigin + timeStamp;
    window.taps.push({ tapped, finger: isTrusted });
  }, true);
  new MutationObserver(() => {
    const tap = window.taps[window.taps.length - 1];
    if (!tap || tap.turned) return;
    tap.turned = performance.timeOrigin + performance.now();
    turned();
  }).observe(button, { attributes: true, attributeFilter: ["aria-label"] });
  window.turned = (count, patience) => new Promise((resolve) => {
    turned = () => window.taps.length >= count && window.taps[count - 1].turned && resolve(true);
    setTimeout(() => resolve(false), 1000 * patience);
    turned();
  });
  window.press = () => button.click();
})()"""
# In the capture phase, before the page itself acts on the event.
_WATCH_PLAYER: Final = """(() => {
  window.reactions = [];
  for (const type of ["play", "pause"]) {
    document.addEventListener(type, () => {
      window.reactions.push(performance.timeOrigin + performance.now());
    }, true);
  }
})()"""


PATIENCE: Final = 20
"""How long the button may take to turn, in seconds: a tap that has no effect is an error."""


@dataclass
class Taps:
    """Seconds to the video's reaction, and to the button that has turned.

    Attributes:
        tap_to_video: from when a finger left the glass.
        tap_to_button: the same.
        press_to_video: from when a script pressed the button: without what the browser does for a
            finger, which is to find out what it touched, and to draw its mark.
        press_to_button: the same.
    """

    tap_to_video: list[float] = field(default_factory=list)
    tap_to_button: list[float] = field(default_factory=list)
    press_to_video: list[float] = field(default_factory=list)
    press_to_button: list[float] = field(default_factory=list)


@dataclass
class Tapping:
    """One phone that taps Play and Pause of one player in turns."""

    subject: Subject
    phone: RemotePage
    taps: Taps = field(default_factory=Taps)

    def __post_init__(self) -> None:
        self.phone.wait_until_live()
        self._at = self.phone.middle("Play")
        self._done = 0
        self.phone.see(_WATCH_PHONE)
        self.subject.player.see(_WATCH_PLAYER)

    def tap(self, count: int) -> None:
        """Tap `count` times, an even number, at the pace of a busy thumb, and press as often."""
        self._repeat(count, lambda: self.phone.page.touchscreen.tap(*self._at))
        self._repeat(count, lambda: self.phone.see("window.press()"))
        self._collect()

    def _repeat(self, count: int, tap: Callable[[], object]) -> None:
        pace = random.Random(count)
        for _ in range(count):
            tap()
            self._done += 1
            if not self.phone.see(f"window.turned({self._done}, {PATIENCE})"):
                raise RuntimeError(f"nothing came of tap {self._done} within {PATIENCE} s")
            # at no fixed distance, so that no timer of a page runs in step with the taps
            time.sleep(pace.uniform(0.1, 0.2))

    def _collect(self) -> None:
        taps = self.phone.see("window.taps")
        reactions = self.subject.player.see("window.reactions")
        if len(taps) != len(reactions):
            raise RuntimeError(f"{len(taps)} taps, but {len(reactions)} reactions of the video")
        for tap, reaction in zip(taps, reactions, strict=True):
            tap["reacted"] = reaction

        def times(end: str, *, finger: bool) -> list[float]:
            return [(it[end] - it["tapped"]) / 1000 for it in taps if it["finger"] is finger]

        self.taps = Taps(
            tap_to_video=times("reacted", finger=True),
            tap_to_button=times("turned", finger=True),
            press_to_video=times("reacted", finger=False),
            press_to_button=times("turned", finger=False),
        )
