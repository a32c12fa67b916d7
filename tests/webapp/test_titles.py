"""What people call a file."""

from __future__ import annotations

import pytest

from webapp.titles import Title, from_name, order


@pytest.mark.parametrize(
    ("stem", "text", "year"),
    [
        ("The.Matrix.1999.1080p.BluRay.x264-GROUP", "The Matrix", 1999),
        ("The.Matrix.1999.MULTI.1080p.BluRay", "The Matrix", 1999),
        ("Blade.Runner.2049.2017.2160p.UHD", "Blade Runner 2049", 2017),
        ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
        ("1917", "1917", None),
        ("1917.2019.720p.web-dl", "1917", 2019),
        ("Death Race 2000", "Death Race 2000", None),
        ("Amélie [2001] [FR]", "Amélie", 2001),
        ("(2010) film", "(2010) film", None),
        ("Series.S01E02.The.Name.720p.HDTV", "Series S01E02 The Name", None),
        ("Show.S02E03E04", "Show S02E03-E04", None),
        ("series 1x02 name", "series S01E02 name", None),
        ("[Group] Anime - 05 [1080p][ABCD]", "Anime - 05", None),
        ("Film [BluRay 1080p]", "Film", None),
        ("film_1", "film 1", None),
        ("Été.à.la.plage", "Été à la plage", None),
        ("Mr. Nobody", "Mr. Nobody", None),
        ("My Limited Edition", "My Limited Edition", None),
        ("A Web of Lies", "A Web of Lies", None),
        ("01 - Track name", "01 - Track name", None),
        ("1080p", "1080p", None),
        ("x264", "x264", None),
        ("_", "_", None),
    ],
)
def test_titles(stem: str, text: str, year: int | None) -> None:
    assert from_name(stem) == Title(text, year)


def test_names_are_in_the_order_people_expect() -> None:
    names = ["part 10", "zz", "Part 1", "part 2", "Été", "eta", "part 002b"]
    expected = ["eta", "Été", "Part 1", "part 2", "part 002b", "part 10", "zz"]
    assert sorted(names, key=order) == expected
