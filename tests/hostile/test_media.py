"""Media that attack the program which reads them: nothing else is read, and it ends."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples.ffmpeg import ffmpeg
from tests.webapp import films
from zapette_webapp.errors import Unplayable
from zapette_webapp.media.probing import flaws
from zapette_webapp.media.probing.inspection import MOST_CHAPTERS, content_of
from zapette_webapp.media.probing.probe import LIMITS, Probe, Prober

TEBIBYTE = 1 << 40
MANY = 100_000
# What the program may open once it has the medium: one file, one address, one pipe.
CONFINED = """
import json, os, socket, sys
from zapette_webapp.media.probing import inspection
refused = []
with open(sys.argv[1], "rb") as file:
    inspection.open_no_more(file.fileno())
    for act in (lambda: open(sys.argv[2]), socket.socket, os.pipe):
        try:
            act()
        except OSError as error:
            refused.append(error.errno)
    with inspection.opened(file, "mov") as container:
        refused.append(len(container.streams))
print(json.dumps(refused))
"""
PLAYLISTS = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n",
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{other}\n",
    "ffconcat version 1.0\nfile '{other}'\n",
    """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>
    <AdaptationSet><Representation id="v" bandwidth="1"><BaseURL>{other}</BaseURL></Representation>
    </AdaptationSet></Period></MPD>""",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return films.short(tmp_path_factory.mktemp("film"))


@pytest.fixture
def address() -> Iterator[tuple[str, list[object]]]:
    """An address, and who connected to it."""
    reached: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            try:
                while True:
                    reached.append(listener.accept())
            except OSError:
                pass

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/film.ts", reached
        listener.shutdown(socket.SHUT_RDWR)


def examined(file: Path) -> Probe | str:
    """Return what is in a medium, or its flaw; and no run was ended by a limit on time."""
    prober = Prober()
    began = time.monotonic()
    try:
        found: Probe | str = prober.examine(file)
    except Unplayable as error:
        found = error.flaw
    assert time.monotonic() - began < LIMITS.wall
    assert prober.tool.outcomes()["too_long"] == 0
    return found


def element(name: bytes, content: bytes) -> bytes:
    """Return an element of EBML, with eight bytes for its length."""
    return name + (1 << 56 | len(content)).to_bytes(8, "big") + content


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box of ISO base media."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def test_it_can_open_nothing_but_the_medium(film: Path) -> None:
    command = [sys.executable, "-c", CONFINED, str(film), os.devnull]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=60)
    *refused, streams = json.loads(answer.stdout)
    assert refused == [24, 24, 24]
    assert streams == 1


@pytest.mark.parametrize("form", PLAYLISTS)
def test_playlists_in_the_clothes_of_a_film(
    tmp_path: Path, film: Path, address: tuple[str, list[object]], form: str
) -> None:
    url, reached = address
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(film.read_bytes())
    others = (f"file:{secret}", str(secret), "secret.mp4", f"concat:{secret}|{secret}", url)
    for suffix, other in zip(("mp4", "mkv", "ts", "mp3", "avi"), others, strict=True):
        file = tmp_path / f"list.{suffix}"
        file.write_text(form.format(other=other))
        assert examined(file) == flaws.TEXT
        # nor if nobody says what it is to be opened as
        with file.open("rb", buffering=0) as opened:
            assert content_of(opened, None, is_cut=False) == {"flaw": flaws.TEXT}
    assert not reached


def test_a_film_whose_pictures_are_elsewhere(tmp_path: Path, film: Path) -> None:
    content = film.read_bytes()
    entry = content.index(b"url \0\0\0\1")
    outside = content[:entry] + b"url \0\0\0\0" + content[entry + 8 :]
    file = tmp_path / "outside.mov"
    file.write_bytes(outside)
    found = examined(file)
    # whatever it says, the pictures are looked for in the file itself
    assert isinstance(found, Probe)


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_files_without_an_end(tmp_path: Path, film: Path, suffix: str) -> None:
    file = tmp_path / f"endless.{suffix}"
    ffmpeg("-i", str(film), "-c", "copy", str(file))
    os.truncate(file, TEBIBYTE)
    found = examined(file)
    assert isinstance(found, Probe) or found == flaws.CUT_OFF


def test_marks_of_packets_without_packets(tmp_path: Path) -> None:
    file = tmp_path / "marks.mp3"
    file.write_bytes(b"\xff" * (1 << 20))
    os.truncate(file, TEBIBYTE)
    examined(file)


def test_a_picture_of_four_gigapixels(tmp_path: Path) -> None:
    file = tmp_path / "huge.mov"
    picture = ("-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=5", "-c:v", "png")
    ffmpeg(*picture, str(file))
    content = file.read_bytes()
    size = content.index(b"IHDR") + 4
    sides = (65500).to_bytes(4, "big") * 2
    file.write_bytes(content.replace(content[size : size + 8], sides))
    found = examined(file)
    assert isinstance(found, Probe) or found in flaws.FLAWS


def test_more_tracks_than_a_film_has(tmp_path: Path, film: Path) -> None:
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"))
    tracks = b"".join(
        element(
            b"\xae",
            element(b"\xd7", it.to_bytes(3, "big"))
            + element(b"\x73\xc5", it.to_bytes(3, "big"))
            + element(b"\x83", b"\x02")
            + element(b"\x86", b"A_VORBIS"),
        )
        for it in range(1, MANY + 1)
    )
    matroska = tmp_path / "tracks.mkv"
    matroska.write_bytes(head + element(b"\x18\x53\x80\x67", element(b"\x16\x54\xae\x6b", tracks)))
    assert examined(matroska) in flaws.FLAWS
    content = film.read_bytes()
    moov = content[content.index(b"moov") + 4 :]
    trak = moov.index(b"trak") - 4
    one = moov[trak : trak + int.from_bytes(moov[trak : trak + 4], "big")]
    mp4 = tmp_path / "tracks.mp4"
    mp4.write_bytes(content[: content.index(b"moov") - 4] + box(b"moov", moov[:trak] + one * MANY))
    assert examined(mp4) in flaws.FLAWS


def test_more_chapters_than_a_film_has(tmp_path: Path, film: Path) -> None:
    listed, file = tmp_path / "chapters", tmp_path / "chapters.mkv"
    chapters = (
        f"[CHAPTER]\nTIMEBASE=1/100000\nSTART={it}\nEND={it + 1}\ntitle={'x' * 1000}\n"
        for it in range(MANY // 10)
    )
    listed.write_text(";FFMETADATA1\n" + "".join(chapters))
    ffmpeg("-i", str(film), "-i", str(listed), "-map_metadata", "1", "-c", "copy", str(file))
    found = examined(file)
    assert isinstance(found, Probe)
    assert len(found.chapters) == MOST_CHAPTERS
    assert max(len(it.title) for it in found.chapters) == 200


def test_boxes_in_boxes(tmp_path: Path) -> None:
    content = b""
    for _ in range(20_000):
        content = box(b"moov", content)
    file = tmp_path / "deep.mp4"
    file.write_bytes(box(b"ftyp", b"isom\0\0\2\0") + content)
    assert examined(file) in flaws.FLAWS
