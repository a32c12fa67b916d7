"""Queries on the library (docs/library.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from posixpath import basename, splitext
from typing import Any, Final

from zapette.errors import InvalidArgument
from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.errors import NotInLibrary
from zapette_webapp.library import folding, titles
from zapette_webapp.library.index import UNREADABLE, Index
from zapette_webapp.library.media_folder import UPLOADS, MediaFolder
from zapette_webapp.library.paths import address
from zapette_webapp.library.playlist_reader import PlaylistReader, entry_of
from zapette_webapp.library.playlists import Item
from zapette_webapp.library.scanner import Scanner
from zapette_webapp.media import flaws, media_types

MOST: Final = 500
"""The longest list in one answer."""

_LONG: Final = ("chapters", "fonts")
"""What only the answer about one medium has."""

ORDERS: Final = ("name", "added", "play", "series")

_USUAL: Final = 100
_STYLED: Final = frozenset({".ass", ".ssa"})
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
        path = _checked_path(path)
        _check(search, offset, limit, order)
        kind = self.media_folder.kind(path)
        if kind is None and self._is_picture(path):
            return self._answer(path, search, offset, limit, order, (1, []), [self._picture(path)])
        if path.partition("/")[0] == UPLOADS:
            if kind is None:
                # nobody sees which there are
                raise NotInLibrary(f"path: there is no {path[:100]!r} in the library")
            if self.uploads is not None:
                return self.uploads.answer(path, search, offset, limit, order)
        if kind == "playlist":
            items = self._playlists.found(path)
            return self._answer(
                path, search, offset, limit, order, (len(items), items[offset : offset + limit])
            )
        medium = self._medium(path) if kind is not None else None
        if medium is not None:
            found = self.index.series(path, offset, limit) if order == "series" else (1, [medium])
            return self._answer(path, search, offset, limit, order, found)
        self._look_at(path)
        if search.strip():
            found = self.index.search(path, search, offset, limit)
        elif order == "added":
            found = self.index.newest(path, offset, limit)
        elif order == "play":
            found = self.index.playing(path, offset, limit)
        else:
            found = self.index.within(path, offset, limit)
        return self._answer(path, search, offset, limit, order, found)

    @property
    def _playlists(self) -> PlaylistReader:
        return PlaylistReader(self.media_folder, self.index, self.scanner)

    def _medium(self, path: str) -> sqlite3.Row | None:
        row = self.index.entry(path)
        if row is None:
            self.scanner.refresh(path.rpartition("/")[0])
            row = self.index.entry(path)
        return row

    def _look_at(self, path: str) -> None:
        """Refresh the index of a folder that has changed."""
        row = self.index.entry(path)
        folder = self.media_folder.find_folder(path)
        if folder is None:
            # The index keeps the entries of a disk that is away.
            if row is None and path:
                raise NotInLibrary(f"path: there is no {path[:100]!r} in the library")
            return
        if row is None or row["mtime_ns"] != folder.stat().st_mtime_ns:
            self.scanner.refresh(path)

    def _answer(
        self,
        path: str,
        search: str,
        offset: int,
        limit: int,
        order: str,
        found: tuple[int, Sequence[sqlite3.Row | Item]],
        entries: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        total, rows = found
        self.scanner.want(
            [
                (it["path"], it["mtime_ns"])
                for it in reversed(rows)
                if not isinstance(it, Item) and it["rank"] == 1 and not it["probed"]
            ]
        )
        progress = self.scanner.progress()
        return {
            "path": path,
            "search": search,
            "order": order,
            "offset": offset,
            "limit": limit,
            "total": total,
            "entries": self._entries(path, rows) if entries is None else entries,
            "index": {
                "state": progress.state,
                "media": progress.media,
                "probed": progress.probed,
            },
        }

    def _entries(self, path: str, rows: Sequence[sqlite3.Row | Item]) -> list[dict[str, Any]]:
        entries = [self._entry(row) for row in rows]
        if [it["path"] for it in entries] != [path]:
            # 500 films fit into one message of MQTT
            for entry in entries:
                for name in _LONG:
                    entry.pop(name, None)
        return entries

    def _entry(self, row: sqlite3.Row | Item) -> dict[str, Any]:
        if isinstance(row, Item):
            return entry_of(row)
        if row["kind"] == "link":
            return self._link_entry(row)
        return self._medium_entry(row) if row["rank"] == 1 else self._folder_entry(row)

    def _is_picture(self, path: str) -> bool:
        is_named = media_types.suffix(path) in media_types.PICTURES
        return is_named and self.media_folder.find(path) is not None

    def _picture(self, path: str) -> dict[str, Any]:
        """Return the entry of a photo, which is found by its path only."""
        url, status = address("media", path), self.media_folder.get(path).stat()
        thumbnail = _versioned("thumbnails", path, status.st_mtime_ns)
        return {
            "kind": "image",
            "path": path,
            "source": f"media/{path}",
            "url": url,
            "title": titles.from_name(splitext(basename(path))[0]).text[:LONGEST_TITLE],
            "year": None,
            "duration": None,
            "type": media_types.TYPES[media_types.suffix(path)],
            "tracks": [],
            "size": status.st_size,
            "added_at": round(status.st_mtime, 3),
            "poster": None,
            "thumbnail": thumbnail if self.has_thumbnails else None,
            "picture": self.signed(url),
            "subtitles": [],
            "flaw": None,
            "problem": None,
        }

    def _link_entry(self, row: sqlite3.Row) -> dict[str, Any]:
        """Return the entry of a file with an address: a medium that is elsewhere."""
        address = self._playlists.address(row["path"])
        elsewhere = entry_of(Item(address, title=row["title"][:LONGEST_TITLE]))
        here = {it: elsewhere[it] for it in ("kind", "source", "url", "type")} if address else {}
        flaw = None if address else flaws.UNREADABLE
        wrong = {"flaw": flaw, "problem": _problem(flaw)}
        return {**self._medium_entry(row), "kind": "video", **here, **wrong}

    def _folder_entry(self, row: sqlite3.Row) -> dict[str, Any]:
        return {
            "kind": "folder",
            "path": row["path"],
            "title": row["title"][:LONGEST_TITLE],
            "year": row["year"],
            "entries": (
                len(self._playlists.items(row["path"]))
                if row["rank"]
                else self.index.children(row["path"])
            ),
            **self._pictures(row),
        }

    def _medium_entry(self, row: sqlite3.Row) -> dict[str, Any]:
        path = row["path"]
        return {
            "kind": row["kind"],
            "path": path,
            "source": f"media/{path}",
            "url": address("media", path),
            "title": row["title"][:LONGEST_TITLE],
            "year": row["year"],
            "series": row["series"],
            "season": row["season"],
            "episode": row["episode"],
            "artist": row["artist"],
            "album": row["album"],
            "duration": row["duration"],
            "type": row["type"] or media_types.container(path),
            "tracks": json.loads(row["tracks"]),
            "width": row["width"],
            "height": row["height"],
            "bitrate": row["bitrate"],
            "chapters": json.loads(row["chapters"]),
            "size": row["size"],
            "added_at": round(row["added_at"], 3),
            **self._pictures(row),
            "subtitles": _subtitles(row) + _inside(row),
            "fonts": json.loads(row["fonts"]),
            "flaw": row["flaw"],
            "problem": _problem(row["flaw"]),
        }

    def _pictures(self, row: sqlite3.Row) -> dict[str, str | None]:
        poster, thumbnail = _poster(row), self._thumbnail(row)
        best = poster or thumbnail
        picture = None if best is None else self.signed(best)
        return {"poster": poster, "thumbnail": thumbnail, "picture": picture}

    def _thumbnail(self, row: sqlite3.Row) -> str | None:
        if not self.has_thumbnails:
            return None
        if row["poster"] is not None:
            return _versioned("thumbnails", row["poster"], row["poster_mtime_ns"])
        pictured = row["kind"] == "video" or row["has_cover"]
        openable = media_types.may_open(row["path"])
        if row["rank"] != 1 or not pictured or not openable or row["probed"] == UNREADABLE:
            return None
        return _versioned("thumbnails", row["path"], row["mtime_ns"])


def _versioned(route: str, path: str, mtime_ns: int) -> str:
    # Each version has an address of its own, so that browsers may cache it for ever.
    return f"{address(route, path)}?v={mtime_ns // 1_000_000:x}"


def _poster(row: sqlite3.Row) -> str | None:
    return address("media", row["poster"]) if row["poster"] is not None else None


def _subtitles(row: sqlite3.Row) -> list[dict[str, Any]]:
    tracks = []
    taken: set[str] = set()
    for number, it in enumerate(json.loads(row["subtitles"]), 1):
        name = it["language"] or "file"
        name = name if name not in taken else f"{name}-{number}"
        taken.add(name)
        tracks.append(
            {
                "id": name,
                "label": it["label"],
                "language": it["language"],
                "kind": "ass" if media_types.suffix(it["path"]) in _STYLED else "text",
                "url": address("subtitles", it["path"]) + _numbered(it.get("number")),
            }
        )
    return tracks


def _problem(flaw: str | None) -> str | None:
    return "unreadable" if flaw else None


def _numbered(number: int | None) -> str:
    return "" if number is None else f"?track={number}"


def _inside(row: sqlite3.Row) -> list[dict[str, Any]]:
    return [
        {
            "id": f"inside-{it['number']}",
            "label": it["label"],
            "language": it["language"],
            "kind": it["kind"],
            "forced": it["forced"],
            "default": it["default"],
            "url": None
            if it["kind"] == "picture"
            else f"{address('subtitles', row['path'])}?track={it['number']}",
        }
        for it in json.loads(row["inside"])
        if it["kind"] != "unknown"
    ]


def _checked_path(path: object) -> str:
    if not isinstance(path, str) or len(path) > _LONGEST_PATH:
        raise InvalidArgument("path: the path of a folder in the library is needed")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InvalidArgument("path: it is not Unicode text") from None
    return path.removesuffix("/")


def _check(search: object, offset: object, limit: object, order: object) -> None:
    if not isinstance(search, str) or len(search) > _LONGEST_SEARCH:
        raise InvalidArgument(f"search: a text of at most {_LONGEST_SEARCH} characters is needed")
    if search.strip() and not folding.folded(search).split():
        raise InvalidArgument("search: there is nothing in it to search for")
    if type(offset) is not int or not 0 <= offset < 1 << 31:
        raise InvalidArgument("offset: a whole number from 0 is needed")
    if type(limit) is not int or not 1 <= limit <= MOST:
        raise InvalidArgument(f"limit: a whole number from 1 to {MOST} is needed")
    if order not in ORDERS:
        raise InvalidArgument(f"order: one of {', '.join(ORDERS)} is needed")
