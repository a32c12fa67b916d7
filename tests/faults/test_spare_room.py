"""What can be made again leaves room on the disk for the stores."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.disk import filled, small_disk
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.streams.making.cache import Cache

pytestmark = pytest.mark.usefixtures("own_disk")

DISK = 10 << 20
PART = bytes(700_000)


def stream_parts(folder: Path) -> Callable[[int], object]:
    cache = Cache(folder, 1 << 30)
    return lambda number: cache.put(("film", f"{number}.m4s"), [PART])


def results(folder: Path) -> Callable[[int], object]:
    cache = DiskCache(folder, 1 << 30)
    cache.start()
    return lambda number: cache.put(str(number), PART)


@pytest.mark.parametrize("made", [stream_parts, results])
def test_the_oldest_go(made: Callable[[Path], Callable[[int], object]], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, DISK):
        put = made(disk / "cache")
        # what others take is not there for it
        with filled(disk), pytest.raises(OSError, match="No space left"):
            put(0)
        for number in range(30):
            put(number)
            assert shutil.disk_usage(disk).free >= DISK // 10
        assert len([it for it in disk.rglob("*") if it.is_file()]) > 8


@pytest.mark.slow
def test_nothing_is_drawn_that_cannot_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x240", "-frames:v", "1", str(file))
    disk = tmp_path / "disk"
    with small_disk(disk, DISK):
        thumbnails = Thumbnails(disk / "thumbnails")
        thumbnails.start()
        try:
            with filled(disk):
                assert thumbnails.get(file).pending
                eventually(lambda: not thumbnails._asked, "it was its turn")
            eventually(lambda: thumbnails.find(file).file, "it is drawn")
            assert thumbnails.tool.outcomes()["done"] == 1
        finally:
            thumbnails.stop()
