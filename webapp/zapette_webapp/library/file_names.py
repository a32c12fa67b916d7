"""Titles from file names; no I/O."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from zapette_webapp.library.folder import paths
from zapette_webapp.library.folding import folded

# Words that describe a release. The first one in a name ends the title.
_SURE: Final = (
    r"(?:480|576|720|1080|1440|2160|4320)[pi]"
    r"|blu[- ]?ray|b[dr]rip|dvd(?:rip|scr)|web(?:[- ]dl|[- ]?rip)|hd(?:tv|rip)|remux"
)
# Words that do so only after one of those, a year or an episode, because titles may contain them.
_UNSURE: Final = r"x26[45]|h[. ]?26[45]|hevc|xvid|divx|10bit|truehd|dts[- ]hd"
_RELEASE: Final = re.compile(rf"\b(?:{_SURE})\b", re.IGNORECASE)
_ANY_RELEASE: Final = re.compile(rf"\b(?:{_SURE}|{_UNSURE})\b", re.IGNORECASE)
# Titles may contain these too: they are removed only before one of those above.
_RELEASE_WORDS: Final = re.compile(
    r"(?:(?:^|\s+)(?:4k|uhd|hdr|web|amzn|nf|multi|vostfr|vff?|truefrench|french|german|dl|proper"
    r"|repack|internal|limited|extended|unrated|complete))+$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"[(\[]((?:18|19|20)\d\d)[)\]]")
_BARE_YEAR: Final = re.compile(r"\b((?:18|19|20)\d\d)\b")
# Seasons and episodes, in the languages of most releases.
_SEASON_WORD: Final = (
    r"(?:season|saison|series|staffel|temporada|stagione|seizoen|sesong|s\xe4song|s\xe6son|sezon"
    r"|kausi)"
)
_EPISODE_WORD: Final = r"(?:e|ep|episode|\xe9pisode|folge|episodio|aflevering)"
_EPISODE: Final = re.compile(
    r"\bs(\d{1,2})[ .]?e(\d{1,4})(?:-?e?(\d{1,4}))?\b"
    r"|\b(\d{1,2})x(\d{2,3})\b"
    rf"|\b{_SEASON_WORD}[ .](\d{{1,2}})[ ,.-]{{1,3}}{_EPISODE_WORD}[ .](\d{{1,4}})\b",
    re.IGNORECASE,
)
_SEASON_FOLDER: Final = re.compile(
    rf"^(?P<before>.*?)[ .\-_(\[]*\b(?:{_SEASON_WORD}"
    r"[ ._-]*(?P<number>\d{1,2})|s(?P<short>\d{1,2})|(?P<specials>specials|extras))\b",
    re.IGNORECASE,
)
# The number of an episode in the folder of a season: ``Episode 3``, ``03 - Name``, ``Name 03``.
_NUMBERED: Final = (
    re.compile(rf"\b{_EPISODE_WORD}[ .#]*(\d{{1,3}})\b", re.IGNORECASE),
    re.compile(r"^[ \[(#]*(\d{1,3})\b(?![.,]\d)"),
    re.compile(r"\b(\d{1,3})$"),
)
_ENDING: Final = re.compile(r"(?<=.)\.[A-Za-z0-9+-]{1,6}$")
_BRACKETS: Final = re.compile(r"\[[^\]]*\]|\{[^}]*\}")
_CATALOGUE_ID: Final = re.compile(
    r"[\[{](?:imdb|tmdb|tvdb|edition)(?:id)?[-=][^\]}]*[\]}]", re.IGNORECASE
)
_CHECKSUM: Final = re.compile(r"\[[0-9A-F]{8}\]")
_DOT: Final = re.compile(r"(?<=\w\w)\.(?=\w\w)(?!(?<=\d.)\d)")
_NUMBER: Final = re.compile(r"\d+")
_SPACES: Final = re.compile(r"\s+")
_ENDS: Final = " -_.\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Title:
    """A title and, if the file's name contains it, its series.

    Attributes:
        text: the full title: ``Show S01E02 The Second``.
        year: of release.
        series: the series that it is an episode of: ``Show``.
        season: its number.
        episode: its number; the first one if the file has several.
    """

    text: str
    year: int | None = None
    series: str | None = None
    season: int | None = None
    episode: int | None = None


def from_name(stem: str) -> Title:
    """Return the title in a file name without its ending.

    ``The.Film.1999.1080p.BluRay.x264-GROUP`` is ``The Film`` of 1999, ``series.s01e02.name`` is
    ``series S01E02 name``. A name of only such words stays unchanged.
    """
    text = _spaced(stem)
    if found := _EPISODE.search(text):
        return _episode(text, found)
    year = None
    if found := _YEAR.search(text, 1):
        year, text = int(found[1]), text[: found.start()]
    elif _RELEASE.search(text) or _BARE_YEAR.search(text, 1):
        text, year = _unreleased(text)
    elif _CHECKSUM.search(text):
        text = _BRACKETS.sub(" ", text)
    text = _tidy(text)
    return Title(text, year) if text else Title(_whole(stem))


def from_path(path: str) -> Title:
    """Return the title of a medium, for which the names of its folders count as well.

    In the folder of a season, a number is that of an episode: ``Show/Season 1/03 - Name.mkv`` is
    ``Show S01E03 Name``.
    """
    levels = path.split("/")
    stem = _ENDING.sub("", levels[-1])
    title = from_name(stem)
    if title.episode is None and len(levels) > 1:
        number = season(levels[-2])
        if number is not None:
            title = _in_season(stem, title, number)
    if title.episode is None or title.series is not None:
        return title
    series = _series_of(levels)
    if series is None:
        return title
    name = title.text
    which, _, rest = name.partition(" ")
    if folded(rest).startswith(folded(series)):
        name = f"{which} {rest[len(series) :].strip(_ENDS)}".strip()
    return replace(title, text=f"{series} {name}", series=series)


def season(folder: str) -> int | None:
    """Return the number of the season that a folder holds, by its name; 0 for specials."""
    found = _SEASON_FOLDER.search(_shown(folder))
    if found is None:
        return None
    return 0 if found["specials"] else int(found["number"] or found["short"])


def _in_season(stem: str, title: Title, number: int) -> Title:
    text = _spaced(stem)
    found = next((it for one in _NUMBERED if (it := one.search(title.text))), None)
    found = found or next((it for one in _NUMBERED if (it := one.search(text))), None)
    if found is None:
        return title
    episode = int(found[1])
    rest = _tidy(f"{found.string[: found.start()]} {found.string[found.end() :]}".strip(_ENDS))
    whole = " ".join(it for it in (f"S{number:02}E{episode:02}", rest) if it)
    return Title(whole, title.year, None, number, episode)


def _series_of(levels: list[str]) -> str | None:
    """Return the series of an episode whose own name does not tell it."""
    if len(levels) < 2:
        return None
    found = _SEASON_FOLDER.search(_shown(levels[-2]))
    if found is None:
        return from_name(levels[-2]).text
    before = _tidy(_spaced(found["before"]))
    if before:
        return from_name(before).text
    return from_name(levels[-3]).text if len(levels) > 2 else None


def order(name: str) -> str:
    """Return a sort key in natural order: ``part 2`` before ``part 10``."""
    return _NUMBER.sub(lambda it: it[0].lstrip("0").rjust(12, "0"), folded(name))


def place(name: str, title: Title) -> str:
    """Return the sort key of a medium in its folder: episodes by season and number."""
    if title.episode is None:
        return order(name)
    return order(f"{title.series or ''} {title.season} {title.episode} {name}")


def _episode(text: str, found: re.Match[str]) -> Title:
    season = int(found[1] or found[4] or found[6])
    first = int(found[2] or found[5] or found[7])
    last = int(found[3]) if found[3] else None
    before, after = _CATALOGUE_ID.sub(" ", text[: found.start()]), text[found.end() :]
    released = _ANY_RELEASE.search(after)
    year = None
    if match := _YEAR.search(before, 1) or (_last_year(before) if released else None):
        year, before = int(match[1]), before[: match.start()]
    if released:
        before = re.sub(r"^\s*\[[^\]]*\]", " ", before)
        after = _RELEASE_WORDS.sub("", after[: released.start()].rstrip(" .-([{"))
    series, name = _tidy(before), _tidy(_CATALOGUE_ID.sub(" ", after))
    number = f"S{season:02}E{first:02}" + (f"-E{last:02}" if last is not None else "")
    whole = " ".join(it for it in (series, number, name) if it)
    return Title(whole, year, series or None, season, first)


def _unreleased(text: str) -> tuple[str, int | None]:
    """Return the text before the words of a release, and the year if there is one."""
    found = _ANY_RELEASE.search(text)
    if found is None or not (_RELEASE.search(text) or _last_year(text[: found.start()])):
        return text, None
    text = _RELEASE_WORDS.sub("", text[: found.start()].rstrip(" .-([{"))
    # The name of the group is in a bracket before the title.
    text = re.sub(r"^\s*\[[^\]]*\](?=\s*\S)", " ", text)
    if match := _last_year(text):
        return text[: match.start()], int(match[1])
    return text, None


def _last_year(text: str) -> re.Match[str] | None:
    years = [it for it in _BARE_YEAR.finditer(text) if text[: it.start()].strip(_ENDS)]
    return years[-1] if years else None


def _tidy(text: str) -> str:
    text = _SPACES.sub(" ", _CATALOGUE_ID.sub(" ", text)).rstrip("([{")
    return text.strip(_ENDS)


def _whole(stem: str) -> str:
    return _SPACES.sub(" ", _spaced(stem)).strip() or _shown(stem).strip() or "?"


def _shown(name: str) -> str:
    """Return a name as text, with each letter and its accents as one character if there is one."""
    return unicodedata.normalize("NFC", paths.shown(name))


def _spaced(stem: str) -> str:
    text = _shown(stem).replace("_", " ")
    # Dots mean spaces if the name has none, or between words: "Mr. Nobody" keeps its dot.
    return _DOT.sub(" ", text) if " " in text.strip() else text.replace(".", " ")
