"""Episodes by the names of their folders, and series over several of these."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_webapp.library import file_names
from zapette_webapp.library.library import Library

NAMES = [
    ("Show/Season 1/03 - Name.mkv", "Show S01E03 Name", "Show", 1, 3),
    ("Show/Season 1/Episode 4.mkv", "Show S01E04", "Show", 1, 4),
    ("Show/Saison 02/Épisode 7 Le titre.avi", "Show S02E07 Le titre", "Show", 2, 7),
    ("Show/S01/01.mkv", "Show S01E01", "Show", 1, 1),
    ("Show/Season 1/Show - 05.mkv", "Show S01E05", "Show", 1, 5),
    ("Show (2005)/Staffel 3/Folge 12 - Das Ende.mp4", "Show S03E12 Das Ende", "Show", 3, 12),
    ("Show.S02.1080p.BluRay/e05.720p.mkv", "Show S02E05", "Show", 2, 5),
    ("Show/Specials/2.mkv", "Show S00E02", "Show", 0, 2),
    ("Show/Season 1/S01E02.mkv", "Show S01E02", "Show", 1, 2),
    ("Show/1x02.mkv", "Show S01E02", "Show", 1, 2),
    ("Any/Season 1/Show S01E02 The Second.mkv", "Show S01E02 The Second", "Show", 1, 2),
    ("Season 1/01.mkv", "S01E01", None, 1, 1),
    ("Films/Star Wars Episode 4.mkv", "Star Wars Episode 4", None, None, None),
    ("Show/Season 1/Pilot.mkv", "Pilot", None, None, None),
    ("S1m0ne/part 1.mkv", "part 1", None, None, None),
    ("Mr. Nobody", "Mr. Nobody", None, None, None),
]


@pytest.mark.parametrize(("path", "text", "series", "season", "episode"), NAMES)
def test_titles(
    path: str, text: str, series: str | None, season: int | None, episode: int | None
) -> None:
    found = file_names.from_path(path)
    assert (found.text, found.series, found.season, found.episode) == (
        text, series, season, episode,
    )  # fmt: skip


@given(st.lists(st.text(min_size=1).filter(lambda it: "/" not in it), min_size=1, max_size=4))
def test_any_path_has_a_title(levels: list[str]) -> None:
    title = file_names.from_path("/".join(levels))
    assert title.text.strip()
    assert (title.season is None) == (title.episode is None)


FILES = [
    "Show/Season 2/01.mkv",
    "Show/Season 1/10.mkv",
    "Show/Season 1/02 - The Second.mkv",
    "Show/Season 1/Show.1x01.mkv",
    "Show/Specials/01.mkv",
    "Show/Season 1/trailer.mkv",
    "Show/making of 3.mkv",
    "Other/Season 1/01.mkv",
    "Mixed/One.S01E02.mkv",
    "Mixed/one s01e01.mkv",
    "Mixed/One.S01E02.720p.mkv",
    "Mixed/Two.S01E01.mkv",
    "Mixed/film.mkv",
    "Season 1/01.mkv",
    "Season 1/02.mkv",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    media, data = tmp_path_factory.mktemp("media"), tmp_path_factory.mktemp("data")
    for path in FILES:
        (media / path).parent.mkdir(parents=True, exist_ok=True)
        (media / path).touch()
    made = Library.of(media, data / "library.db", data / "thumbnails", data / "subtitles")
    made.scanner.scan()
    yield made
    made.stop()


def around(library: Library, path: str) -> list[str]:
    return [it["path"] for it in library.queries.answer(path=path, order="series")["entries"]]


SHOW = [
    "Show/Season 1/Show.1x01.mkv",
    "Show/Season 1/02 - The Second.mkv",
    "Show/Season 1/10.mkv",
    "Show/Season 2/01.mkv",
    "Show/Specials/01.mkv",
]


@pytest.mark.parametrize("path", SHOW)
def test_a_series_goes_over_its_seasons(library: Library, path: str) -> None:
    assert around(library, path) == SHOW


def test_a_folder_of_several_series(library: Library) -> None:
    assert around(library, "Mixed/one s01e01.mkv") == [
        "Mixed/one s01e01.mkv",
        "Mixed/One.S01E02.720p.mkv",
    ]
    # the version that was chosen
    assert around(library, "Mixed/One.S01E02.mkv")[1] == "Mixed/One.S01E02.mkv"


def test_what_is_no_episode_stands_alone(library: Library) -> None:
    for path in ("Mixed/film.mkv", "Show/Season 1/trailer.mkv"):
        assert around(library, path) == [path]


def test_a_season_without_a_folder_of_its_series(library: Library) -> None:
    assert around(library, "Season 1/02.mkv") == ["Season 1/01.mkv", "Season 1/02.mkv"]


def test_a_page_of_it(library: Library) -> None:
    answer = library.queries.answer(path=SHOW[0], order="series", offset=3, limit=1)
    assert (answer["total"], [it["path"] for it in answer["entries"]]) == (5, SHOW[3:4])
