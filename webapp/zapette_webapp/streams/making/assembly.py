"""Gathers fragments into the parts of a timeline; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import Final

from zapette_webapp.streams.making import mp4
from zapette_webapp.streams.making.mp4 import Fragment
from zapette_webapp.streams.planning.timeline import (
    FRAME,
    SAMPLE_RATE,
    SLACK,
    SOUND_FRAMES,
    Timeline,
)

MOST_LEAD: Final = 64 << 20
"""The most bytes that are kept from before the first part."""

MOST_LONGER: Final = 10.0
"""The most seconds of a film after the end that it says."""


@dataclass(frozen=True, slots=True)
class Part:
    """A complete part.

    Attributes:
        index: its number.
        content: its bytes, in pieces.
    """

    index: int
    content: Sequence[bytes | memoryview]


@dataclass(slots=True)
class Assembler:
    """Gathers the fragments of one run of ffmpeg.

    Args:
        timeline: the parts.
        first: the first part that is wanted; what comes before is dropped.
        is_sound: whether it is sound, which can be cut between any two packets.
        is_converted: whether it is sound that was converted: silence fills what is missing.

    Attributes:
        next: the part that is being gathered.
    """

    timeline: Timeline
    first: int
    is_sound: bool = False
    is_converted: bool = False
    next: int = field(init=False)
    _heard: int = field(init=False)
    _fragments: list[Fragment] = field(default_factory=list)
    _lead: list[Fragment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.next = self.first
        self._heard = round(self.timeline.starts[self.first] * SAMPLE_RATE)

    def feed(self, fragment: Fragment, timescale: int) -> Iterator[Part]:
        """Take a fragment; return the parts that it completes."""
        yield from self._be_silent(fragment.start, timescale)
        self._heard = max(self._heard, fragment.end)
        for each in self._cut(fragment, timescale) if self.is_sound else (fragment,):
            yield from self._gather(each, timescale)

    def _cut(self, fragment: Fragment, timescale: int) -> Iterator[Fragment]:
        """Cut sound where parts begin, and where the film does."""
        last = fragment.start + sum(fragment.durations[:-1])
        ends = {self.timeline.at(it / timescale) for it in (fragment.start, last)}
        if fragment.start >= 0 and len(ends) == 1:
            yield fragment
            return
        ticks = accumulate(fragment.durations[:-1], initial=fragment.start)
        times = (it / timescale for it in ticks)
        first = 0
        for _, those in groupby(times, lambda it: -1 if it < 0 else self.timeline.at(it)):
            end = first + sum(1 for _ in those)
            yield mp4.samples_of(fragment, first, end)
            first = end

    def _gather(self, fragment: Fragment, timescale: int) -> Iterator[Part]:
        time = fragment.start / timescale
        if self.next == len(self.timeline) or (self.is_sound and time < 0):
            # after the end; or what an encoder of sound writes before the beginning
            return
        index = self.timeline.at(time)
        if index < self.next and not self._fragments and self.next == self.first:
            self._keep_lead(fragment)
            return
        if index > self.next:
            yield from self.finish()
            self.next = max(self.next, index)
        if not self._fragments and not fragment.is_key:
            # the part begins within a group of frames: with the group it can be decoded alone
            self._fragments += self._lead
        self._lead = []
        self._fragments.append(fragment)
        is_last = self.next == len(self.timeline) - 1
        # a film may be longer than it says, but not by much
        reserve = MOST_LONGER if is_last else -SLACK
        if fragment.end / timescale >= self.timeline.end(self.next) + reserve:
            yield from self.finish()

    def end(self, timescale: int) -> Iterator[Part]:
        """Return the parts that are left when the film has ended."""
        until = round(self.timeline.duration * timescale) + FRAME - 1
        yield from self._be_silent(until, timescale)
        yield from self.finish()

    def _be_silent(self, until: int, timescale: int) -> Iterator[Part]:
        """Fill converted sound with silence up to a time, in ticks."""
        if not self.is_converted:
            return
        for start in range(self._heard, until - FRAME + 1, SOUND_FRAMES * FRAME):
            silence = mp4.silence(start, min(SOUND_FRAMES, (until - start) // FRAME))
            for each in self._cut(silence, timescale):
                yield from self._gather(each, timescale)

    def finish(self) -> Iterator[Part]:
        """Return the part that is being gathered, if anything is in it, and begin another."""
        if self._fragments:
            gathered, self._fragments = self._fragments, []
            pieces = [mp4.merged(gathered)] if self.is_sound else [it.raw for it in gathered]
            yield Part(self.next, pieces)
            self.next += 1

    def _keep_lead(self, fragment: Fragment) -> None:
        if self.is_sound:
            return
        if fragment.is_key:
            self._lead = []
        self._lead.append(fragment)
        if sum(len(it.raw) for it in self._lead) > MOST_LEAD:
            self._lead = []
