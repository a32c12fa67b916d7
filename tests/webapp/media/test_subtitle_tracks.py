"""Subtitles inside films, over HTTP and by what reads them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually
from zapette_webapp.errors import NoTrack, NotReady, Unconvertible
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.long_readings import LongReadings
from zapette_webapp.media.subtitles.conversion import Converter
from zapette_webapp.media.subtitles.track_reader import TrackReader
from zapette_webapp.media.tools import Limits, Tool

pytestmark = pytest.mark.slow

CUES = (
    "1\n00:00:00,200 --> 00:00:01,000\nÀ <i>bientôt</i>\n\n"
    "2\n00:00:01,200 --> 00:00:01,900\n{\\an8}Là-haut\n\n"
    "3\n01:00:00,000 --> 01:00:01,000\nFin\n"
)
FIRST = "00:00:00.200 --> 00:00:01.000\nÀ <i>bientôt</i>\n"
TOP = "00:00:01.200 --> 00:00:01.900 line:0\nLà-haut\n"
LAST = "01:00:00.000 --> 01:00:01.000\nFin\n"
FONT = b"\0\1\0\0 no font, but its bytes are kept" * 9
PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=2:size=160x90:rate=10")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films with subtitles of each kind inside."""
    media, parts = tmp_path_factory.mktemp("tracks"), tmp_path_factory.mktemp("parts")
    files = [parts / f"a.{it}" for it in ("srt", "ass", "vtt")]
    files[0].write_text(CUES, encoding="utf-8")
    for other in files[1:]:
        ffmpeg("-i", str(files[0]), str(other))
    (parts / "font.ttf").write_bytes(FONT)
    inputs = [it for each in files for it in ("-i", str(each))]
    maps = [it for number in range(4) for it in ("-map", str(number))]
    codecs = ("-c:s:0", "srt", "-c:s:1", "ass", "-c:s:2", "webvtt")
    font = ("-attach", str(parts / "font.ttf"), "-metadata:s:t:0", "mimetype=font/ttf")
    ffmpeg(*PICTURE, *inputs, *maps, *H264, *codecs, *font, str(media / "film.mkv"))
    apple = ("-i", str(files[0]), "-map", "0", "-map", "1", *H264, "-c:s", "mov_text")
    ffmpeg(*PICTURE, *apple, str(media / "film.mp4"))
    ffmpeg("-i", str(media / "film.mkv"), "-map", "0:v", "-c", "copy", str(media / "none.mkv"))
    _make_old("привет, как дела".encode("cp1251"), parts / "old.srt", media / "old.mkv")
    return media


def _make_old(words: bytes, text: Path, film: Path) -> None:
    """Make a film with subtitles whose encoding is not UTF-8, as old programs did."""
    mark = b"#" * len(words)
    text.write_bytes(b"1\n00:00:00,200 --> 00:00:01,000\n%b\n" % mark)
    ffmpeg(*PICTURE, "-i", str(text), "-map", "0", "-map", "1", *H264, "-c:s", "srt", str(film))
    content = film.read_bytes()
    assert content.count(mark) == 1
    film.write_bytes(content.replace(mark, words))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[TrackReader]:
    made = TrackReader(DiskCache(tmp_path / "subtitles", 1 << 20), Converter())
    made.start()
    yield made
    made.stop()


def whole(reader: TrackReader, film: Path, number: int) -> str:
    """Return a track as WebVTT when it has been read."""

    def text() -> str | None:
        try:
            return reader.read(film, number, "webvtt").text
        except NotReady:
            return None

    return str(eventually(text, "it is read", timeout=30))


def test_each_kind_is_read(folder: Path, reader: TrackReader) -> None:
    for number in (0, 1):
        text = whole(reader, folder / "film.mkv", number)
        assert text == f"WEBVTT\n\n{FIRST}\n{TOP}\n{LAST}"
    assert "À <i>bientôt</i>\n" in whole(reader, folder / "film.mkv", 2)
    assert FIRST in whole(reader, folder / "film.mp4", 0)


def test_the_encoding_is_found_out(folder: Path, reader: TrackReader) -> None:
    assert whole(reader, folder / "old.mkv", 0).endswith("привет, как дела\n")


def test_styles_and_fonts_are_read(folder: Path, reader: TrackReader) -> None:
    whole(reader, folder / "film.mkv", 1)
    styled = reader.read(folder / "film.mkv", 1, "text")
    assert "[V4+ Styles]" in styled.text
    assert r"{\an8}Là-haut" in styled.text
    assert styled.fonts == 1
    for _ in range(2):
        assert reader.font(folder / "film.mkv", 0) == FONT


def test_the_part_near_a_place_comes_first(folder: Path, reader: TrackReader) -> None:
    film = folder / "film.mkv"
    with reader.whole.tool.turn():
        with pytest.raises(NotReady):
            reader.read(film, 0, "webvtt")
        early = reader.read(film, 0, "webvtt", near=1)
        late = reader.read(film, 0, "webvtt", near=3601)
    assert (early.text, early.part) == (f"WEBVTT\n\n{FIRST}\n{TOP}", (0, 240))
    # from the key frame before it
    assert late.text.endswith(LAST)
    assert FIRST not in late.text
    assert late.part == (3540, 3780)
    for number in (1, 2):
        with reader.whole.tool.turn():
            none = reader.read(folder / "film.mkv", number, "webvtt", near=9000)
        assert none.text.startswith("WEBVTT")
    assert LAST in whole(reader, film, 0)


def test_what_is_not_there_is_said(folder: Path, reader: TrackReader) -> None:
    with pytest.raises(NoTrack, match="has 0 subtitle tracks"):
        reader.read(folder / "none.mkv", 0, "webvtt")
    with pytest.raises(NoTrack, match="no styles"):
        reader.read(folder / "film.mkv", 0, "text")


FILM = Path(__file__)
"""Any file that is there."""

LIMITS = Limits(cpu=20, wall=60, memory=1 << 30, output=1 << 20)


def reading(tmp_path: Path, code: str, abandoned_after: float = 60) -> LongReadings:
    """Return readings by a program of Python."""
    cache = DiskCache(tmp_path / "cache", 1 << 20)
    cache.start()
    return LongReadings(Tool([sys.executable, "-c", code], LIMITS), cache, abandoned_after)


def test_callers_share_a_reading(tmp_path: Path) -> None:
    readings = reading(tmp_path, "print('once')")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: readings.read("x", (), FILM), range(4)))
    found = eventually(lambda: readings.read("x", (), FILM), "it is read")
    assert found
    assert found.read_text() == "once\n"
    assert readings.tool.outcomes()["done"] == 1


def test_a_reading_ends_with_those_who_ask(tmp_path: Path) -> None:
    readings = reading(tmp_path, "import time; time.sleep(60)", abandoned_after=0.2)
    assert readings.read("x", (), FILM) is None
    eventually(lambda: readings.tool.outcomes()["failed"] == 1, "its process has ended")
    # and is no failure: the next request begins another one
    assert readings.read("x", (), FILM) is None
    readings.tool.stop()


def test_a_thread_that_cannot_be_started_is_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = reading(tmp_path, "print('once')")

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError):
            readings.read("x", (), FILM)
    assert eventually(lambda: readings.read("x", (), FILM), "it is read by the next who asks")


def test_a_failure_is_not_tried_again(tmp_path: Path) -> None:
    readings = reading(tmp_path, "raise SystemExit(1)")
    with pytest.raises(Unconvertible, match="damaged"):
        eventually(lambda: readings.read("x", (), FILM), "it fails")
    with pytest.raises(Unconvertible, match="damaged"):
        readings.read("x", (), FILM)
    assert readings.tool.outcomes()["failed"] == 1


def test_what_was_read_of_a_disk_that_goes_is_not_kept(tmp_path: Path) -> None:
    film, away, again = (tmp_path / it for it in ("film", "away", "again"))
    film.write_text("film")
    goes = f"os.mkdir({str(again)!r}); os.rename({str(film)!r}, {str(away)!r}); print('a part')"
    code = f"import os\nif os.path.exists({str(again)!r}): print('whole')\nelse: {goes}"
    readings = reading(tmp_path, code)

    def is_read_twice() -> bool:
        found = readings.read("x", (), film)
        return found is not None or readings.tool.outcomes()["done"] > 1

    eventually(is_read_twice, "it is read again")
    away.rename(film)
    found = eventually(lambda: readings.read("x", (), film), "it is read")
    assert found
    assert found.read_text() == "whole\n"


def test_a_cache_keeps_its_budget(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", 20_000)
    cache.start()
    for number in range(5):
        cache.put(str(number), b"x" * 6000)
    assert [cache.find(str(it)) is not None for it in range(5)] == [False, False, True, True, True]
    again = DiskCache(tmp_path / "cache", 10_000)
    again.start()
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_over_http(folder: Path, tmp_path: Path) -> None:
    settings = {"ZAPETTE_MEDIA_DIR": str(folder)}
    with sharing(System(tmp_path, settings)) as system:
        film = "subtitles/film.mkv"
        eventually(lambda: system.get(f"{film}?track=1").status == 200, "it is read")
        answer = system.get(f"{film}?track=1")
        assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
        assert FIRST in answer.body.decode()
        styled = system.get(f"{film}?track=1&format=ass")
        assert styled.headers["Zapette-Fonts"] == "1"
        assert b"[V4+ Styles]" in styled.body
        assert system.get(f"{film}?font=0").body == FONT
        wrong = ["?font=1", "?track=9", "?track=0&format=ass", ""]
        assert [system.get(film + it).status for it in wrong] == [404] * 4
        wrong = ["?track=x", "?track=1&format=x", "?track=1&at=-1", "?track=1&at=nan"]
        assert [system.get(film + it).status for it in wrong] == [400] * 4
