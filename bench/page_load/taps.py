"""From a tap on the phone to the video, and back to the phone's button."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Final

from bench.page_load.subject import Subject
from tests.browser.remote_page import RemotePage

# Notes, in the time of the page that both clocks share, when a tap came and when the button turned.
_WATCH_PHONE: Final = """(() => {
  const button = document.querySelector('[aria-label="Play"]');
  window.taps = [];
  let turned = () => {};
  document.addEventListener("click", ({ timeStamp }) => {
    window.taps.push({ tapped: performance.timeOrigin + timeStamp });
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
    """Seconds from each tap to the video's reaction, and to the button that has turned."""

    to_video: list[float] = field(default_factory=list)
    to_button: list[float] = field(default_factory=list)


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
        self.taps = Taps(
            [(then - tap["tapped"]) / 1000 for tap, then in zip(taps, reactions, strict=True)],
            [(tap["turned"] - tap["tapped"]) / 1000 for tap in taps],
        )
