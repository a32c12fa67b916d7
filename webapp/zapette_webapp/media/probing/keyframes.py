"""The keyframes of a film, from the index of its container: the film itself is not read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from av.container import InputContainer
from av.index import IndexEntries
from av.video.stream import VideoStream

MOST: Final = 200_000
"""The most keyframes that are told; films with more have no usable index."""

# Whose index holds all of the file. Others add to it what they meet.
_INDEXED: Final = ("mov", "matroska")
_MOST_PACKETS: Final = 2000
# What may follow the last keyframe: some of the largest distances between two, and a little.
_DISTANCES: Final = 3
_LEAST_REST: Final = 20.0


def keyframes(container: InputContainer) -> list[float] | None:
    """Return the times of the keyframes of the first picture; None without a whole index.

    They are seconds on the clock of the file, which begins at `Probe.start`.
    """
    video = next(iter(container.streams.video), None)
    if video is None or video.time_base is None or not container.format.name.startswith(_INDEXED):
        return None
    # Matroska's index is at the end of the file, and is read before the first seek.
    container.seek(0)
    ticks = list(_ticks(video.index_entries))
    if len(ticks) > MOST:
        return None
    shift = _shift(container, video) if container.format.name.startswith("mov") else 0
    times = [round(float((it + shift) * video.time_base), 6) for it in ticks]
    if container.duration is None or not _is_whole(times, container.duration / 1e6):
        return None
    return times


def begins_within_group(container: InputContainer) -> bool:
    """Return whether a film begins after the keyframe that its first picture needs.

    Programs that cut MP4 files at any place without converting them leave the rest there, hidden.
    """
    video = next(iter(container.streams.video), None)
    return video is not None and len(video.index_entries) > 0 and video.index_entries[0].is_discard


def _ticks(entries: IndexEntries) -> Iterator[int]:
    """Return the time of each keyframe, in the stream's unit."""
    if not len(entries):
        return
    place = entries.search_timestamp(entries[0].timestamp, backward=False)
    for _ in range(MOST + 1):
        if place < 0:
            return
        entry = entries[place]
        if not entry.is_discard:
            yield entry.timestamp
        place = entries.search_timestamp(entry.timestamp + 1, backward=False)


def _shift(container: InputContainer, video: VideoStream) -> int:
    """Return by how much a picture is shown after it is decoded, as MP4's index has it."""
    for number, packet in enumerate(container.demux(video)):
        if packet.is_keyframe and packet.pts is not None and packet.dts is not None:
            return packet.pts - packet.dts
        if number > _MOST_PACKETS:
            break
    return 0


def _is_whole(times: list[float], duration: float) -> bool:
    """Return whether the keyframes reach the end of a film of `duration` seconds."""
    if not times:
        return False
    distances = [after - before for before, after in itertools.pairwise(times)]
    rest = max(_LEAST_REST, _DISTANCES * max(distances, default=0.0))
    return times[0] + duration - times[-1] <= rest
