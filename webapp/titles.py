"""What people call a medium, made from the name of its file; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from webapp import paths
from webapp.folding import folded

_RELEASE: Final = re.compile(
    r"""\b(?:
        (?:480|576|720|1080|1440|2160|4320)[pi]
      | blu[- ]?ray | b[dr]rip | dvd(?:rip|scr) | web(?:[- ]dl|[- ]?rip) | hd(?:tv|rip)
      | remux | x26[45] | h[. ]?26[45] | hevc | xvid | divx | 10bit | truehd | dts[- ]hd
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# These may be words of a title as well: they go only where they stand before one of those above.
_RELEASE_WORDS: Final = re.compile(
    r"(?:\s+(?:4k|uhd|hdr|web|multi|vostfr|vff?|truefrench|french|german|proper|repack|internal"
    r"|limited|extended|unrated|complete))+$",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"[(\[]((?:18|19|20)\d\d)[)\]]")
_BARE_YEAR: Final = re.compile(r"\b((?:18|19|20)\d\d)\b")
_EPISODE: Final = re.compile(r"\bs(\d{1,2})[ .]?e(\d{1,3})(?:-?e?(\d{1,3}))?\b", re.IGNORECASE)
_CROSS: Final = re.compile(r"\b(\d{1,2})x(\d{2,3})\b")
_BRACKETS: Final = re.compile(r"\[[^\]]*\]|\{[^}]*\}")
_NUMBER: Final = re.compile(r"\d+")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and, where the name of the file tells it, the year."""

    text: str
    year: int | None = None


def from_name(stem: str) -> Title:
    """Return the title in a file name without its ending.

    ``The.Film.1999.1080p.BluRay.x264-GROUP`` is ``The Film`` of 1999, ``series.s01e02.name`` is
    ``series S01E02 name``. A name that holds nothing but such words is kept as it is.
    """
    text = _spaced(stem)
    year = None
    if found := _YEAR.search(text, 1):
        year, text = int(found[1]), text[: found.start()]
    elif found := _RELEASE.search(text):
        text = _RELEASE_WORDS.sub("", text[: found.start()].rstrip(" .-([{"))
        if years := [it for it in _BARE_YEAR.finditer(text) if it.start() > 0]:
            year, text = int(years[-1][1]), text[: years[-1].start()]
    text = _EPISODE.sub(_episode, _BRACKETS.sub(" ", text))
    text = _CROSS.sub(lambda it: f"S{int(it[1]):02}E{int(it[2]):02}", text)
    text = _SPACES.sub(" ", text).rstrip("([{").strip(" -_.\N{EN DASH}")
    return (
        Title(text, year)
        if text
        else Title(_SPACES.sub(" ", _spaced(stem)).strip() or paths.shown(stem).strip() or "?")
    )


def order(name: str) -> str:
    """Return what puts names in the order people expect: ``part 2`` before ``part 10``."""
    return _NUMBER.sub(lambda it: it[0].lstrip("0").rjust(12, "0"), folded(name))


def _spaced(stem: str) -> str:
    text = paths.shown(stem).replace("_", " ")
    # Dots stand for spaces only where the name has no spaces: "Mr. Nobody" keeps its own.
    return text if " " in text.strip() else text.replace(".", " ")


def _episode(found: re.Match[str]) -> str:
    last = f"-E{int(found[3]):02}" if found[3] else ""
    return f"S{int(found[1]):02}E{int(found[2]):02}{last}"
