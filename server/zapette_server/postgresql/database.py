"""A PostgreSQL database as the stores use it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from zapette_broker.storage.store_errors import StoreBusy, StoreError
from zapette_server.postgresql import schema
from zapette_server.postgresql.errors import NAME, store_error
from zapette_server.postgresql.pool import Driver, Pool

log = logging.getLogger("zapette.store")

MOST: Final = 8
"""The most connections of one process."""

STATEMENT_TIMEOUT: Final = 5.0
"""Seconds that a statement may take, unless the opener says otherwise."""

SLOW: Final = 1.0
"""A database that needs longer for a statement is reported as slow, in seconds."""

_SLOW_FOR: Final = 10.0
_LOCK: Final = 0x7A617074
_VERSION: Final = "SELECT CAST(pg_current_snapshot() AS text)"
_STATE: Final = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"


class Database:
    """One database for all stores; `zapette_server.storage.connection` says what it must do.

    Transactions run one at a time among all processes, as SQLite's do, so that limits hold.
    """

    members: Final = "SELECT json_array_elements_text(CAST(? AS json))"
    now: Final = "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"

    def __init__(
        self, url: str, *, timeout: float = STATEMENT_TIMEOUT, create: bool = True
    ) -> None:
        """Connect, and create the tables or bring them up to date.

        Args:
            url: of the form ``postgresql://user:password@host:5432/name``.
            timeout: the time limit of a statement, in seconds.
            create: whether to create tables if there are none.

        Raises:
            StoreUnreachable: it cannot be reached.
            StoreNewer: a newer version wrote it; it stays unchanged.
            StoreError: it cannot be used.
        """
        self.trouble: StoreError | None = None
        self._is_open = False
        self._pool = Pool(url, MOST, timeout, timeout)
        self._within = threading.local()
        self._slow: tuple[float, float] = (0.0, float("-inf"))
        try:
            schema.prepare(self, create=create)
        except BaseException:
            self.close()
            raise
        self._is_open = True

    @property
    def has_tables(self) -> bool:
        """Whether it has the tables."""
        return schema.version(self) > 0

    def close(self) -> None:
        """Close its connections; it may be called again."""
        self._pool.close()

    def wait_at_most(self, seconds: float) -> None:
        """Do nothing: the time limit is given when it is opened."""

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement and return its rows; StoreError if it fails."""
        with self._statement() as connection:
            return connection.execute(_marked(statement), values or None).fetchall()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed; StoreError if it fails."""
        with self._statement() as connection:
            return connection.execute(_marked(statement), values or None).rowcount

    def write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of `rows`; StoreError if it fails."""
        with self._statement() as connection:
            connection.cursor().executemany(_marked(statement), rows)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """Run the block as one transaction, rolled back if it raises.

        Raises:
            StoreError: it could not begin or be committed.
        """
        with self._translated(), self._pool.taken() as connection:
            self._run(connection, "BEGIN")
            self._run(connection, f"SELECT pg_advisory_xact_lock({_LOCK})")
            self._within.connection = connection
            try:
                yield self
            except BaseException:
                if not connection.closed:
                    self._run(connection, "ROLLBACK")
                raise
            else:
                self._run(connection, "COMMIT")
            finally:
                self._within.connection = None

    def check(self) -> None:
        """Check that it answers, fast, and can be written.

        Raises:
            StoreError: it does not.
        """
        ((standby, read_only),) = self.read(_STATE)
        if standby or read_only:
            raise StoreError(f"{NAME}: it cannot be written: it is read-only, or a standby")
        seconds, at = self._slow
        if time.monotonic() - at < _SLOW_FOR:
            raise StoreBusy(f"{NAME}: it is slow: a statement took {seconds:.1f} s")

    def last_commit(self) -> bytes | None:
        """Return None: it would have to be asked."""
        return None

    def version(self) -> str:
        """Return a text that differs after any commit."""
        return str(self.read(_VERSION)[0][0])

    @contextmanager
    def _statement(self) -> Iterator[Driver]:
        with self._translated():
            if (within := getattr(self._within, "connection", None)) is not None:
                with self._timed(within):
                    yield within
                return
            with self._pool.taken() as connection, self._timed(connection):
                yield connection

    def _run(self, connection: Driver, statement: str) -> None:
        with self._timed(connection):
            connection.execute(statement)

    @contextmanager
    def _timed(self, connection: Driver) -> Iterator[None]:
        began = time.monotonic()
        try:
            with self._pool.limited(connection):
                yield
        finally:
            now = time.monotonic()
            if now - began > SLOW:
                self._slow = (now - began, now)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            found = store_error(error)
            if found is None:
                raise
            # who opens it reports it
            if self._is_open and type(self.trouble) is not type(found):
                log.error("%s", found)  # noqa: TRY400 - the message says it all
            self.trouble = found
            raise found from error
        if self.trouble is not None and getattr(self._within, "connection", None) is None:
            self.trouble = None
            log.warning("%s can be used again", NAME)


def _marked(statement: str) -> str:
    return statement.replace("?", "%s")
