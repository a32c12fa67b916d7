"""How far apart the keyframes of a film are whose container has no index."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Final

from zapette_webapp.errors import ToolError
from zapette_webapp.streams.making.mp4 import NotMp4, Splitter
from zapette_webapp.streams.making.process import Process
from zapette_webapp.streams.planning import command
from zapette_webapp.streams.planning.facts import Facts

UNINDEXED: Final = frozenset({"mpegts", "mpeg", "flv"})
"""The containers, as ffmpeg calls them, in which it may go to the keyframe after a place."""

SAMPLE: Final = 24.0
"""The seconds at the beginning of a film that are looked at."""

LONGEST: Final = 12.0
"""The most seconds between two keyframes that count."""


def longest(ffmpeg: str, file: Path, facts: Facts) -> float:
    """Return the most seconds between two keyframes at the beginning of a film.

    0 where ffmpeg goes to the keyframe before a place, or the film has no picture.
    """
    if facts.demuxer not in UNINDEXED or facts.picture is None:
        return 0.0
    splitter, keys = Splitter(), [0.0]
    try:
        process = Process([ffmpeg, *command.sample(file, facts, facts.picture, SAMPLE)])
    except ToolError:
        return LONGEST
    try:
        for received in process.output():
            for fragment in splitter.feed(received):
                keys += [fragment.start / splitter.timescale] if fragment.is_key else []
    except (ToolError, NotMp4):
        return LONGEST
    finally:
        process.kill()
        process.wait()
    # what follows the last one is a part of a group, or all of it
    ends = [*keys, min(SAMPLE, facts.duration)]
    return min(LONGEST, max(after - before for before, after in itertools.pairwise(ends)))
