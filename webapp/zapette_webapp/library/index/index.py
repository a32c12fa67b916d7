"""The index of the media folder, in SQLite."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, Final

from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_webapp.library import file_names, folding
from zapette_webapp.library.folder.listing import Listing, Medium, Poster
from zapette_webapp.library.index import index_file
from zapette_webapp.library.index.entries import Entries
from zapette_webapp.media.probing.contents import Chapter, Font, InsideSubtitle
from zapette_webapp.media.probing.probe import Probe
from zapette_webapp.media.subtitles.subtitle_files import Subtitle

KEPT: Final = 30 * 24 * 3600.0
"""Seconds for which the entry of a missing medium is kept: a disk may be away for a while."""

_BATCH: Final = 1000

_KNOWN: Final = (
    "SELECT path, size, mtime_ns, poster, poster_mtime_ns, subtitles, gone_at FROM entries "
    "WHERE folder = ? AND rank != 0 AND"
)

# music has its title from its tags, also if it is to be probed once more
_HAS_TAGS: Final = "kind = 'audio' AND (probed = 1 OR coalesce(artist, album) IS NOT NULL)"

# the ranks, which order a folder: its folders have 0
_MEDIUM: Final = 1
_PLAYLIST: Final = 2

PROBED: Final = 1
UNREADABLE: Final = 2
LOST: Final = 3
"""Of a medium that the system did not give out: it is probed again after the next scan."""


class Index(Entries):
    """The index of one media folder; safe for several threads.

    Reads use a connection of their own, so that they never wait for writes.
    """

    def __init__(self, file: Path, folder: Path) -> None:
        """Open the index of `folder` in `file`; create or replace it if needed."""
        self._file = file
        self._folder = folder
        #: Called on any thread when a read or a check finds the file damaged.
        self.on_damaged: Callable[[], None] = lambda: None
        self._open()

    def _open(self) -> None:
        writer = index_file.open_(self._file, self._folder)
        self._reader = sqlite.further(self._file, named_rows=True)
        self._writer = writer  # the last: what `check` finds intact can be read

    def renew(self) -> None:
        """Start a new, empty index, which a scan fills again.

        Raises:
            StoreError: it cannot be created.
        """
        self.close()
        index_file.remove(self._file)
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()
        self._reader.close()

    def check(self) -> None:
        """Check that the file can be used; StoreError if not."""
        try:
            self._writer.check()
        except StoreDamaged:
            self.on_damaged()
            raise

    @property
    def is_complete(self) -> bool:
        """Whether a scan has ever covered the whole folder."""
        return bool(self._ask("SELECT 1 FROM about WHERE name = 'complete'"))

    def complete(self) -> None:
        """Record a scan of the whole folder: later media are new; probe lost ones again."""
        with self._writer.transaction() as file:
            file.write("INSERT OR IGNORE INTO about VALUES ('complete', '1')")
            file.write("DELETE FROM entries WHERE gone_at < ?", (time.time() - KEPT,))
            file.write("UPDATE entries SET probed = 0 WHERE probed = ?", (LOST,))

    def put_folder(self, listing: Listing) -> None:
        """Store a folder with media in it or below it."""
        path = listing.path
        title = file_names.from_name(PurePosixPath(path).name) if path else file_names.Title("")
        poster = listing.poster or Poster("", 0)
        row = (
            path, _parent(path), file_names.order(PurePosixPath(path).name),
            folding.searchable(f"{title.text} {path}"), title.text, title.year, listing.mtime_ns,
            time.time(), poster.path or None, poster.mtime_ns,
        )  # fmt: skip
        with self._writer.transaction() as file:
            file.write(
                "INSERT INTO entries (path, folder, kind, rank, sort, search, title, year, "
                "mtime_ns, added_at, poster, poster_mtime_ns) "
                "VALUES (?, ?, 'folder', 0, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE "
                "SET sort = excluded.sort, search = excluded.search, title = excluded.title, "
                "year = excluded.year, mtime_ns = excluded.mtime_ns, poster = excluded.poster, "
                "poster_mtime_ns = excluded.poster_mtime_ns, gone_at = NULL "
                "WHERE mtime_ns != excluded.mtime_ns OR gone_at IS NOT NULL "
                "OR title != excluded.title "
                "OR poster_mtime_ns IS NOT excluded.poster_mtime_ns",
                row,
            )

    def put_media(self, listing: Listing) -> bool:
        """Update the media of one folder; tell whether anything changed."""
        # One SELECT for each of the two database indexes.
        rows = self._writer.read(
            f"{_KNOWN} gone_at IS NULL UNION ALL {_KNOWN} gone_at IS NOT NULL",
            (listing.path, listing.path),
        )
        known = {row[0]: row[1:] for row in rows}
        present = {it.path for it in listing.media}
        gone = [path for path, row in known.items() if path not in present and row[-1] is None]
        fresh = [it for it in listing.media if known.get(it.path) != (*_facts(it), None)]
        new_since = time.time() if self.is_complete else None
        # In batches, so that a folder of 20,000 does not block other writers.
        for start in range(0, len(fresh), _BATCH):
            with self._writer.transaction() as file:
                for medium in fresh[start : start + _BATCH]:
                    _put(file, listing.path, medium, new_since)
        if gone:
            with self._writer.transaction() as file:
                _mark_gone(file, gone)
        return bool(fresh or gone)

    def keep_folders(self, folders: set[str]) -> None:
        """Mark all other folders and their media as gone."""
        rows = self._ask("SELECT path FROM entries WHERE rank = 0 AND gone_at IS NULL")
        gone = [row["path"] for row in rows if row["path"] not in folders]
        with self._writer.transaction() as file:
            _mark_gone(file, gone)
            file.write_many(
                "UPDATE entries SET gone_at = ? WHERE folder = ? AND gone_at IS NULL",
                [(time.time(), path) for path in gone],
            )

    def put_probe(
        self,
        path: str,
        mtime_ns: int,
        probe: Probe | None,
        flaw: str | None = None,
        *,
        is_lost: bool = False,
    ) -> None:
        """Store the content of a medium as of `mtime_ns`; None if it cannot be played.

        Args:
            path: its path in the library.
            mtime_ns: its modification time, in Unix nanoseconds.
            probe: its content.
            flaw: why it cannot be played; None if nobody looked, as with playlists.
            is_lost: whether it cannot be read now, whatever is in it.
        """
        with self._writer.transaction() as file:
            if probe is None:
                file.write(
                    "UPDATE entries SET probed = ?, flaw = ? WHERE path = ? AND mtime_ns = ?",
                    (LOST if is_lost else UNREADABLE, flaw, path, mtime_ns),
                )
                return
            file.write(
                "UPDATE entries SET kind = ?, probed = ?, flaw = NULL, duration = ?, type = ?, "
                "tracks = ?, width = ?, height = ?, has_cover = ?, bitrate = ?, demuxer = ?, "
                "start = ?, inside = ?, fonts = ?, chapters = ? WHERE path = ? AND mtime_ns = ?",
                (
                    "video" if probe.video else "audio", PROBED, probe.duration, probe.type,
                    _text([it.describe() for it in probe.tracks]), probe.width,
                    probe.height, probe.has_cover, probe.bitrate, probe.demuxer,
                    probe.start, _json(probe.subtitles), _json(probe.fonts),
                    _json(probe.chapters), path, mtime_ns,
                ),
            )  # fmt: skip
            # The tags of films are mostly useless; music is known by them.
            if probe.video is None and probe.title:
                words = f"{probe.title} {probe.artist or ''} {probe.album or ''} {path}"
                file.write(
                    "UPDATE entries SET title = ?, artist = ?, album = ?, search = ? "
                    "WHERE path = ? AND mtime_ns = ?",
                    (
                        probe.title,
                        probe.artist,
                        probe.album,
                        folding.searchable(words),
                        path,
                        mtime_ns,
                    ),
                )

    def unprobed(self, limit: int) -> list[tuple[str, int]]:
        """Return the paths and modification times of media that were not probed yet."""
        rows = self._ask(
            "SELECT path, mtime_ns FROM entries "
            "WHERE gone_at IS NULL AND rank = 1 AND probed = 0 ORDER BY path LIMIT ?",
            limit,
        )
        return [(row["path"], row["mtime_ns"]) for row in rows]

    def counts(self) -> tuple[int, int]:
        """Return the numbers of media and of probed media."""
        (row,) = self._ask(
            "SELECT (SELECT count(*) FROM entries WHERE gone_at IS NULL AND rank = 1) AS media, "
            "(SELECT count(*) FROM entries WHERE gone_at IS NULL AND rank = 1 AND probed = 0) "
            "AS unprobed"
        )
        return row["media"], row["media"] - row["unprobed"]

    def _ask(self, question: str, *values: Any) -> list[sqlite3.Row]:
        try:
            return self._reader.read(question, values)
        except StoreDamaged:
            self.on_damaged()
            raise


def _put(file: SqliteConnection, folder: str, medium: Medium, new_since: float | None) -> None:
    name = PurePosixPath(medium.path)
    is_music = medium.kind == "audio"
    title = file_names.from_name(name.stem) if is_music else file_names.from_path(medium.path)
    size, mtime_ns, poster, poster_mtime_ns, texts = _facts(medium)
    file.write(
        "INSERT INTO entries (path, folder, kind, rank, sort, search, title, year, series, "  # noqa: S608
        "season, episode, size, mtime_ns, added_at, poster, poster_mtime_ns, subtitles) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (path) DO UPDATE SET gone_at = NULL, kind = CASE WHEN probed = 1 "
        "AND size = excluded.size AND mtime_ns = excluded.mtime_ns THEN kind "
        "ELSE excluded.kind END, "
        "rank = excluded.rank, sort = excluded.sort, year = excluded.year, "
        "series = excluded.series, season = excluded.season, episode = excluded.episode, "
        f"title = CASE WHEN {_HAS_TAGS} THEN title ELSE excluded.title END, "
        f"search = CASE WHEN {_HAS_TAGS} THEN search ELSE excluded.search END, "
        "poster = excluded.poster, "
        "poster_mtime_ns = excluded.poster_mtime_ns, subtitles = excluded.subtitles, "
        "probed = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns THEN probed "
        "ELSE 0 END, size = excluded.size, mtime_ns = excluded.mtime_ns",
        (
            medium.path, folder, medium.kind, _PLAYLIST if medium.kind == "playlist" else _MEDIUM,
            file_names.place(name.name, title),
            folding.searchable(f"{title.text} {medium.path}"), title.text, title.year,
            title.series, title.season, title.episode, size,
            mtime_ns, mtime_ns / 1e9 if new_since is None else new_since, poster, poster_mtime_ns,
            texts,
        ),
    )  # fmt: skip


def _json(items: Sequence[InsideSubtitle | Font | Chapter | Subtitle]) -> str:
    return _text([asdict(it) for it in items])


def _text(items: list[dict[str, Any]]) -> str:
    return json.dumps(items, ensure_ascii=False) if items else "[]"


def _facts(medium: Medium) -> tuple[int, int, str | None, int | None, str]:
    poster = medium.poster
    return (
        medium.size,
        medium.mtime_ns,
        poster.path if poster else None,
        poster.mtime_ns if poster else None,
        _json(medium.subtitles),
    )


def _mark_gone(file: SqliteConnection, paths: list[str]) -> None:
    file.write_many(
        "UPDATE entries SET gone_at = ? WHERE path = ?", [(time.time(), path) for path in paths]
    )


def _parent(path: str) -> str | None:
    return path.rpartition("/")[0] if path else None
