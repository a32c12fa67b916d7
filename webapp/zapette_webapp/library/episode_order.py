"""The episodes of a series, over the folders of its seasons; no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from zapette_webapp.library import file_names
from zapette_webapp.library.folding import folded


class Row(Protocol):
    """A row of the index, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


def root(folder: str) -> str:
    """Return the folder of a series, given that of one of its episodes."""
    above, _, name = folder.rpartition("/")
    return above if above and file_names.season(name) is not None else folder


def episodes(present: Row, rows: Iterable[Row]) -> list[str]:
    """Return the paths of the series of an episode, in order; specials come last.

    Two files of one episode count once, and the one that is `present` wins.

    Args:
        present: an episode: ``path``, ``folder``, ``series``, ``season``, ``episode``, ``title``
            and ``sort``.
        rows: the episodes in and below its `root`, with the same.
    """
    whole = root(present["folder"])
    found: dict[tuple[int | None, int, str], Row] = {}
    for row in sorted(rows, key=lambda it: (it["path"] != present["path"], it["path"])):
        if _belongs(row, present, whole):
            found.setdefault((row["season"], row["episode"], folded(row["title"])), row)
    return [it["path"] for it in sorted(found.values(), key=_place)]


def _belongs(row: Row, present: Row, whole: str) -> bool:
    if row["folder"] == present["folder"]:
        # a folder of many series, or of one
        of_season = present["folder"] != whole
        return of_season or folded(row["series"] or "") == folded(present["series"] or "")
    above, _, name = row["folder"].rpartition("/")
    return present["folder"] != whole and above == whole and file_names.season(name) is not None


def _place(row: Row) -> tuple[bool, int, int, str, str]:
    return (not row["season"], row["season"] or 0, row["episode"], row["sort"], row["path"])
