"""Copies a household's shared data from one database to another: SQLite files and PostgreSQL."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from zapette_server.errors import CopyRefused
from zapette_server.storage import data_folder, private_file, stores
from zapette_server.storage.connection import Connection
from zapette_server.storage.data_folder import DataFolder, make_folder
from zapette_server.storage.opening import open_server
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry

_PLAYERS: Final[Mapping[str, str]] = {
    "players": "id, generation, seen_at",
    "origins": "player_id, client",
    "endings": "player_id, generation, forgotten, ended_at",
}
_GRANTS: Final[Mapping[str, str]] = {
    "visitors": "client_id, player_id, generation, role, device, label, address, since, expires_at,"
    " ended",
}
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/+")


@dataclass(frozen=True, slots=True)
class _Side:
    """One end of a copy: its databases, and its secrets by name."""

    players: Connection
    grants: Connection
    secrets: Mapping[str, str]


def copy(source: str, target: str) -> dict[str, int]:
    """Copy the players, grants, ended codes and secrets; nothing may run on either end.

    Args:
        source: a data folder, or the URL of a PostgreSQL database.
        target: the other; empty, or missing if it is a folder.

    Returns:
        How many rows of each table were copied.

    Raises:
        CopyRefused: the source has no household, the target has one already, or one of them is
            the URL of something else.
        StoreNewer: a newer version wrote one of them.
        StoreError: one of them cannot be used; the target then has nothing of the copy.
    """
    for place in (source, target):
        url = _URL.match(place)
        if url and not is_server(place):
            # without the rest, which may hold a password
            raise CopyRefused(url[0], "scheme")
    with _source(source) as found:
        if is_server(target):
            return _to_server(found, target)
        return _to_folder(found, Path(target))


def is_server(place: str) -> bool:
    """Return whether a place is a PostgreSQL database rather than a folder."""
    return place.startswith("postgresql://")


@contextmanager
def _source(place: str) -> Iterator[_Side]:
    with ExitStack() as stack:
        if is_server(place):
            server = stack.enter_context(closing(open_server(place, create=False)))
            if not server.has_tables:
                raise CopyRefused("PostgreSQL", "empty")
            # others that write wait meanwhile
            stack.enter_context(server.transaction())
            secrets = {str(k): str(v) for k, v in server.read("SELECT name, value FROM household")}
            side = _Side(server, server, secrets)
        else:
            path = Path(place)
            if not all((path / name).exists() for name in data_folder.SECRETS):
                raise CopyRefused(place, "empty")
            stack.enter_context(stores.unused(path))
            side = _folder(DataFolder.open(path), stack)
        if not side.secrets:
            raise CopyRefused("PostgreSQL", "empty")
        yield side


def _folder(folder: DataFolder, stack: ExitStack) -> _Side:
    registry = stack.enter_context(closing(PlayerRegistry(folder.registry)))
    grants = stack.enter_context(closing(Grants(folder.grants)))
    # makes the table, which only clusters need
    registry.endings()
    secrets = {name: (folder.path / name).read_text().strip() for name in data_folder.SECRETS}
    return _Side(registry.database, grants.database, secrets)


def _to_server(source: _Side, url: str) -> dict[str, int]:
    with closing(open_server(url)) as server:
        # already here: it may be the source, whose transaction the next one would wait for
        _check_empty(server)
        with server.transaction():
            _check_empty(server)
            server.write_many("INSERT INTO household VALUES (?, ?)", list(source.secrets.items()))
            return _rows(source, server, server)


def _check_empty(server: Connection) -> None:
    for table in (*_PLAYERS, *_GRANTS, "household"):
        if server.read(f"SELECT 1 FROM {table} LIMIT 1"):  # noqa: S608
            raise CopyRefused("PostgreSQL", "taken")


def _to_folder(source: _Side, path: Path) -> dict[str, int]:
    if path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise CopyRefused(str(path), "taken")
    make_folder(path)
    try:
        with ExitStack() as stack:
            registry = stack.enter_context(closing(PlayerRegistry(path / "players.db")))
            grants = stack.enter_context(closing(Grants(path / "visitors.db")))
            registry.endings()
            with registry.database.transaction(), grants.database.transaction():
                counts = _rows(source, registry.database, grants.database)
        for name, value in source.secrets.items():
            private_file.write(path / name, value + "\n")
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(path)
        raise
    return counts


def _rows(source: _Side, players: Connection, grants: Connection) -> dict[str, int]:
    counts: dict[str, int] = {}
    ends = ((_PLAYERS, source.players, players), (_GRANTS, source.grants, grants))
    for tables, of, to in ends:
        for table, columns in tables.items():
            order = " ORDER BY number" if table == "endings" else ""
            rows: list[Any] = of.read(f"SELECT {columns} FROM {table}{order}")  # noqa: S608
            marks = ", ".join("?" * len(columns.split(",")))
            to.write_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608
            counts[table] = len(rows)
    return counts
