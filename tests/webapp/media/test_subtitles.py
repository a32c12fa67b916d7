# ruff: noqa: RUF001 - Cyrillic is Cyrillic
"""Which files of subtitles belong to a film, and what becomes of them over HTTP."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.programs.system import System
from tests.waiting import eventually
from zapette_webapp.errors import ToolBusy, Unconvertible
from zapette_webapp.library.folder import film_subtitles, listing
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.media.subtitles import subtitle_files
from zapette_webapp.media.subtitles.conversion import LARGEST, Converter
from zapette_webapp.media.subtitles.subtitle_files import Subtitle, named, owner
from zapette_webapp.media.tools import Limits, Tool

SRT = "1\n00:00:01,000 --> 00:00:02,500\n{}\n"


def offered(folder: Path, files: list[str]) -> dict[str, list[str]]:
    """Return, for each medium among `files`, which of them are offered as its subtitles."""
    for name in files:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"x")
    found = listing.read(MediaFolder(folder), "")
    assert found is not None
    return {it.path: [text.path for text in it.subtitles] for it in found.media}


@pytest.mark.parametrize(
    ("film", "text"),
    [
        ("film.mp4", "film.srt"), ("film.mp4", "film.fr.srt"), ("film.mp4", "film.sub"),
        ("film.mp4", "Film.English.forced.ass"), ("film.mp4", "film.pt-BR.vtt"),
        ("film.mp4", "film-commentary.vtt"), ("film.mp4", "film [en].mpl"),
        ("film.mp4", "film (fr).srt"), ("film.mp4", "film.smi"), ("film.mp4", "film.ttml"),
        ("film.mp4", "film.fr.dfxp"), ("film.mp4", "film.sbv"), ("song.mp3", "song.lrc"),
        ("a.b - c.mkv", "a.b - c.en.srt"),
        ("\u00e9t\u00e9.mp4", "e\u0301te\u0301.fr.srt"), ("e\u0301.mp4", "\u00c9.srt"),
        ("film.mp4", "Subs/film.en.srt"), ("film.mp4", "Subs/2_French.srt"),
        ("film.mp4", "SUBTITLES/whatever.srt"), ("\uac00.mp4", "\u1100\u1161.ko.srt"),
    ],
)  # fmt: skip
def test_it_is_offered(tmp_path: Path, film: str, text: str) -> None:
    assert offered(tmp_path, [film, text]) == {film: [text]}
    assert MediaFolder(tmp_path).find(text) is not None


@pytest.mark.parametrize(
    ("film", "text"),
    [
        ("film.mp4", "film2.srt"), ("film.mp4", "fil.srt"), ("film.mp4", "film.txt"),
        ("film.mp4", "other.srt"), ("film.mp4", "my film.srt"), ("film.mp4", "Extras/film.srt"),
    ],
)  # fmt: skip
def test_it_is_not_offered(tmp_path: Path, film: str, text: str) -> None:
    assert offered(tmp_path, [film, text]) == {film: []}


def test_a_file_with_several_languages_is_several(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"x")
    rules = ".ENCC { Name: English; lang: en-US; } .XX { Name: Notes; }"
    (tmp_path / "film.smi").write_text(f"<SAMI><STYLE>{rules}</STYLE>")
    found = listing.read(MediaFolder(tmp_path), "")
    assert found is not None
    assert found.media[0].subtitles == (
        Subtitle("film.smi", "English", "en", 0),
        Subtitle("film.smi", "Notes", None, 1),
    )


def test_pictures_next_to_a_film_are_no_text(tmp_path: Path) -> None:
    # an index without pictures, or one that is none, is nothing
    files = ["film.mp4", "film.sub", "film.idx", "film.fr.sub", "film.de.idx"]
    assert offered(tmp_path, files) == {"film.mp4": ["film.fr.sub"]}


def test_the_index_of_pictures_says_their_languages(tmp_path: Path) -> None:
    for name in ("film.mp4", "film.SUB", "film.fr.forced.sub"):
        (tmp_path / name).write_bytes(b"x")
    shown = "timestamp: 00:00:01:000, filepos: 000000000\n"
    languages = f"id: en, index: 0\n{shown}{shown}id: de, index: 1\nid: fr, index: 2\n{shown}"
    named = f"id: --, index: 3\nalt: Notes\n{shown}"
    (tmp_path / "film.idx").write_text(f"size: 640x480\n{languages}{named}")
    (tmp_path / "film.fr.forced.idx").write_text(f"id: en, index: 0\n{shown}")
    folder = MediaFolder(tmp_path)
    assert listing.pairs(folder, "film.mp4") == [
        Subtitle("film.fr.forced.idx", "Français (forced)", "fr", 0),
        Subtitle("film.idx", "English", "en", 0),
        Subtitle("film.idx", "Français", "fr", 1),
        Subtitle("film.idx", "Notes", None, 2),
    ]
    assert film_subtitles.index_of_pair(folder, "film.idx").size == (640, 480)


def test_the_longest_name_has_it(tmp_path: Path) -> None:
    texts = ["Alien.srt", "Alien.en.srt", "Alien.3.srt", "Alien.3.en.srt", "Alien.3.cut.fr.srt"]
    assert offered(tmp_path, ["Alien.mp4", "Alien.3.mp4", "Alien.3.cut.mkv", *texts]) == {
        "Alien.mp4": ["Alien.en.srt", "Alien.srt"],
        "Alien.3.mp4": ["Alien.3.en.srt", "Alien.3.srt"],
        "Alien.3.cut.mkv": ["Alien.3.cut.fr.srt"],
    }


def test_two_of_one_name_share_it(tmp_path: Path) -> None:
    films = {"film.mkv": ["film.en.srt"], "film.mp4": ["film.en.srt"]}
    assert offered(tmp_path, ["film.mp4", "film.mkv", "film.en.srt"]) == films


def test_a_folder_of_subtitles_is_for_the_only_film(tmp_path: Path) -> None:
    files = ["one.mp4", "two.mp4", "Subs/2_French.srt", "Subs/two.en.srt"]
    assert offered(tmp_path, files) == {"one.mp4": [], "two.mp4": ["Subs/two.en.srt"]}


names = st.text(st.sampled_from("ab\u00e9\u0130.-_ 1"), min_size=1, max_size=6)


@given(
    st.sets(names.map(subtitle_files.key), max_size=5), names, st.sampled_from(["", ".en", "-x"])
)
def test_who_owns_it_is_the_longest_name_that_it_begins_with(
    films: set[str], stem: str, rest: str
) -> None:
    whole = subtitle_files.key(stem + rest)
    fits = [
        it for it in films if whole == it or (whole.startswith(it) and whole[len(it)] in "._- [(")
    ]
    assert owner(stem + rest, films) == max(fits, key=len, default=None)
    for form in ("NFC", "NFD"):
        assert owner(unicodedata.normalize(form, stem + rest), films) == owner(stem + rest, films)


@pytest.mark.parametrize(
    ("path", "film", "label", "language"),
    [
        ("a/film.srt", "film", "SRT", None),
        ("a/Film.English.forced.ass", "film", "English (forced)", "en"),
        ("a/film-commentary.vtt", "film", "commentary", None),
        ("a/film.Director's Cut.srt", "film", "Director's Cut", None),
        ("a/film.en.hi.srt", "film", "English (SDH)", "en"),
        ("a/film.hi.srt", "film", "हिन्दी", "hi"),
        ("a/film.pt-BR.vtt", "film", "Português", "pt"),
        ("a/film [fre].srt", "film", "Français", "fr"),
        ("a/The German Doctor.srt", "the german doctor", "SRT", None),
        ("a/The German Doctor.en.srt", "the german doctor", "English", "en"),
        ("Subs/2_French.srt", "", "Français", "fr"),
        ("Subs/English.srt", "", "English", "en"),
        ("Subs/3_eng,SDH.srt", "", "eng,SDH", None),
        ("Subs/The German Doctor.srt", "", "The German Doctor", None),
        ("Subs/The.German.Doctor.it.forced.srt", "", "Italiano (forced)", "it"),
    ],
)
def test_what_a_name_tells(path: str, film: str, label: str, language: str | None) -> None:
    assert named(path, film) == Subtitle(path, label, language)


def test_a_word_of_the_title_is_no_language(tmp_path: Path) -> None:
    library = MediaFolder(tmp_path)
    for name in ("The.Russian.mp4", "The.Russian.srt", "It.mp4", "It.srt", "It.en.srt"):
        (tmp_path / name).write_bytes(b"x")
    languages = {
        it: film_subtitles.subtitle(library, it).language for it in ("The.Russian.srt", "It.srt")
    }
    assert languages == {"The.Russian.srt": None, "It.srt": None}
    assert film_subtitles.subtitle(library, "It.en.srt").language == "en"


def test_one_is_converted_and_remembered(tmp_path: Path) -> None:
    converter = Converter()
    file = tmp_path / "film.ru.srt"
    file.write_bytes(SRT.format("привет, как дела").encode("cp1251"))
    expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nпривет, как дела\n"
    assert converter.convert(file, "ru", "webvtt") == expected
    assert converter.convert(file, "ru", "webvtt") == expected
    assert converter.tool.outcomes()["done"] == 1
    file.write_text(SRT.format("another"))
    assert "another" in converter.convert(file, "ru", "webvtt")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"garbage", "no subtitles"),
        (b"\0\0\x01\xba" * 99, "no subtitles"),
        (b"x" * (LARGEST + 1), "MiB"),
    ],
)
def test_what_is_none_is_refused_in_words(tmp_path: Path, content: bytes, word: str) -> None:
    file = tmp_path / "film.sub"
    file.write_bytes(content)
    with pytest.raises(Unconvertible, match=word):
        Converter().convert(file, None, "webvtt")


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("while True: pass", "too long"),
        ("import sys; sys.stdout.write('x' * 99999)", "too long"),
        ("x = bytearray(1 << 30)", "memory"),
        ("import os; os.abort()", "damaged"),
    ],
)
def test_what_goes_beyond_its_limits_is_refused_in_words(
    tmp_path: Path, code: str, word: str
) -> None:
    converter = Converter()
    limits = Limits(cpu=1, wall=30, memory=512 << 20, output=9999)
    converter.tool = Tool([sys.executable, "-c", code], limits)
    file = tmp_path / "film.srt"
    file.write_text(SRT.format("x"))
    with pytest.raises(Unconvertible, match=word):
        converter.convert(file, None, "webvtt")


def test_many_who_ask_for_the_same_are_served_by_one_run(tmp_path: Path) -> None:
    converter = Converter()
    file = tmp_path / "film.srt"
    file.write_text(SRT.format("x"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: converter.convert(file, None, "webvtt"), range(4)))
    assert len(set(answers)) == 1
    assert converter.tool.outcomes()["done"] == 1


def test_few_wait_and_the_rest_is_told_so(tmp_path: Path) -> None:
    converter = Converter()
    files = [tmp_path / f"{it}.srt" for it in range(17)]
    for file in files:
        file.write_text(SRT.format(file.name))
    with ThreadPoolExecutor(17) as pool:
        with converter.tool.turn():
            asked = [pool.submit(converter.convert, it, None, "webvtt") for it in files]
            eventually(
                lambda: sum(it.done() for it in asked) == 12, "those beyond five are refused"
            )
        ends = [it.exception() for it in asked]
    assert sum(isinstance(it, ToolBusy) for it in ends) == 12
    assert sum(it is None for it in ends) == 5


@contextmanager
def suspended(system: System, program: str) -> Iterator[None]:
    """Stop a program that the web side runs, as soon as it is seen, while the block runs."""

    def stopped() -> psutil.Process | None:
        for child in psutil.Process(system.pid("web")).children():
            with suppress(psutil.NoSuchProcess):
                if program in child.cmdline():
                    child.suspend()
                    # or it had ended
                    return child if child.status() == psutil.STATUS_STOPPED else None
        return None

    child = eventually(stopped, f"{program} runs")
    assert child is not None
    try:
        yield
    finally:
        child.resume()


def test_small_calls_pass_by_many_that_are_large(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    tags = "".join(f"{{\\c&H{it:06X}&\\i{it % 2}}}x" for it in range(160))
    line = f"Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{tags}\n"
    for number in range(17):
        # the first one is stopped on its way
        size = LARGEST if number == 0 else LARGEST // 64
        (media / f"{number}.ass").write_text("[Events]\n" + line * (size // len(line) - 1))
    system = System(tmp_path, {"ZAPETTE_MEDIA_DIR": str(media)})
    with system, ThreadPoolExecutor(17) as pool:
        asked = [pool.submit(system.get, "subtitles/0.ass")]
        with suspended(system, "zapette_webapp.subtitle_formats"):
            asked += [pool.submit(system.get, f"subtitles/{it}.ass") for it in range(1, 17)]
            eventually(lambda: sum(it.done() for it in asked) == 11, "who cannot wait is told so")
            for _ in range(5):
                assert system.get("api/library").status == 200
            assert sum(it.done() for it in asked) == 11
        assert Counter(it.result().status for it in asked) == {200: 6, 503: 11}


def test_it_imports_nothing_of_the_web_side() -> None:
    code = "import sys, zapette_webapp.subtitle_formats.__main__; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(modules.stdout.split())
    assert not loaded & {"zapette_webapp.application", "flask", "paho", "asyncio", "chardet"}
