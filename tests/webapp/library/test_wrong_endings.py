"""A right film with a wrong ending is what it is, and no damaged one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples.ffmpeg import ffmpeg
from tests.webapp.media.test_thumbnails import finished
from zapette_webapp.library.library import Library
from zapette_webapp.media import media_types
from zapette_webapp.media.pictures.thumbnails import Thumbnails

PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=1:size=160x120:rate=10")
SOUND = ("-f", "lavfi", "-i", "sine=duration=1")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
KINDS = {
    "mp4": (*PICTURE, *H264), "mkv": (*PICTURE, *H264), "webm": (*PICTURE, "-c:v", "libvpx"),
    "avi": (*PICTURE, "-c:v", "mpeg4"), "ts": (*PICTURE, *H264), "m2ts": (*PICTURE, *H264),
    "flv": (*PICTURE, *H264), "ogv": (*PICTURE, "-c:v", "libtheora"), "mpg": (*PICTURE, "-r", "25"),
    "wmv": (*PICTURE, "-c:v", "wmv2"), "mov": (*PICTURE, *H264), "mp3": SOUND, "flac": SOUND,
    "wav": SOUND, "aac": SOUND, "ogg": (*SOUND, "-c:a", "libopus"), "m4a": (*SOUND, "-c:a", "aac"),
}  # fmt: skip
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a medium of each kind, each under the ending of two others."""
    folder = tmp_path_factory.mktemp("media")
    kinds = list(KINDS)
    for number, (kind, options) in enumerate(KINDS.items()):
        right = folder / f"right.{kind}"
        ffmpeg(*options, str(right))
        for other in (kinds[number - 1], kinds[number - 5]):
            (folder / f"{kind} as.{other}").write_bytes(right.read_bytes())
        right.rename(folder / f"{kind} as.{kind}")
    (folder / "nothing.mp4").write_bytes(b"\0" * 4096)
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nmp4 as.mp4\n#EXT-X-ENDLIST\n")
    (folder / "concat.mkv").write_text("ffconcat version 1.0\nfile 'mp4 as.mp4'\n")
    return folder


@pytest.fixture(scope="module")
def library(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("data")
    made = Library.of(media, folder / "library.db", folder / "thumbnails", folder / "subtitles")
    made.scanner.scan()
    while made.scanner.probe_one():
        pass
    yield made
    made.stop()


def test_none_is_damaged_for_its_name(library: Library) -> None:
    entries = library.queries.answer(order="added", limit=500)["entries"]
    damaged = {it["path"] for it in entries if it["problem"]}
    assert damaged == {"nothing.mp4", "list.mp4", "concat.mkv"}
    assert all(it["tracks"] for it in entries if it["path"] not in damaged)


@pytest.mark.parametrize("kind", ["mp4", "webm", "mp3", "flac"])
def test_its_type_is_what_it_is(library: Library, kind: str) -> None:
    entries = library.queries.answer(search=f"{kind} as", limit=500)["entries"]
    types = {it["type"].partition(";")[0] for it in entries if it["path"].startswith(f"{kind} as")}
    named = media_types.TYPES[f".{kind}"]
    assert named in types
    # of those whose containers are one for ffmpeg, the name says which
    assert {media_types.demuxer_of(it) for it in types} == {media_types.demuxer_of(named)}


def test_it_has_a_picture(media: Path, tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    thumbnails.start()
    try:
        for file in sorted(media.glob("mkv as.*")):
            assert finished(thumbnails, file).file is not None
    finally:
        thumbnails.stop()


@given(st.binary(max_size=600), st.sampled_from(sorted(media_types.TYPES)))
def test_nothing_that_reads_other_files_is_recognised(content: bytes, suffix: str) -> None:
    real = media_types.real_type(f"x{suffix}", content)
    assert media_types.demuxer_of(real) not in {"hls", "concat", "dash", "image2", "sdp", "rtsp"}
    if media_types.demuxer(f"x{suffix}") is None:
        assert media_types.demuxer_of(real) is None
