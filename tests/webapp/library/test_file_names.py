"""What people call a file."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_webapp.library.file_names import Title, from_name, from_path, order, place

DATA = Path(__file__).parents[2] / "data" / "titles.json"
NAMES: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["names"]


@pytest.mark.parametrize("known", NAMES, ids=lambda it: ascii(it["name"]))
def test_real_looking_names(known: dict[str, Any]) -> None:
    said = {name: known.get(name) for name in ("year", "series", "season", "episode")}
    assert from_name(known["name"]) == Title(known["title"], **said)


@pytest.mark.parametrize(
    ("stem", "text", "year"),
    [
        ("The.Matrix.1999.MULTI.1080p.BluRay", "The Matrix", 1999),
        ("Blade.Runner.2049.2017.2160p.UHD", "Blade Runner 2049", 2017),
        ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
        ("1917.2019.720p.web-dl", "1917", 2019),
        ("Amélie [2001] [FR]", "Amélie", 2001),
        ("(2010) film", "(2010) film", None),
        ("[Group] Anime - 05 [1080p][ABCD]", "Anime - 05", None),
        ("Film [BluRay 1080p]", "Film", None),
        ("Été.à.la.plage", "Été à la plage", None),
        ("My Limited Edition", "My Limited Edition", None),
        ("01 - Track name", "01 - Track name", None),
        ("{{7*7}}", "{{7*7}}", None),
        ("01 mp4 h264 aac", "01 mp4 h264 aac", None),
        ("_", "_", None),
    ],
)
def test_titles(stem: str, text: str, year: int | None) -> None:
    assert from_name(stem) == Title(text, year)


@pytest.mark.parametrize(
    "path",
    ["Été - Saison 1 - Épisode 3.mkv", "Été/Saison 1/Épisode 3.mkv", "Été/Säsong 1/03.mkv"],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_as_each_system_writes_them(path: str, form: Literal["NFC", "NFD"]) -> None:
    title = from_path(unicodedata.normalize(form, path))
    assert title == Title("Été S01E03", None, "Été", 1, 3)


@given(st.text(min_size=1))
def test_any_name_has_a_title_in_one_line(stem: str) -> None:
    title = from_name(stem)
    assert title.text.strip()
    assert title.text == " ".join(title.text.split())
    assert (title.season is None) == (title.episode is None)


@given(st.text("{}<>$%*#!&ab", min_size=1, max_size=20))
def test_signs_are_no_rubbish(stem: str) -> None:
    assert from_name(stem).text in {stem, stem.rstrip("{")}


def test_names_are_in_the_order_people_expect() -> None:
    names = ["part 10", "zz", "Part 1", "part 2", "Été", "eta", "part 002b"]
    expected = ["eta", "Été", "Part 1", "part 2", "part 002b", "part 10", "zz"]
    assert sorted(names, key=order) == expected


def test_episodes_are_in_their_order_however_they_are_named() -> None:
    names = [
        "Show.S01E01.Zeta", "Show - 1x02 - Beta", "show s1e3", "Show Season 1 Episode 10",
        "Show.S02E01.Alpha",
    ]  # fmt: skip
    mixed = names[::-1]
    assert sorted(mixed, key=lambda it: place(it, from_name(it))) == names
