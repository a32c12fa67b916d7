"""Each format, from any part on: parts follow without a gap, and sound and picture agree."""

from __future__ import annotations

import itertools

import pytest

from tests.programs.system import System
from tests.streams import samples
from tests.streams.player import taken
from zapette_webapp.streams.planning.timeline import FRAME, SAMPLE_RATE

USUAL = {"h264.mkv", "long groups.ts", "hevc 10 bit.mp4", "vfr.mp4", "xvid.avi", "mpeg2.vob"}
"""Films of each kind of container and of times; the others are for CI."""

COPIED = ["h264.mkv", "h264.mp4", "h264.ts", "long groups.ts", "dts.mkv"]
SIGNALS = [1.4, 3.4, 5.4, 7.4]
IN_SYNC = 0.05
"""Seconds by which sound and picture may differ."""

A_FRAME = 0.045
MIDDLE, LAST = 1, -1


@pytest.mark.parametrize(
    ("film", "plan"),
    [
        pytest.param(film, plan, marks=() if film in USUAL else pytest.mark.long)
        for films, plan in ((COPIED, "copy-aac"), (samples.FILMS, "h264.120-aac"))
        for film in films
    ],
)
def test_each_part_follows_the_one_before(server: System, film: str, plan: str) -> None:
    for name in ("video", "audio-0"):
        check(server, film, plan, name)


@pytest.mark.parametrize(
    ("film", "plan", "name"),
    [
        ("raw.h264", "h264.120-none", "video"),
        ("raw.hevc", "h264.120-none", "video"),
        ("raw.aac", "none-copy", "audio-0"),
    ],
)
def test_what_has_no_times_is_read_from_its_beginning(
    server: System, film: str, plan: str, name: str
) -> None:
    check(server, film, plan, name)


def check(server: System, film: str, plan: str, name: str) -> None:
    """Take a track from its end, and find all signals where they belong."""
    track = taken(server, f"{film}/{plan}", name, first=[LAST, MIDDLE])
    bounds = track.bounds
    assert bounds[0][0] == pytest.approx(0, abs=0.1)
    for before, after in itertools.pairwise(bounds):
        assert after[0] == pytest.approx(before[1], abs=A_FRAME if name == "video" else 0.03)
    assert bounds[-1][1] == pytest.approx(samples.SECONDS, abs=0.15)
    assert track.starts(range(len(bounds))) == pytest.approx(SIGNALS, abs=IN_SYNC)
    # each part alone, as after a seek
    alone = [it for number in range(len(bounds)) for it in track.starts([number])]
    assert set(map(int, alone)) >= {1, 3, 5, 7} or film == "long groups.ts"


@pytest.mark.parametrize(
    ("film", "signals"),
    [
        ("changing.ts", SIGNALS),
        ("partly silent.mkv", SIGNALS[1:3]),
        ("partly silent.mp4", SIGNALS[1:3]),
    ],
)
def test_sound_has_no_gap(server: System, film: str, signals: list[float]) -> None:
    track = taken(server, f"{film}/copy-aac", "audio-0", first=[LAST, MIDDLE])
    bounds = track.bounds
    assert bounds[0][0] == pytest.approx(0, abs=0.03)
    for before, after in itertools.pairwise(bounds):
        assert after[0] == pytest.approx(before[1], abs=0.03)
    assert bounds[-1][1] == pytest.approx(samples.SECONDS, abs=0.15)
    frames = sum(len(it.sizes) for part in track.fragments for it in part)
    assert frames == pytest.approx(samples.SECONDS * SAMPLE_RATE / FRAME, abs=5)
    assert track.starts(range(len(bounds))) == pytest.approx(signals, abs=IN_SYNC)
