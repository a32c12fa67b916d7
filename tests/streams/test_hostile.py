"""Files that would have ffmpeg read something else, or never end."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing

ENDINGS = ("mkv", "mp4", "ts", "avi", "vob")


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A server that nobody may reach."""
    with socket.create_server(("127.0.0.1", 0)) as waiting:
        waiting.settimeout(0)
        yield waiting


@pytest.fixture(scope="module")
def hostile(
    listener: socket.socket, films: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("hostile")
    outside = tmp_path_factory.mktemp("outside") / "secret.ts"
    outside.write_bytes((films / "h264.ts").read_bytes())
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.ts"
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"
    for number, target in enumerate((address, f"file:{outside}", f"concat:{outside}", "secret.ts")):
        for ending in ENDINGS:
            (folder / f"playlist {number}.{ending}").write_text(hls.format(target))
    (folder / "concat.mkv").write_text(f"ffconcat version 1.0\nfile '{outside}'\n")
    (folder / "session.mp4").write_text(f"v=0\nc=IN IP4 127.0.0.1\nm=video {address}\n")
    (folder / "empty.mkv").write_bytes(b"")
    (folder / "cut.mp4").write_bytes((films / "h264.mp4").read_bytes()[:3000])
    (folder / "elsewhere.mp4").write_bytes(referring((films / "h264.mp4").read_bytes(), outside))
    ffmpeg(*("-f", "lavfi", "-i", "color=s=16x16:d=1", "-c:v", "mjpeg", str(folder / "huge.avi")))
    content = bytearray((folder / "huge.avi").read_bytes())
    # each picture says that it is 65000 by 65000
    for found in re.finditer(b"\xff\xc0", bytes(content)):
        struct.pack_into(">HH", content, found.start() + 5, 65000, 65000)
    (folder / "huge.avi").write_bytes(content)
    (folder / "endless.mkv").write_bytes(lasting((films / "h264.mkv").read_bytes(), 1_000_000.0))
    settings = {"ZAPETTE_MEDIA_DIR": str(folder), "ZAPETTE_LIBRARY": "open"}
    with sharing(System(tmp_path_factory.mktemp("system"), settings)) as running:
        yield running


def lasting(film: bytes, seconds: float) -> bytes:
    """Return a Matroska file that says another duration."""
    name = b"\x44\x89\x88"
    assert film.count(name) == 1
    place = film.index(name) + len(name)
    return film[:place] + struct.pack(">d", seconds * 1000) + film[place + 8 :]


def referring(film: bytes, target: Path) -> bytes:
    """Return an MP4 file whose samples are said to be in another file."""
    name = str(target).encode()
    alias = struct.pack(">I4sI", 12 + len(name) + 1, b"url ", 0) + name + b"\0"
    place = film.find(b"url \0\0\0\1") - 4
    assert place > 0
    # not resized: the box is overwritten, so that what follows is damaged as well
    return film[:place] + alias + film[place + len(alias) :]


def names() -> list[Any]:
    playlists = [
        pytest.param(
            f"playlist%20{number}.{ending}",
            marks=() if ending == ENDINGS[number] else pytest.mark.long,
        )
        for number in range(4)
        for ending in ENDINGS
    ]
    return [*playlists, "concat.mkv", "session.mp4", "empty.mkv", "cut.mp4", "elsewhere.mp4"]


@pytest.mark.parametrize("name", names())
def test_nothing_else_is_read(hostile: System, listener: socket.socket, name: str) -> None:
    for plan in ("copy-copy", "h264-aac"):
        answer = hostile.get(f"streams/{name}/{plan}/master.m3u8")
        assert answer.status == 415, answer.body
        assert answer.json["code"] in {"text", "unknown_format", "cut_off", "empty", "unreadable"}
        assert answer.json["detail"]
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_huge_picture_is_refused(hostile: System) -> None:
    answer = hostile.get("streams/huge.avi/h264-aac/video-0.m4s")
    assert answer.status == 415
    assert answer.json["code"] in {"damaged", "unreadable", "unknown_format"}


def test_a_film_that_says_it_lasts_for_weeks_is_refused(hostile: System) -> None:
    answer = hostile.get("streams/endless.mkv/h264-aac/master.m3u8")
    assert (answer.status, answer.json["code"]) == (415, "unknown_format")
    assert "longer than a week" in answer.json["detail"]
