"""The items of the playlists in the media folder, as entries of the library."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from zapette_webapp.library import playlists
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.library.index.scanner import Scanner
from zapette_webapp.library.playlists import Item
from zapette_webapp.media import media_types, type_table

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlaylistReader:
    """Reads playlists and links, and finds the media in them.

    Attributes:
        media_folder: the media folder.
        index: its index.
        scanner: keeps the index up to date.
    """

    media_folder: MediaFolder
    index: Index
    scanner: Scanner

    def items(self, path: str) -> list[Item]:
        """Return all items of the playlist or link at `path`; none if it cannot be read."""
        file = self.media_folder.find(path)
        if file is None:
            return []
        try:
            with file.open("rb") as stream:
                return playlists.read(path, stream.read(playlists.LARGEST))
        except OSError:
            return []

    def found(self, path: str) -> list[sqlite3.Row | Item]:
        """Return the media of a playlist in its order, without what the library does not have."""
        rows: list[sqlite3.Row | Item] = []
        for item in self.items(path):
            one = item if item.address is not None else self._medium(path, item)
            if one is not None:
                rows.append(one)
        return rows

    def address(self, path: str) -> str | None:
        """Return the address in the link at `path`; None if it has none."""
        return next((it.address for it in self.items(path)[:1]), None)

    def _medium(self, playlist: str, item: Item) -> sqlite3.Row | None:
        for path in playlists.candidates(playlist, item):
            if self.media_folder.kind(path) not in {"video", "audio"}:
                continue
            row = self.index.entry(path)
            if row is None:
                self.scanner.refresh(path.rpartition("/")[0])
                row = self.index.entry(path)
            if row is not None:
                return row if row["flaw"] is None else None
        return None


def entry_of(item: Item) -> Entry:
    """Return the entry of an item that is an address."""
    address = item.address or ""
    where = address.split("?")[0].split("#")[0]
    known = type_table.MEDIA.get(media_types.suffix(where))
    kind_of_file = known or _stream_type(where)
    return {
        "kind": media_types.kind_of(kind_of_file) or "video",
        "path": address,
        "source": address,
        "url": address,
        "title": playlists.title_of(item),
        "year": None,
        "series": None,
        "season": None,
        "episode": None,
        "artist": None,
        "album": None,
        "duration": item.duration,
        "type": media_types.asked_as(kind_of_file),
        "tracks": [],
        "width": None,
        "height": None,
        "bitrate": None,
        "chapters": [],
        "size": 0,
        "added_at": 0.0,
        "poster": None,
        "thumbnail": None,
        "picture": None,
        "subtitles": [],
        "fonts": [],
        "flaw": None,
        "problem": None,
    }


def _stream_type(where: str) -> str:
    is_stream = media_types.suffix(where) == media_types.STREAM
    return media_types.TYPES[media_types.STREAM] if is_stream else ""
