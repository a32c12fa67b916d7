"""Opens the database that the settings name; PostgreSQL's driver is needed for PostgreSQL only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from zapette.errors import SettingsError

if TYPE_CHECKING:
    from zapette_server.postgresql.database import Database

SQLITE: Final = "sqlite"
"""The setting `database` for files in the data folder."""


def open_server(url: str, *, timeout: float | None = None, create: bool = True) -> Database:
    """Open a PostgreSQL database; its tables are created or brought up to date.

    Args:
        url: of the form ``postgresql://user:password@host:5432/name``.
        timeout: the time limit of a statement, in seconds; None for the default.
        create: whether to create tables if there are none.

    Raises:
        SettingsError: the driver is missing, or the URL is malformed.
        StoreError: the database cannot be used.
    """
    with _needed():
        from zapette_server.postgresql import database, pool  # noqa: PLC0415 - an optional extra

        pool.check_url(url)
        return database.Database(url, timeout=timeout or database.STATEMENT_TIMEOUT, create=create)


def problem_of(url: str) -> str | None:
    """Return why a PostgreSQL database cannot be reached; None if it can. It stays unchanged.

    Args:
        url: of the form ``postgresql://user:password@host:5432/name``.

    Raises:
        SettingsError: the driver is missing, or the URL is malformed.
    """
    with _needed():
        from zapette_server.postgresql import pool  # noqa: PLC0415 - an optional extra

        pool.check_url(url)
        return pool.problem_of(url)


@contextmanager
def _needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"psycopg", "psycopg_binary"}:
            raise
        raise SettingsError(
            "database", "PostgreSQL needs its driver: pip install 'zapette[postgresql]'"
        ) from error
