"""Sheets of pictures to seek with: each tile is the film at its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from zapette_webapp.media.pictures.pictures import Picture
from zapette_webapp.media.pictures.preview_program import sheet_of
from zapette_webapp.media.pictures.preview_sheets import PreviewSheets
from zapette_webapp.media.pictures.sheet import (
    COLUMNS,
    COUNT,
    HEIGHT,
    ROWS,
    WIDTH,
    Plane,
    Sheet,
    fitting,
    order,
)
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.media.probing.inspection import opened

pytestmark = pytest.mark.slow

_HALVES = "color=red:d=4:r=5:s={0},format=yuv420p[a];color=blue:d=4:r=5:s={0},format=yuv420p[b];"
RED, BLUE, BLACK = (254, 0, 0), (0, 0, 254), (0, 0, 0)


@pytest.fixture
def sheets(tmp_path: Path) -> Iterator[PreviewSheets]:
    made = PreviewSheets(tmp_path / "previews")
    made.start()
    yield made
    made.stop()


def finished(sheets: PreviewSheets, file: Path) -> Picture:
    return eventually(
        lambda: not (now := sheets.find(file)).pending and now, "it is made", timeout=30
    ) or Picture(None)


def film(folder: Path, name: str, *options: str, size: str = "64x36") -> Path:
    """Make a film that is red at first and then blue."""
    graph = _HALVES.format(size) + "[a][b]concat"
    ffmpeg("-f", "lavfi", "-i", graph, "-g", "5", *options, str(folder / name))
    return folder / name


def colors(picture: Path, number: int) -> list[tuple[int, ...]]:
    """Return the colours in the middle of a tile, and near its left end."""
    with av.open(str(picture)) as jpeg:
        frame = next(jpeg.decode(video=0)).reformat(format="rgb24")
    assert (frame.width, frame.height) == (COLUMNS * WIDTH, ROWS * HEIGHT)
    content, line = bytes(frame.planes[0]), frame.planes[0].line_size
    top = number // COLUMNS * HEIGHT + HEIGHT // 2
    left = number % COLUMNS * WIDTH
    return [tuple(content[top * line + 3 * (left + it) :][:3]) for it in (WIDTH // 2, 10)]


@pytest.mark.slow
def test_few_requests_wait_for_pictures_of_all_kinds(tmp_path: Path) -> None:
    kinds = Thumbnails(tmp_path / "thumbnails"), PreviewSheets(tmp_path / "previews")
    places = [it._waiting for _ in range(4) for it in kinds]
    held = [it for it in places if it.acquire(blocking=False)]
    for each in held:
        each.release()
    # of 16 threads, streams may wait in 10
    assert len(held) == 4


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("film.mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2")),
        ("film.mkv", ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")),
        ("film.ts", ("-c:v", "mpeg2video", "-bf", "2")),
        ("film.avi", ("-c:v", "mpeg4")),
        ("named wrong.webm", ("-c:v", "mpeg4", "-f", "mp4")),
    ],
)
def test_each_tile_shows_its_place(
    sheets: PreviewSheets, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    picture = finished(sheets, film(tmp_path, name, *options)).file
    assert picture is not None
    for number, wanted in ((0, RED), (60, RED), (130, BLUE), (COUNT - 1, BLUE)):
        for seen in colors(picture, number):
            assert seen == pytest.approx(wanted, abs=40), number


@pytest.mark.slow
def test_a_film_of_a_telephone_stands_upright(sheets: PreviewSheets, tmp_path: Path) -> None:
    lying = film(tmp_path, "lying.mp4", "-c:v", "mpeg4")
    upright = tmp_path / "upright.mp4"
    ffmpeg("-i", str(lying), "-metadata:s:v:0", "rotate=90", "-c", "copy", str(upright))
    picture = finished(sheets, upright).file
    assert picture is not None
    middle, side = colors(picture, 0)
    assert middle == pytest.approx(RED, abs=40)
    assert side == pytest.approx(BLACK, abs=40)


@pytest.mark.slow
def test_what_is_no_film_has_none(sheets: PreviewSheets, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(b"no film" * 100)
    song = tmp_path / "song.mp3"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", str(song))
    playlist = tmp_path / "playlist.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{noise}\n#EXT-X-ENDLIST\n")
    assert finished(sheets, noise) == finished(sheets, playlist) == Picture(None)
    assert sheets.find(song) == Picture(None)
    assert sheets.made == 0


def test_without_time_a_tile_is_like_the_one_before(tmp_path: Path) -> None:
    file = film(tmp_path, "film.mp4", "-c:v", "mpeg4")
    with file.open("rb", buffering=0) as stream, opened(stream, "mov") as container:
        assert sheet_of(container, time.monotonic()).is_empty
    sheet = Sheet()
    grey = [Plane(2, b"\x80" * 4), Plane(1, b"\x80"), Plane(1, b"\x80")]
    white = [Plane(2, b"\xff" * 4), Plane(1, b"\x80"), Plane(1, b"\x80")]
    sheet.draw(3, grey)
    sheet.draw(8, white)
    sheet.fill()
    line = sheet.planes()[0][HEIGHT // 2 * COLUMNS * WIDTH :]
    seen = [line[it * WIDTH + WIDTH // 2] for it in range(COLUMNS)]
    assert seen == [0x80] * 8 + [0xFF] * 2


def test_the_shape_of_tiles() -> None:
    assert fitting(1920, 1080) == (160, 90)
    assert fitting(720, 1280) == (50, 90)
    assert fitting(1920, 800) == (160, 66)
    assert fitting(10_000, 1) == (160, 2)
    assert sorted(order()) == list(range(COUNT))
    assert Plane(2, b"abcdef").turned(90) == Plane(3, b"bdface")
    assert Plane(2, b"abcdef").turned(180) == Plane(2, b"fedcba")
