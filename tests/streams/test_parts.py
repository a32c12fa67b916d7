"""Parts of time, playlists, levels, and what is read of fragmented MP4."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_webapp.streams.making.assembly import Assembler
from zapette_webapp.streams.making.mp4 import Fragment, NotMp4, Splitter, merged
from zapette_webapp.streams.planning import frame_rates, levels, playlists, timeline
from zapette_webapp.streams.planning.playlists import PictureTrack, SoundTrack
from zapette_webapp.streams.planning.timeline import LONGEST, SHORTEST, SLACK, Timeline

SECONDS = st.floats(0.1, 36_000)


@given(st.lists(st.floats(0, 10_000), max_size=300), SECONDS)
def test_keyframes_become_parts(keyframes: list[float], duration: float) -> None:
    parts = Timeline.of_keyframes(keyframes, duration)
    assert parts.starts[0] == 0
    assert set(parts.starts[1:]) <= set(keyframes)
    lengths = [parts.length(it) for it in range(len(parts))]
    assert all(it >= SHORTEST - SLACK - 1e-6 for it in lengths[:-1])
    assert sum(lengths) == pytest.approx(duration)
    assert lengths[-1] > 0


@given(st.integers(0, 2000))
def test_keyframes_two_seconds_apart_begin_a_part_each(shift: int) -> None:
    keyframes = [(shift + 2000 * it) / 1000 for it in range(20)]
    assert Timeline.of_keyframes(keyframes, 50).starts[-19:] == keyframes[1:]


def test_keyframes_too_far_apart_begin_no_parts() -> None:
    starts = [0.0, LONGEST, 25.0]
    assert timeline.copied_picture(starts, 30.0) == Timeline(starts, 30.0)
    assert timeline.copied_picture([0.0, LONGEST + 1, 25.0], 30.0) is None


@given(st.floats(0.5, 10), SECONDS)
def test_equal_parts(length: float, duration: float) -> None:
    parts = Timeline.equal(length, duration)
    assert parts.end(len(parts) - 1) == duration
    assert len(parts) == 1 or parts.length(len(parts) - 1) >= 0.24 * length
    for index in range(0, len(parts), max(1, len(parts) // 50)):
        assert parts.at(parts.starts[index]) == index
        assert parts.at(parts.starts[index] + length / 2) == index or index == len(parts) - 1


@given(st.sampled_from([23.976, 24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 10.7, 15.0, 120.0, 1.0]))
def test_a_part_is_whole_frames(rate: float) -> None:
    chosen = frame_rates.converted(rate)
    assert 20 <= chosen <= 60
    parts = timeline.converted_picture(chosen, 100.0)
    for start in parts.starts:
        frames = start * chosen
        assert float(frames) == pytest.approx(round(frames), abs=1e-6)


def test_usual_rates() -> None:
    assert frame_rates.converted(29.98) == Fraction(30000, 1001)
    assert frame_rates.converted(23.98) == Fraction(24000, 1001)
    assert frame_rates.converted(None) == 25


def test_levels() -> None:
    assert levels.level(1920, 1080, 30) == 40
    assert levels.level(1920, 1080, 60) == 42
    assert levels.level(720, 576, 25) == 30
    assert levels.level(3840, 2160, 30) == 51
    assert levels.codec(40) == "avc1.640028"


def test_the_master_playlist() -> None:
    picture = PictureTrack("avc1.640028", 8_000_000, (1920, 1080), 23.976)
    sounds = [
        SoundTrack(0, 'Français "5.1"\n', "mp4a.40.2", 160_000, 2, "fra"),
        SoundTrack(1, "English", "mp4a.40.2", 160_000, 2, "eng", default=True),
    ]
    text = playlists.master(picture, sounds, "?sig=1")
    media = re.findall(r"^#EXT-X-MEDIA:(.*)$", text, re.MULTILINE)
    assert 'NAME="Français \'5.1\' ",LANGUAGE="fra",DEFAULT=NO' in media[0]
    assert 'DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-1.m3u8?sig=1"' in media[1]
    assert 'BANDWIDTH=8160000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080' in text
    assert text.endswith("\nvideo.m3u8?sig=1\n")
    only_sound = playlists.master(None, sounds)
    assert only_sound.endswith("\naudio-1.m3u8\n")
    assert "RESOLUTION" not in only_sound


@given(st.lists(st.floats(2, 30), min_size=1, max_size=30))
def test_a_media_playlist_has_the_whole_film(lengths: list[float]) -> None:
    ends = list(itertools.accumulate(lengths))
    parts = Timeline([0.0, *ends[:-1]], ends[-1])
    text = playlists.media("video", parts, "?a=b")
    durations = [float(it) for it in re.findall(r"#EXTINF:([\d.]+),", text)]
    assert sum(durations) == pytest.approx(ends[-1], abs=0.01)
    (target,) = re.findall(r"#EXT-X-TARGETDURATION:(\d+)", text)
    assert max(map(round, durations)) <= int(target)
    assert text.endswith(f"video-{len(lengths) - 1}.m4s?a=b\n#EXT-X-ENDLIST\n")


def sound(start: int, *sizes: int, duration: int = 1024) -> Fragment:
    """Return fragments of one packet each, merged: `merged` writes what `Splitter` reads."""
    raw = memoryview(b"\0" * 8 + b"x" * sum(sizes))
    return Fragment(start, start, True, sizes, [duration] * len(sizes), raw, 8)


@given(st.lists(st.integers(1, 500), min_size=2, max_size=50), st.integers(0, 1 << 40))
def test_packets_are_merged(sizes: list[int], start: int) -> None:
    packets = [sound(start + number * 1024, it) for number, it in enumerate(sizes)]
    whole = merged(packets)
    for pieces in ([whole], [whole[:9], whole[9:]], [bytes([it]) for it in whole]):
        splitter = Splitter()
        (again,) = [it for piece in pieces for it in splitter.feed(piece)]
        assert (again.start, again.end) == (start, start + 1024 * len(sizes))
        assert list(again.sizes) == sizes
        assert again.raw[again.data :] == b"x" * sum(sizes)
        assert again.is_key


@given(st.binary(max_size=200))
def test_anything_else_is_refused_or_waited_for(content: bytes) -> None:
    with suppress(NotMp4):
        assert list(Splitter().feed(content)) == []


@given(st.integers(0, 20), st.lists(st.floats(0.02, 3), min_size=1, max_size=100))
def test_each_fragment_is_in_one_part(first: int, lengths: list[float]) -> None:
    """Whatever the part is with which a run begins, a part has the same fragments."""
    scale, start, fragments = 1000, 0, []
    for length in lengths:
        ticks = max(1, round(length * scale))
        fragments.append(sound(start, 1, duration=ticks))
        start += ticks
    parts = Timeline.equal(2.0, max(1.0, start / scale))

    def run(begin: int) -> dict[int, bytes]:
        assembler = Assembler(parts, begin, is_sound=False)
        made = [part for it in fragments for part in assembler.feed(it, scale)]
        return {it.index: b"".join(it.content) for it in [*made, *assembler.finish()]}

    whole = run(0)
    assert sum(map(len, whole.values())) == sum(len(it.raw) for it in fragments)
    later = run(min(first, len(parts) - 1))
    for index, content in list(later.items())[1:]:
        assert whole[index] == content


@given(st.integers(1, 60), st.integers(-3, 0))
def test_sound_is_cut_where_parts_begin(size: int, early: int) -> None:
    """However many packets are in a fragment, the parts are the same; what comes early is left."""
    count, rate = 400, timeline.SAMPLE_RATE
    parts = timeline.sound((count + early) * timeline.FRAME / rate)
    numbers = range(early, count + early)
    assembler, made = Assembler(parts, 0, is_sound=True), []
    for first in range(0, count, size):
        some = numbers[first : first + size]
        sizes = [it % 7 + 1 for it in some]
        fragment = sound(some[0] * timeline.FRAME, *sizes)
        made += [*assembler.feed(fragment, rate)]
    made += assembler.finish()
    assert [it.index for it in made] == list(range(len(parts)))
    contents = [next(Splitter().feed(b"".join(it.content))) for it in made]
    assert [it.start / rate for it in contents] == pytest.approx(parts.starts)
    found = [size for it in contents for size in it.sizes]
    assert found == [it % 7 + 1 for it in numbers if it >= 0]
