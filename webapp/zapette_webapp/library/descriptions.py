"""The entries of the answers about the library (docs/library-api.md)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from posixpath import basename, splitext
from typing import Any, Final

from zapette.protocol.ranges import LONGEST_TITLE
from zapette_webapp.library import file_names
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.folder.paths import address
from zapette_webapp.library.index.index import PROBED, Index
from zapette_webapp.library.playlist_reader import PlaylistReader, entry_of
from zapette_webapp.library.playlists import Item
from zapette_webapp.media import media_types
from zapette_webapp.media.probing import flaws

_LONG: Final = ("chapters", "fonts")
"""What only the answer about one medium has."""

_STYLED: Final = frozenset({".ass", ".ssa"})


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Describes rows of the index and items of playlists.

    Attributes:
        media_folder: the media folder.
        index: its index.
        playlists: reads the playlists in it.
        has_thumbnails: whether thumbnails can be made.
        signed: signs an address.
    """

    media_folder: MediaFolder
    index: Index
    playlists: PlaylistReader
    has_thumbnails: bool
    signed: Callable[[str], str]

    def of(self, path: str, rows: Sequence[sqlite3.Row | Item]) -> list[dict[str, Any]]:
        """Return the entries of the answer about `path`, shorter unless it is the only one."""
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

    def picture(self, path: str) -> dict[str, Any]:
        """Return the entry of a photo, which is found by its path only."""
        url, status = address("media", path), self.media_folder.get(path).stat()
        thumbnail = _thumbnail_address(path, status.st_mtime_ns)
        return {
            "kind": "image",
            "path": path,
            "source": f"media/{path}",
            "url": url,
            "title": file_names.from_name(splitext(basename(path))[0]).text[:LONGEST_TITLE],
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
        address = self.playlists.address(row["path"])
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
                len(self.playlists.items(row["path"]))
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
            return _thumbnail_address(row["poster"], row["poster_mtime_ns"])
        pictured = row["kind"] == "video" or row["has_cover"]
        openable = media_types.may_open(row["path"])
        if row["rank"] != 1 or not pictured or not openable or row["probed"] > PROBED:
            return None
        return _thumbnail_address(row["path"], row["mtime_ns"])


def _thumbnail_address(path: str, mtime_ns: int) -> str:
    # Each version has an address of its own, so that browsers may cache it for ever.
    return address("thumbnails", path) + f"?v={mtime_ns // 1_000_000:x}"


def _poster(row: sqlite3.Row) -> str | None:
    return address("media", row["poster"]) if row["poster"] is not None else None


def _subtitles(row: sqlite3.Row) -> list[dict[str, Any]]:
    files = json.loads(row["subtitles"])
    drawn = [it for it in files if media_types.suffix(it["path"]) == media_types.PAIR]
    tracks = [
        {
            "id": f"beside-{number}",
            "label": it["label"],
            "language": it["language"],
            "kind": "picture",
            "url": None,
        }
        for number, it in enumerate(drawn)
    ]
    texts = []
    taken: set[str] = set()
    for number, it in enumerate((it for it in files if it not in drawn), 1):
        name = it["language"] or "file"
        name = name if name not in taken else f"{name}-{number}"
        taken.add(name)
        texts.append(
            {
                "id": name,
                "label": it["label"],
                "language": it["language"],
                "kind": "ass" if media_types.suffix(it["path"]) in _STYLED else "text",
                "url": address("subtitles", it["path"]) + _numbered(it.get("number")),
            }
        )
    return texts + tracks


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
