"""Queries on the library (docs/library-api.md)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from zapette.errors import InvalidArgument
from zapette_webapp.errors import NotInLibrary
from zapette_webapp.library import folding
from zapette_webapp.library.descriptions import Descriptions
from zapette_webapp.library.folder.media_folder import UPLOADS, MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.library.index.scanner import Scanner
from zapette_webapp.library.playlist_reader import PlaylistReader
from zapette_webapp.library.playlists import Item
from zapette_webapp.media import media_types

MOST: Final = 500
"""The longest list in one answer."""

ORDERS: Final = ("name", "added", "play", "series")

_USUAL: Final = 100
_LONGEST_SEARCH: Final = 200
_LONGEST_PATH: Final = 4096


@dataclass(frozen=True, slots=True)
class Queries:
    """Answers queries from the index, and requests probes of the media in each answer.

    Attributes:
        media_folder: the media folder.
        index: its index.
        scanner: keeps the index up to date.
        has_thumbnails: whether thumbnails can be made.
        signed: signs an address.
        uploads: answers for files from phones: only for one whose path is known.
    """

    media_folder: MediaFolder
    index: Index
    scanner: Scanner
    has_thumbnails: bool
    signed: Callable[[str], str]
    uploads: Queries | None = None

    def answer(
        self,
        path: str = "",
        search: str = "",
        offset: int = 0,
        limit: int = _USUAL,
        order: str = "name",
    ) -> dict[str, Any]:
        """Return a page of the library's entries.

        Args:
            path: a folder, or one medium; empty for the whole library.
            search: words in the titles or paths, in the folder or below it.
            offset: the number of entries to skip.
            limit: the number of entries to return, at most `MOST`.
            order: ``name``; or, including subfolders, ``added`` for the newest
                first and ``play`` for the order to play them in; ``series`` for all episodes of the
                series of the episode at `path`.

        Raises:
            NotInLibrary: there is nothing at `path`.
            InvalidArgument: a parameter has the wrong type or is out of range.
        """
        query = _Query(_checked_path(path), search, offset, limit, order)
        query.check()
        kind = self.media_folder.kind(query.path)
        if kind is None and self._is_picture(query.path):
            return self._page(query, 1, [self._descriptions.picture(query.path)])
        if query.path.partition("/")[0] == UPLOADS:
            if kind is None:
                # nobody sees which there are
                raise _not_there(query.path)
            if self.uploads is not None:
                return self.uploads.answer(**asdict(query))
        total, rows = self._found(query, kind)
        self._request_probes(rows)
        return self._page(query, total, self._descriptions.of(query.path, rows))

    @property
    def _playlists(self) -> PlaylistReader:
        return PlaylistReader(self.media_folder, self.index, self.scanner)

    @property
    def _descriptions(self) -> Descriptions:
        return Descriptions(
            self.media_folder, self.index, self._playlists, self.has_thumbnails, self.signed
        )

    def _found(self, query: _Query, kind: str | None) -> tuple[int, Sequence[sqlite3.Row | Item]]:
        """Return how many entries match, and those of the page."""
        path, page = query.path, (query.offset, query.limit)
        if kind == "playlist":
            items = self._playlists.found(path)
            return len(items), items[query.offset : query.offset + query.limit]
        medium = self._medium(path) if kind is not None else None
        if medium is not None:
            return self.index.series(path, *page) if query.order == "series" else (1, [medium])
        self._refresh(path)
        if query.search.strip():
            return self.index.search(path, query.search, *page)
        if query.order == "added":
            return self.index.newest(path, *page)
        if query.order == "play":
            return self.index.playing(path, *page)
        return self.index.within(path, *page)

    def _is_picture(self, path: str) -> bool:
        is_named = media_types.suffix(path) in media_types.PICTURES
        return is_named and self.media_folder.find(path) is not None

    def _medium(self, path: str) -> sqlite3.Row | None:
        row = self.index.entry(path)
        file = self.media_folder.find(path)
        if row is None or (file is not None and row["mtime_ns"] != file.stat().st_mtime_ns):
            # it is new, or it grows
            self.scanner.refresh(path.rpartition("/")[0])
            row = self.index.entry(path)
        return row

    def _refresh(self, path: str) -> None:
        """Refresh the index of a folder that has changed."""
        row = self.index.entry(path)
        folder = self.media_folder.find_folder(path)
        if folder is None:
            # the index keeps the entries of a disk that is away
            if row is None and path:
                raise _not_there(path)
            return
        if row is None or row["mtime_ns"] != folder.stat().st_mtime_ns:
            self.scanner.refresh(path)

    def _request_probes(self, rows: Sequence[sqlite3.Row | Item]) -> None:
        self.scanner.want(
            [
                (it["path"], it["mtime_ns"])
                for it in reversed(rows)
                if not isinstance(it, Item) and it["rank"] == 1 and not it["probed"]
            ]
        )

    def _page(self, query: _Query, total: int, entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            **asdict(query),
            "total": total,
            "entries": entries,
            "index": asdict(self.scanner.progress()),
        }


@dataclass(frozen=True, slots=True)
class _Query:
    path: str
    search: str
    offset: int
    limit: int
    order: str

    def check(self) -> None:
        """Raise InvalidArgument if a value has the wrong type or is out of range."""
        search: object = self.search
        if not isinstance(search, str) or len(search) > _LONGEST_SEARCH or not _is_unicode(search):
            raise InvalidArgument(
                f"search: a text of at most {_LONGEST_SEARCH} characters is needed"
            )
        if search.strip() and not folding.folded(search).split():
            raise InvalidArgument("search: there is nothing in it to search for")
        if type(self.offset) is not int or not 0 <= self.offset < 1 << 31:
            raise InvalidArgument("offset: a whole number from 0 is needed")
        if type(self.limit) is not int or not 1 <= self.limit <= MOST:
            raise InvalidArgument(f"limit: a whole number from 1 to {MOST} is needed")
        if self.order not in ORDERS:
            raise InvalidArgument(f"order: one of {', '.join(ORDERS)} is needed")


def _checked_path(path: object) -> str:
    if not isinstance(path, str) or len(path) > _LONGEST_PATH:
        raise InvalidArgument("path: the path of a folder in the library is needed")
    if not _is_unicode(path):
        raise InvalidArgument("path: it is not Unicode text")
    return path.removesuffix("/")


def _not_there(path: str) -> NotInLibrary:
    return NotInLibrary(f"path: there is no {path[:100]!r} in the library")


def _is_unicode(text: str) -> bool:
    """Return whether a text can be written in UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
