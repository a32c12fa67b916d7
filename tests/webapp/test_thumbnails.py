"""Small pictures: kept within a budget, and made without tricks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.waiting import eventually
from tests.webapp.films import ffmpeg
from webapp.probe import Prober
from webapp.thumbnails import Picture, Thumbnails

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
    kept = list((tmp_path / "thumbnails").glob("*.jpg"))
    assert 0 < len(kept) < 6
    assert sum(it.stat().st_size for it in kept) <= BUDGET
    assert thumbnails.made == 6


def test_few_wait_for_one_that_is_being_made(thumbnails: Thumbnails, tmp_path: Path) -> None:
    files = [picture(tmp_path, number) for number in range(2)]
    assert thumbnails.get(files[0]).file is not None
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
    "a playlist beside it": PLAYLIST.format(secret="secret.ts"),
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
