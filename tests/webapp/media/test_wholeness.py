"""Files that end before what their containers announce."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.samples.ffmpeg import ffmpeg
from zapette_webapp.media.probing.wholeness import is_cut_off

_PICTURE = ("-f", "lavfi", "-i", "testsrc2=d=2:s=160x90:r=10", "-c:v", "mpeg4")


@pytest.mark.parametrize(
    ("name", "options"), [("a.mkv", ()), ("a.mp4", ("-movflags", "+faststart")), ("a.avi", ())]
)
def test_half_of_a_film_is_cut_off(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    ffmpeg(*_PICTURE, *options, str(tmp_path / name))
    content = (tmp_path / name).read_bytes()
    assert not is_cut_off(io.BytesIO(content))
    assert is_cut_off(io.BytesIO(content[:-1]))
    assert is_cut_off(io.BytesIO(content[: len(content) // 2]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"\x1a\x45\xdf\xa3" * 2,
        # a segment of unknown length, as of a live recording; and one whose length is missing
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(9),
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x00" + bytes(9),
        # a recording that was written to a pipe
        b"RIFF\xff\xff\xff\xffWAVE",
        # boxes without end, or with none
        b"\x00\x00\x00\x08ftyp" * 20_000,
        b"\x00\x00\x00\x08ftyp\x00\x00\x00\x00mdat",
        b"\x00\x00\x00\x08ftyp\x00\x00",
    ],
)
def test_what_announces_nothing_is_whole(content: bytes) -> None:
    assert not is_cut_off(io.BytesIO(content))
