"""Small pictures: kept within a budget, and made without tricks."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from zapette_webapp.media.pictures.pictures import Picture
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.media.probing.probe import Prober

pytestmark = pytest.mark.slow

BUDGET = 30_000


@pytest.fixture
def thumbnails(tmp_path: Path) -> Iterator[Thumbnails]:
    made = Thumbnails(tmp_path / "thumbnails", budget=BUDGET)
    made.start()
    yield made
    made.stop()


def finished(thumbnails: Thumbnails, file: Path) -> Picture:
    return eventually(
        lambda: not (now := thumbnails.find(file)).pending and now, "it is made", timeout=30
    ) or Picture(None)


def picture(folder: Path, number: int) -> Path:
    file = folder / f"{number}.jpg"
    ffmpeg("-f", "lavfi", "-i", f"testsrc=s=320x240:d={number + 1}", "-frames:v", "1", str(file))
    return file


def test_the_budget_is_kept(thumbnails: Thumbnails, tmp_path: Path) -> None:
    for number in range(6):
        assert finished(thumbnails, picture(tmp_path, number)).file is not None
    # pictures are made one at a time: when one is there, what the one before was too much is gone
    noise = tmp_path / "noise.jpg"
    noise.write_bytes(b"no picture")
    assert finished(thumbnails, noise).file is None
    kept = [it for it in (tmp_path / "thumbnails").glob("*.jpg") if it.stat().st_size]
    assert 0 < len(kept) < 6
    assert sum(it.stat().st_size for it in kept) <= BUDGET
    assert thumbnails.made == 6


def test_one_that_is_deleted_while_it_is_looked_at(
    thumbnails: Thumbnails, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = picture(tmp_path, 0)
    made = finished(thumbnails, file).file
    assert made is not None
    os.utime(made, (0, 0))
    touch = os.utime

    def too_late(target: Path) -> None:
        target.unlink()
        touch(target)

    monkeypatch.setattr(os, "utime", too_late)
    assert thumbnails.find(file).pending
    assert finished(thumbnails, file).file == made


def test_a_film_whose_disk_is_away_gets_its_thumbnail_later(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    other, film = picture(tmp_path, 0), tmp_path / "film.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x240:d=1", str(film))
    # the latest is drawn first
    for file in (other, film):
        assert thumbnails.find(file).pending
    away = film.rename(tmp_path / "away")
    thumbnails.start()
    try:
        eventually(lambda: thumbnails.made == 1, "the other one is drawn", timeout=30)
        away.rename(film)
        assert finished(thumbnails, film).file is not None
    finally:
        thumbnails.stop()


def test_failures_count_towards_the_budget(thumbnails: Thumbnails, tmp_path: Path) -> None:
    for number in range(20):
        broken = tmp_path / f"{number}.jpg"
        broken.write_bytes(b"no picture")
        assert finished(thumbnails, broken).file is None
    # an empty file takes an entry of the file system
    kept = tmp_path / "thumbnails"
    eventually(lambda: len(list(kept.glob("*.jpg"))) <= BUDGET // 4096, "the budget is kept")


def test_few_wait_for_one_that_is_being_made(thumbnails: Thumbnails, tmp_path: Path) -> None:
    files = [picture(tmp_path, number) for number in range(2)]
    eventually(lambda: thumbnails.get(files[0]).file, "the first one is made")
    thumbnails.stop()
    # nobody makes it: who asks is not kept for long
    assert thumbnails.get(files[1]).pending
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(thumbnails.get, files[1:] * 12))
    assert all(it.pending for it in answers)


def test_a_changed_film_has_another_picture(thumbnails: Thumbnails, tmp_path: Path) -> None:
    file = picture(tmp_path, 0)
    before = finished(thumbnails, file)
    file.write_bytes(b"no picture")
    after = finished(thumbnails, file)
    assert before.file is not None
    assert after.file is None
    # that there is none is remembered
    assert thumbnails.find(file) == Picture(None)


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n"
DISGUISES = {
    "a playlist": PLAYLIST.format(secret="file://{folder}/secret.ts"),
    "a playlist next to it": PLAYLIST.format(secret="secret.ts"),
    "a list of parts": "ffconcat version 1.0\nfile secret.ts\n",
}


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts", "film.jpg", "film.mp3"])
def test_a_list_in_disguise_reads_no_other_file(
    thumbnails: Thumbnails, tmp_path: Path, name: str, disguise: str
) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x240:d=1", str(tmp_path / "secret.ts"))
    disguised = tmp_path / name
    disguised.write_text(DISGUISES[disguise].format(folder=tmp_path))
    assert finished(thumbnails, disguised).file is None
    assert Prober().probe(disguised) is None


def png(file: Path, side: int) -> Path:
    """Write a picture of `side` by `side` pixels, which takes some megabytes only."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    packer = zlib.compressobj(1)
    row = b"\0" + b"\x55\xaa\x33" * side
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    shape = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", shape), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return file


@pytest.mark.parametrize("side", [8_200, 12_000])
def test_a_huge_picture_takes_little_memory(tmp_path: Path, side: int) -> None:
    file = png(tmp_path / "huge.png", side)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from zapette_webapp.media.pictures.thumbnails import Thumbnails\n"
        "made = Thumbnails(Path(sys.argv[1]))\n"
        "made.start(); picture = made.find(Path(sys.argv[2]))\n"
        "while picture.pending: picture = made.get(Path(sys.argv[2]))\n"
        "print(picture.file, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "thumbnails"), str(file)]
    answer = subprocess.run(run, capture_output=True, text=True, check=True, timeout=100).stdout
    made, kibibytes = answer.split()
    assert made == "None"
    # 524 MiB for the middle one before
    assert int(kibibytes) < 128 << 10


def test_a_large_picture_is_made_small(thumbnails: Thumbnails, tmp_path: Path) -> None:
    assert finished(thumbnails, png(tmp_path / "large.png", 8_000)).file is not None
