"""Where a film can be cut, from its index."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.samples.ffmpeg import ffmpeg
from zapette_webapp.media.probing.keyframes import _is_whole
from zapette_webapp.media.probing.probe import Prober, read


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of six seconds whose pictures are not in the order in which they are shown."""
    file = tmp_path_factory.mktemp("keyframes") / "film.mp4"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc=duration=6:size=160x90:rate=25", "-pix_fmt", "yuv420p"),
        *("-c:v", "libx264", "-preset", "veryfast", "-g", "30", "-bf", "3", str(file)),
    )
    return file


def packets(file: Path) -> list[float]:
    """Return the keyframes by reading the whole film."""
    command = (
        *(
            "ffprobe",
            "-v",
            "error",
            "-select_streams",
            "v",
            "-show_entries",
            "packet=pts_time,flags",
        ),
        *("-of", "csv=print_section=0", str(file)),
    )
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    return sorted(float(it.split(",")[0]) for it in lines if "K" in it.split(",")[1])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain.mp4", ()),
        ("shifted.mkv", ("-output_ts_offset", "7")),
        ("fragments.mp4", ("-movflags", "+frag_keyframe+empty_moov")),
        ("no edits.mov", ("-use_editlist", "0")),
    ],
)
def test_they_are_those_of_the_film(
    film: Path, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    file = tmp_path / name
    ffmpeg("-i", str(film), "-c", "copy", *options, str(file))
    probe = Prober().examine(file, cut=True)
    found = probe.keyframes
    assert found is not None
    assert not probe.begins_within_group
    assert found == pytest.approx(packets(file), abs=0.001)
    assert len(found) == 5


@pytest.mark.parametrize("name", ["film.ts", "film.flv", "film.avi", "live.mkv"])
def test_without_an_index_there_are_none(film: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    options = ("-live", "1") if name == "live.mkv" else ()
    # long enough that what was read already is not the whole
    ffmpeg("-stream_loop", "9", "-i", str(film), "-c", "copy", *options, str(file))
    assert Prober().examine(file, cut=True).keyframes is None


def test_a_film_that_was_cut_between_two_keyframes(film: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.mp4"
    # keyframes are 1.2 seconds apart
    for seconds, is_between in (("2", True), ("2.4", False)):
        ffmpeg("-ss", seconds, "-i", str(film), "-c", "copy", str(file))
        assert Prober().examine(file, cut=True).begins_within_group == is_between


def test_an_index_of_a_part_is_none() -> None:
    assert _is_whole([0.0, 10.0, 20.0], 45.0)
    assert _is_whole([0.0], 5.0)
    assert not _is_whole([0.0, 2.0, 4.0], 60.0)
    assert not _is_whole([], 1.0)


@pytest.mark.parametrize("times", [None, [], {}, ["1"], [1.0, None]])
def test_reports_without_keyframes(times: object) -> None:
    streams = [{"index": 0, "codec_type": "video", "codec_name": "h264"}]
    report = {"format": {}, "streams": streams, "keyframes": times}
    assert read("video/mp4", json.dumps(report).encode()).keyframes is None
