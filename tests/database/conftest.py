"""A real PostgreSQL for all tests of this folder, and both kinds of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.programs.postgresql import PostgresqlServer
from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite_file import Schema
from zapette_server.postgresql.database import Database
from zapette_server.storage.connection import Connection

Place = Callable[[], Path | Connection]


def opened(place: Place, table: str) -> Connection:
    """Open a database with one table."""
    found = place()
    if isinstance(found, Path):
        return sqlite.open_(found, Schema(1, 1, table, claims_unnamed=True))
    return found


@pytest.fixture(scope="package")
def server() -> Iterator[PostgresqlServer]:
    running = PostgresqlServer()
    yield running
    running.close()


@pytest.fixture
def database_url(server: PostgresqlServer) -> Iterator[str]:
    with server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """What a store is opened with, each time as another process would."""
    if request.param == "sqlite":
        yield lambda: tmp_path / "store.db"
        return
    url = request.getfixturevalue("database_url")
    with ExitStack() as stack:

        def opened() -> Database:
            database = Database(url)
            stack.callback(database.close)
            return database

        yield opened
