"""Plays a film on a real page, and finds out what of it is seen and heard, and where."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from tests.browser.driving.observer import Observer
from tests.browser.samples.film_samples import SECONDS, Sample
from tests.waiting import eventually

# Firefox does not count what it decodes of a sound.
_FIGURES: Final = """((it) => ({
  time: it.currentTime,
  frames: it.getVideoPlaybackQuality().totalVideoFrames,
  width: it.videoWidth,
  ended: it.ended,
  sound: it.webkitAudioDecodedByteCount ?? null,
}))(document.querySelector("video"))"""
_CUE: Final = """Array.from(document.querySelector("video").textTracks)
  .filter((it) => it.mode === "showing").flatMap((it) => Array.from(it.activeCues || []))
  .map((it) => it.text).join(" ")"""
_STYLED: Final = "document.querySelector('video').parentElement.querySelector('canvas') !== null"


class Page(Protocol):
    """A player's page in some browser."""

    def see(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""


@dataclass
class Screening:
    """How a film was played.

    Attributes:
        kind: ``direct``, ``remux`` or ``transcode``; empty if it was refused.
        reason: why so; of a refusal, its reason.
        started: seconds from the request to the first moving picture.
        faults: what is not as it should be, in words.
    """

    kind: str = ""
    reason: str = ""
    started: float = 0.0
    sound_changed: float | None = None
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Projector:
    """A page that plays, and the household that asks it to.

    Attributes:
        page: the player's.
        observer: of the same player.
        patience: seconds that anything may take.
    """

    page: Page
    observer: Observer
    patience: float = 20

    def screen(self, sample: Sample) -> Screening:
        """Play a sample, go to its beginning, middle and end, and change its tracks."""
        found = Screening()
        begun = time.monotonic()
        answer = self._ask("load", f"media/{sample.name}")
        if "error" in answer:
            found.reason = answer["error"].get("reason") or answer["error"]["code"]
            if found.reason != sample.flaw:
                found.faults.append(answer["error"]["message"])
            return found
        stream = answer["result"]["stream"]
        found.kind, found.reason = stream["kind"], stream["reason"]
        if sample.flaw:
            found.faults.append(f"it plays, and is {sample.flaw}")
        self._try(found, "does not begin", lambda: self._moves(sample, 0.0))
        found.started = time.monotonic() - begun
        if found.faults:
            return found
        duration = self.observer.status()["duration"] or 0.0
        for place in (0.0, duration / 2, max(0.0, duration - 5)):
            self._try(found, f"{place:.0f} s", partial(self._go, sample, place))
        if len(sample.hertz) > 1 and not sample.flaw:
            self._try(found, "sounds", lambda: self._change_sound(sample, found))
        if sample.more and not sample.name.startswith("chapters"):
            self._try(found, "subtitles", self._read)
        return found

    def _try(self, found: Screening, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except (AssertionError, LookupError) as error:
            found.faults.append(f"{what}: {str(error).splitlines()[0][:120]}")

    def _ask(self, procedure: str, *parameters: Any) -> dict[str, Any]:
        return self.observer.ask(procedure, json.dumps(parameters).encode(), timeout=self.patience)

    def _figures(self) -> dict[str, Any]:
        return dict(self.page.see(_FIGURES))

    def _moves(self, sample: Sample, place: float, before: dict[str, Any] | None = None) -> None:
        """Wait until picture and sound have gone on from `place`, where it had those figures."""
        first = before or self._figures()

        def gone_on() -> bool:
            now = self._figures()
            if sample.is_cut and now["ended"] and now["time"] >= place:
                return True
            seen = sample.size is None or (now["frames"] > first["frames"] and now["width"] > 0)
            heard = not sample.hertz or now["sound"] is None or now["sound"] > 0
            return bool(now["time"] > place + 0.2 and seen and heard)

        eventually(gone_on, f"it goes on at {place:.1f} s", self.patience)

    def _go(self, sample: Sample, place: float) -> None:
        self._ask("pause")
        answer = self._ask("seek", place)
        assert "result" in answer, answer
        # a film cut short, or of one keyframe, has no picture just there
        assert abs(answer["result"]["position"] - place) < 1, answer["result"]["position"]
        # near its end it may be over before anybody looks
        paused = self._figures()
        self._ask("play")
        self._moves(sample, answer["result"]["position"], paused)

    def _change_sound(self, sample: Sample, found: Screening) -> None:
        asked = time.monotonic()
        self._ask("seek", SECONDS / 4)
        state = self.observer.status()
        assert len(state["audio"]["tracks"]) == len(sample.hertz), state["audio"]
        other = "1" if state["audio"]["active"] == "0" else "0"
        begun = time.monotonic()
        answer = self._ask("audio", other)
        assert answer.get("result", {}).get("audio", {}).get("active") == other, answer
        place = answer["result"]["position"]
        # it has played meanwhile
        assert abs(place - SECONDS / 4) < max(2, time.monotonic() - asked), f"it is at {place}"
        self._moves(sample, place)
        found.sound_changed = time.monotonic() - begun

    def _read(self) -> None:
        self._ask("seek", SECONDS / 4)
        tracks = self.observer.status()["subtitles"]["tracks"]
        assert tracks, "none are offered"
        answer = self._ask("subtitles", tracks[0]["id"])
        assert "result" in answer, answer
        eventually(
            lambda: "A line of text" in self.page.see(_CUE) or self.page.see(_STYLED),
            "they are shown",
            self.patience,
        )
        self._ask("subtitles", None)
