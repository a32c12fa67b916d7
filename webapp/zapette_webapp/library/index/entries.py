"""Reads the entries of the library's index: what is in a folder, what is new, what to play next."""

from __future__ import annotations

import sqlite3
from typing import Any

from zapette_webapp.library import episode_order, file_names, folding


class Entries:
    """The entries of an index; a subclass reads the file."""

    def _ask(self, question: str, *values: Any) -> list[sqlite3.Row]:
        raise NotImplementedError

    def entry(self, path: str) -> sqlite3.Row | None:
        """Return the entry of the folder or medium at `path`, if it exists."""
        rows = self._ask("SELECT * FROM entries WHERE path = ? AND gone_at IS NULL", path)
        return rows[0] if rows else None

    def within(self, folder: str, offset: int, limit: int) -> tuple[int, list[sqlite3.Row]]:
        """Return the size of a folder and a page of its entries: folders first, then by name."""
        return self._page("folder = ?", "rank, sort, path", (folder,), offset, limit)

    def newest(self, folder: str, offset: int, limit: int) -> tuple[int, list[sqlite3.Row]]:
        """Return the number of media in and below a folder, and a page: the newest first."""
        where, values = _below(folder)
        return self._page(f"rank = 1{where}", "added_at DESC, sort", values, offset, limit)

    def playing(self, folder: str, offset: int, limit: int) -> tuple[int, list[sqlite3.Row]]:
        """Return the number of media in and below a folder, and a page in playing order.

        A folder's own media come first, then its subfolders', by name, episodes by number. What
        cannot be played is left out.
        """
        where, values = _below(folder)
        rows = self._ask(
            "SELECT path, folder, sort FROM entries "  # noqa: S608
            f"WHERE gone_at IS NULL AND rank = 1 AND flaw IS NULL{where}",
            *values,
        )
        folders = {
            it: [(1, file_names.order(level)) for level in it.split("/") if level]
            for it in {row["folder"] for row in rows}
        }
        rows.sort(key=lambda it: ([*folders[it["folder"]], (0, it["sort"])], it["path"]))
        paths = [it["path"] for it in rows]
        return len(paths), self._entries(paths[offset : offset + limit])

    def series(self, path: str, offset: int, limit: int) -> tuple[int, list[sqlite3.Row]]:
        """Return the number of episodes in the series of an episode, and a page of them in order.

        What is no episode stands alone.
        """
        present = self.entry(path)
        if present is None or present["episode"] is None:
            return (0, []) if present is None else (1, [present][offset : offset + limit])
        where, values = _below(episode_order.root(present["folder"]))
        rows = self._ask(
            "SELECT path, folder, series, season, episode, title, sort FROM entries "  # noqa: S608
            "WHERE gone_at IS NULL AND rank = 1 AND episode IS NOT NULL "
            f"AND (flaw IS NULL OR path = ?){where}",
            path,
            *values,
        )
        paths = episode_order.episodes(present, rows)
        return len(paths), self._entries(paths[offset : offset + limit])

    def search(
        self, folder: str, text: str, offset: int, limit: int
    ) -> tuple[int, list[sqlite3.Row]]:
        """Return the number of entries with all words of `text` in and below a folder, and a page.

        Titles that begin with the text come first.
        """
        whole = folding.folded(text).strip()
        words = whole.split()
        where, values = _below(folder)
        holds = " AND ".join(["instr(search, ?) > 0"] * len(words))
        found = self._ask(
            "SELECT path, instr(search, ?) = 1 AS begins FROM entries INDEXED BY by_text "  # noqa: S608
            f"WHERE gone_at IS NULL AND path != '' AND {holds}{where} ORDER BY rank, sort, path",
            whole, *words, *values,
        )  # fmt: skip
        paths = [it["path"] for it in sorted(found, key=lambda it: not it["begins"])]
        return len(paths), self._entries(paths[offset : offset + limit])

    def _entries(self, paths: list[str]) -> list[sqlite3.Row]:
        """Return the entries at `paths`, in their order."""
        marks = ", ".join("?" * len(paths))
        rows = self._ask(f"SELECT * FROM entries WHERE path IN ({marks})", *paths)  # noqa: S608
        found = {row["path"]: row for row in rows}
        return [found[path] for path in paths if path in found]

    def children(self, folder: str) -> int:
        """Return the number of entries in a folder."""
        (row,) = self._ask(
            "SELECT count(*) AS many FROM entries WHERE folder = ? AND gone_at IS NULL", folder
        )
        return int(row["many"])

    def _page(
        self,
        where: str,
        order: str,
        values: tuple[str, ...],
        offset: int,
        limit: int,
    ) -> tuple[int, list[sqlite3.Row]]:
        present = f"FROM entries WHERE gone_at IS NULL AND {where}"
        (row,) = self._ask(f"SELECT count(*) AS many {present}", *values)
        rows = self._ask(
            f"SELECT * {present} ORDER BY {order} LIMIT ? OFFSET ?",
            *values, limit, offset,
        )  # fmt: skip
        return int(row["many"]), rows


def _below(folder: str) -> tuple[str, tuple[str, ...]]:
    # "0" is what follows "/" in the order of SQLite
    return (" AND path >= ? AND path < ?", (f"{folder}/", f"{folder}0")) if folder else ("", ())
