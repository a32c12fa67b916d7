"""The parts of time that a rendition is cut into; no I/O."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

SHORTEST: Final = 2.0
"""The least seconds of a part, unless it is the last or converted."""

CONVERTED: Final = 1.0
"""The least seconds of a part of a converted picture: the first is shown when all of it is made."""

LONGEST: Final = 20.0
"""The most seconds of a part between two keyframes; films with longer ones are cut anywhere."""

UNINDEXED: Final = 6.0
"""Seconds of a part of a picture whose keyframes are not known."""

SAMPLE_RATE: Final = 48_000
"""The sample rate of converted sound, in Hz."""

FRAME: Final = 1024
"""The samples of a frame of AAC."""

SOUND_FRAMES: Final = 188
"""The frames of a part of sound: 4.01 s."""

SLACK: Final = 0.010
"""Seconds by which the times of an index and of frames may differ, for they are rounded."""

_LEAST: Final = 0.25
"""The least of the last part, as a share of the others: what is shorter is added to it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The parts of a rendition.

    Attributes:
        starts: when each part begins, in seconds, rising from 0.
        duration: when the last one ends.
    """

    starts: Sequence[float]
    duration: float

    @classmethod
    def equal(cls, length: float, duration: float) -> Self:
        """Return parts of `length` seconds; the last has 0.25 to 1.25 of it."""
        count = max(1, math.ceil(round(duration / length - _LEAST, 6)))
        return cls([it * length for it in range(count)], duration)

    @classmethod
    def of_keyframes(cls, keyframes: Iterable[float], duration: float) -> Self:
        """Return parts that begin at keyframes, each of some `SHORTEST` seconds or more.

        Args:
            keyframes: times in seconds, in any order.
            duration: of the film, in seconds.
        """
        starts = [0.0]
        for time in sorted(keyframes):
            if time - starts[-1] >= SHORTEST - SLACK and duration - time >= _LEAST * SHORTEST:
                starts.append(time)
        return cls(starts, duration)

    def __len__(self) -> int:
        return len(self.starts)

    def end(self, index: int) -> float:
        """Return when a part ends, in seconds."""
        return self.starts[index + 1] if index + 1 < len(self.starts) else self.duration

    def length(self, index: int) -> float:
        """Return the seconds of a part."""
        return self.end(index) - self.starts[index]

    def at(self, seconds: float) -> int:
        """Return the part that a moment is in; the first or last for one outside."""
        return max(0, bisect_right(self.starts, seconds + SLACK) - 1)


def copied_picture(keyframes: Iterable[float], duration: float) -> Timeline | None:
    """Return the parts of a picture that is copied; None if keyframes are too far apart."""
    cuts = Timeline.of_keyframes(keyframes, duration)
    longest = max(cuts.length(it) for it in range(len(cuts)))
    return cuts if longest <= LONGEST else None


def sound(duration: float) -> Timeline:
    """Return the parts of a sound track: whole frames of AAC at `SAMPLE_RATE`."""
    return Timeline.equal(SOUND_FRAMES * FRAME / SAMPLE_RATE, duration)


def converted_picture(rate: Fraction, duration: float) -> Timeline:
    """Return the parts of a converted picture: whole frames at `rate` a second."""
    return Timeline.equal(float(frames_of_part(rate) / rate), duration)


def frames_of_part(rate: Fraction) -> int:
    """Return the frames of a part of a converted picture."""
    return math.ceil(CONVERTED * rate)
