"""From a tap on the phone to the video, and back to the phone's button."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Final

from bench.page_load.subject import Subject
from tests.browser.remote_page import RemotePage

# Notes, in the time of the page that both clocks share, when the finger left the glass, when the
# page heard of it, and when the button turned.
_WATCH_PHONE: Final = """(() => {
  const button = document.querySelector('[aria-label="Play"]');
  window.taps = [];
  let turned = () => {};
  document.addEventListener("click", ({ timeStamp }) => {
    const { timeOrigin } = performance;
    window.taps.push({ tapped: timeOrigin + timeStamp, heard: timeOrigin + performance.now() });
  }, true);
  new MutationObserver(() => {
    const tap = window.taps[window.taps.length - 1];
    if (!tap || tap.turned) return;
    tap.turned = performance.timeOrigin + performance.now();
    turned();
  }).observe(button, { attributes: true, attributeFilter: ["aria-label"] });
  window.turned = (count) => new Promise((resolve) => {
    turned = () => window.taps.length >= count && window.taps[count - 1].turned && resolve(true);
    turned();
  });
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


@dataclass
class Taps:
    """Seconds to the video's reaction, and to the button that has turned.

    Attributes:
        to_video: from when the finger left the glass.
        to_button: the same.
        click_to_video: from when the page heard of it: without the browser's own part, and
            without the page's when it was busy.
        click_to_button: the same.
    """

    to_video: list[float] = field(default_factory=list)
    to_button: list[float] = field(default_factory=list)
    click_to_video: list[float] = field(default_factory=list)
    click_to_button: list[float] = field(default_factory=list)


@dataclass
class Tapping:
    """One phone that taps Play and Pause of one player in turns."""

    subject: Subject
    phone: RemotePage
    taps: Taps = field(default_factory=Taps)

    def __post_init__(self) -> None:
        self.phone.wait_until_live()
        self._at = self.phone.middle("Play")
        self.phone.see(_WATCH_PHONE)
        self.subject.player.see(_WATCH_PLAYER)

    def tap(self, count: int) -> None:
        """Tap `count` times, an even number, at the pace of a busy thumb."""
        pace = random.Random(count)
        done = len(self.taps.to_button)
        for number in range(done + 1, done + count + 1):
            self.phone.page.touchscreen.tap(*self._at)
            self.phone.see(f"window.turned({number})")
            # at no fixed distance, so that no timer of a page runs in step with the taps
            time.sleep(pace.uniform(0.1, 0.2))
        self._collect()

    def _collect(self) -> None:
        taps = self.phone.see("window.taps")
        reactions = self.subject.player.see("window.reactions")
        if len(taps) != len(reactions):
            raise RuntimeError(f"{len(taps)} taps, but {len(reactions)} reactions of the video")
        for tap, reaction in zip(taps, reactions, strict=True):
            tap["reacted"] = reaction

        def times(start: str, end: str) -> list[float]:
            return [(tap[end] - tap[start]) / 1000 for tap in taps]

        self.taps = Taps(
            to_video=times("tapped", "reacted"),
            to_button=times("tapped", "turned"),
            click_to_video=times("heard", "reacted"),
            click_to_button=times("heard", "turned"),
        )
