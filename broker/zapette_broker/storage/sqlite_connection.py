"""A connection to an SQLite file, with errors that say what is wrong."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.sqlite_errors import busy, store_error
from zapette_broker.storage.sqlite_file import BUSY_TIMEOUT
from zapette_broker.storage.store_errors import StoreBusy, StoreDamaged, StoreError, StoreFull
from zapette_broker.storage.wal_index import WalIndex

log = logging.getLogger("zapette.store")

WHOLE_INTERVAL: Final = 10.0
"""Seconds between two checks that read a whole file."""


class SqliteConnection:
    """A connection to one file; every SQLite error becomes a `StoreError`.

    Safe to use from several threads: one statement or transaction runs at a time.

    Attributes:
        path: the file.
        logs: whether a new error is logged.
        trouble: the last error, until a commit shows that it has passed; None if there is none.
            One that the disk is full stays until there is room for more than a small write.
    """

    members: ClassVar = "SELECT value FROM json_each(?)"
    """The subquery with the members of an array, which is given as JSON."""

    now: ClassVar = "((julianday('now') - 2440587.5) * 86400.0)"
    """The expression for the time of day, in Unix seconds."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take over an open connection, which must not begin transactions by itself."""
        self.path = path
        self.logs = True
        self.trouble: StoreError | None = None
        self._connection = connection
        self._lock = threading.RLock()
        self._closed = False
        self._patience = BUSY_TIMEOUT
        self._file = sqlite_file.identity(path)
        self._index = WalIndex(path)
        self._whole_due = time.monotonic() + WHOLE_INTERVAL

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            with self._translated():
                self._connection.close()
            # not before: see there
            self._index.close()

    def wait_at_most(self, seconds: float) -> None:
        """Set how long a statement waits for another process."""
        self.read(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
        self._patience = seconds

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement and return its rows.

        Raises:
            StoreError: it failed.
        """
        with self._turn(), self._translated():
            rows = self._connection.execute(statement, values).fetchall()
            if type(self.trouble) is StoreBusy:
                self._recovered()
            return rows

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed.

        Raises:
            StoreError: it failed, and changed nothing.
        """
        with self._turn(), self._translated():
            before = self._connection.total_changes
            changed = self._connection.execute(statement, values).rowcount
            if not self._connection.in_transaction:
                self._committed(before)
            return changed

    def write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of `rows`; outside a transaction, each takes effect alone.

        Raises:
            StoreError: it failed.
        """
        with self._turn(), self._translated():
            self._connection.executemany(statement, rows)

    def last_commit(self) -> bytes | None:
        """Return bytes that differ after each commit of any process; None if they are not known.

        It looks at memory that SQLite shares between processes, and never waits.
        """
        return self._index.header()

    def version(self) -> str:
        """Return a text that differs after another process has written."""
        return str(self.read("PRAGMA data_version")[0][0])

    def script(self, statements: str) -> None:
        """Run several statements; an open transaction is committed first.

        Raises:
            StoreError: one failed.
        """
        with self._turn(), self._translated():
            self._connection.executescript(statements)

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[SqliteConnection]:
        """Run the block as one transaction, rolled back if it raises.

        Args:
            kind: how it begins: ``IMMEDIATE`` takes the lock for writing at once.

        Raises:
            StoreError: it could not begin or be committed.
        """
        with self._turn():
            with self._translated():
                self._connection.execute(f"BEGIN {kind}")
            before = self._connection.total_changes
            try:
                yield self
                with self._translated():
                    self._connection.execute("COMMIT")
                self._committed(before)
            except BaseException:
                # after some errors, such as a full disk, SQLite has already rolled back
                if self._connection.in_transaction:
                    with self._translated():
                        self._connection.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Check over another connection that the file can be read and written, and is intact.

        The whole file is read at most every `WHOLE_INTERVAL` seconds. After an error one small
        write is tried; if it works, `trouble` ends.

        Raises:
            StoreError: it cannot, or is damaged; at the latest after two seconds.
        """
        if self._closed:
            raise self._was_closed()
        if sqlite_file.identity(self.path) != self._file:
            raise StoreDamaged(f"{self.path}: it was removed or replaced; start Zapette again")
        now = time.monotonic()
        is_whole_due = self.trouble is not None or now >= self._whole_due
        sqlite_file.inspect(self.path, whole=is_whole_due)
        if is_whole_due:
            self._whole_due = now + WHOLE_INTERVAL
        if self.trouble is not None:
            self._try_again()

    def _was_closed(self) -> StoreError:
        return StoreError(f"{self.path}: it was closed")

    def _try_again(self) -> None:
        if (trouble := self.trouble) is not None and self._lasts(trouble):
            raise trouble
        if not self._lock.acquire(timeout=sqlite_file.INSPECTION):
            raise self.trouble or busy(self.path)
        try:
            version = self.read("PRAGMA user_version")[0][0]
            # writes a page, and changes nothing
            with self.transaction():
                self.write(f"PRAGMA user_version = {version}")
            self.trouble = None
        finally:
            self._lock.release()

    def _committed(self, before: int) -> None:
        """End `trouble` after a commit, if it wrote what could not be written otherwise."""
        trouble = self.trouble
        wrote = self._connection.total_changes > before
        if type(trouble) is StoreBusy or (wrote and not self._lasts(trouble)):
            self._recovered()

    def _lasts(self, trouble: StoreError | None) -> bool:
        # a small write may still fit into what the log has taken of the disk already
        return isinstance(trouble, StoreFull) and not sqlite_file.has_room(self.path)

    def _recovered(self) -> None:
        if self.trouble is not None and not isinstance(self.trouble, StoreDamaged):
            self.trouble = None
            log.warning("%s can be used again", self.path)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the connection during the block.

        SQLite may need ten seconds to notice that others hold the log; other callers wait less.
        """
        if not self._lock.acquire(timeout=self._patience):
            raise busy(self.path)
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if self._closed:
                raise self._was_closed() from error
            found = store_error(self.path, error)
            if found is None:
                raise
            if self.logs and type(self.trouble) is not type(found):
                log.error("%s", found)  # noqa: TRY400 - the message says it all
            self.trouble = found
            raise found from error
