"""A SQLite file written behind the event loop, in groups (group commit)."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from zapette_broker.storage import damage, sqlite, sqlite_file
from zapette_broker.storage.batch import Batch, Row, Table, Waiting
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.store_errors import StoreBusy, StoreError, StoreFull

logger = logging.getLogger("broker")

_IDLE_DELAY = 0.05
_RETRY_DELAY = 1.0
_STOP_TIMEOUT = 10.0


class Database:
    """Rows by primary key, durable once the callback given to `after_commit` is called.

    Everything but the SQL runs in the event loop; the SQL runs in a thread. While it commits
    one batch the next one gathers, so the more there is to write, the larger the groups.

    Args:
        path: the file; made if missing.
        tables: by name.
        application: SQLite application id, so that no other program's file is taken for ours.
        version: of the schema; a file of a newer one is refused.
    """

    def __init__(
        self, path: Path, tables: Mapping[str, Table], *, application: int, version: int
    ) -> None:
        self.path = path
        self._tables = tables
        self._application = application
        self._version = version
        self._connection: sqlite3.Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._work: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._batch = Batch(tables)
        self._committing: Batch | None = None
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._idle: asyncio.Event | None = None
        self._trouble: StoreError | None = None
        self._works = True
        #: Called in the loop each time that a commit fails.
        self.on_failure: Callable[[StoreError], None] | None = None
        self._only: Mapping[str, str] = {}
        #: Counts changes, so that a caller can tell whether what it did changed anything.
        self.changed = 0

    # Opening

    def read(self, only: Callable[[sqlite3.Connection], Mapping[str, str]]) -> dict[str, list[Row]]:
        """Return the rows of all tables, after checking the file without changing it.

        `only` returns conditions by table; rows that do not meet them are left out, and deleted
        by `start`.

        Raises:
            StoreError: the file is damaged, no store of ours, or of a newer version.
        """
        if not sqlite_file.check_head(self.path, self._schema):
            return {name: [] for name in self._tables}
        with translated(self.path), damage.snapshot(self.path) as connection:
            sqlite_file.check_integrity(self.path, connection)
            conditions = only(connection)
            rows = {
                name: connection.execute(
                    f"SELECT {', '.join(table.columns)} FROM {name} "  # noqa: S608
                    f"WHERE {conditions.get(name, '1')}"
                ).fetchall()
                for name, table in self._tables.items()
            }
        self._only = conditions
        return rows

    def repair(self, keep: Callable[[dict[str, list[Row]]], dict[str, list[Row]]]) -> Path:
        """Put a damaged file aside and create a new one with everything that can be read.

        Args:
            keep: returns the rows to keep, by table.

        Returns:
            The new name of the damaged file.

        Raises:
            StoreError: the new file cannot be created.
        """
        rows = {
            name: damage.salvage(self.path, name, tuple(table.columns))
            for name, table in self._tables.items()
        }
        aside = damage.set_aside(self.path)
        made = sqlite.open_(self.path, self._schema)
        try:
            with made.transaction():
                for name, kept in keep(rows).items():
                    made.write_many(self._tables[name].put(name), kept)
        finally:
            made.close()
        return aside

    def start(self) -> None:
        """Open the file for writing, make it if missing, and start the writer.

        Raises:
            StoreError: the file cannot be written, or another broker uses it.
        """
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._connection = self._open()
        self._thread = threading.Thread(target=self._write, name="broker-store", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Write what is left and close the file."""
        if self._thread is None or self._idle is None:
            return
        self._flush()
        try:
            patience = _STOP_TIMEOUT if self._trouble is None else _RETRY_DELAY
            await asyncio.wait_for(self._idle.wait(), patience)
        except TimeoutError:
            logger.error("event=store_not_written file=%s", self.path)  # noqa: TRY400
        self._work.put(None)
        await asyncio.to_thread(self._thread.join)
        self._thread = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _schema(self) -> sqlite_file.Schema:
        script = ";".join(table.create(name) for name, table in self._tables.items())
        return sqlite_file.Schema(self._application, self._version, script)

    def _open(self) -> sqlite3.Connection:
        """Open the file for this process alone: two brokers would undo each other's work."""
        try:
            sqlite.open_(self.path, self._schema).close()
            with translated(self.path):
                connection = sqlite_file.connect(self.path)
                connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                for name, kept in self._only.items():
                    gone = connection.execute(f"DELETE FROM {name} WHERE NOT ({kept})")  # noqa: S608
                    logger.warning("event=store_trimmed table=%s rows=%d", name, gone.rowcount)
                connection.execute("COMMIT")
        except StoreBusy as error:
            raise StoreBusy(f"{self.path}: another broker uses it") from error
        return connection

    def check(self) -> None:
        """Raise the error of the last commit, if it failed; from any thread.

        That the disk is full is an error until there is room for more than a small write.
        """
        self._recover()
        if (trouble := self._trouble) is not None:
            raise trouble

    # Writing

    def put(self, name: str, row: Row, *, new: bool = False) -> None:
        """Write a row; `new` says that its key is not in the file."""
        key = row[: self._tables[name].keys]
        changes = self._batch.changes[name]
        if new and key not in changes:
            self._batch.fresh.add((name, key))
        changes[key] = row
        self._touch()

    def delete(self, name: str, key: Row) -> None:
        """Delete a row."""
        batch = self._batch
        changes = batch.changes[name]
        if (name, key) in batch.fresh:
            batch.fresh.discard((name, key))
            changes.pop(key, None)
            self.changed += 1
            return
        changes[key] = None
        self._touch()

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
    ) -> None:
        """Act once all changes are durable; at once if there are none.

        If they cannot be written now, `on_failure` is called instead, if there is one. The changes
        are kept, and written as soon as possible.
        """
        waiting = Waiting(act, on_failure)
        if self._batch.empty and not self._batch.waiting:
            if self._committing is None:
                act()
            else:
                self._committing.waiting.append(waiting)
            return
        self._batch.waiting.append(waiting)
        self._hurry()

    def _touch(self) -> None:
        self.changed += 1
        if self._timer is None and self._committing is None and self._loop is not None:
            self._timer = self._loop.call_later(_IDLE_DELAY, self._flush)

    def _hurry(self) -> None:
        """Commit at the end of this turn of the loop: somebody waits."""
        if self._committing is None and self._loop is not None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._committing is not None or (self._batch.empty and not self._batch.waiting):
            return
        self._committing, self._batch = self._batch, Batch(self._tables)
        if self._idle is not None:
            self._idle.clear()
        self._work.put(self._committing)

    def _committed(self) -> None:
        batch, self._committing = self._committing, None
        self._works = True
        self._recover()
        if batch is not None:
            for waiting in batch.waiting:
                _run(waiting.act)
        if self._batch.waiting or not self._batch.empty:
            self._flush()
        elif self._idle is not None:
            self._idle.set()

    def _recover(self) -> None:
        trouble = self._trouble
        if trouble is None or not self._works:
            return
        # what was refused is dropped, and the little that is left may still fit
        if not isinstance(trouble, StoreFull) or sqlite_file.has_room(self.path):
            self._trouble = None
            logger.warning("event=store_recovered file=%s", self.path)

    def _failed(self, error: StoreError) -> None:
        self._works = False
        if type(self._trouble) is not type(error):
            logger.error("event=store_failing file=%s error=%r", self.path, str(error))
        self._trouble = error
        for batch in (self._committing, self._batch):
            if batch is not None:
                waiting, batch.waiting = batch.waiting, []
                batch.waiting += [it for it in waiting if it.on_failure is None]
                for it in waiting:
                    if it.on_failure is not None:
                        _run(partial(it.on_failure, error))
        if self.on_failure is not None:
            self.on_failure(error)
        if self._loop is not None and self._committing is not None:
            self._loop.call_later(_RETRY_DELAY, self._work.put, self._committing)

    def _write(self) -> None:
        """Commit batches until there is no more; runs in the writer thread."""
        connection, loop = self._connection, self._loop
        if connection is None or loop is None:
            return
        while (batch := self._work.get()) is not None:
            try:
                with translated(self.path):
                    batch.write(connection, self._tables)
            except StoreError as error:
                loop.call_soon_threadsafe(self._failed, error)
            except Exception as error:
                # a bug of ours must not end the thread: nothing would be written any more
                logger.exception("event=store_write_failed file=%s", self.path)
                loop.call_soon_threadsafe(self._failed, StoreError(f"{self.path}: {error}"))
            else:
                loop.call_soon_threadsafe(self._committed)


def _run(callback: Callable[[], None]) -> None:
    """Call back; a failing callback does not stop the others."""
    try:
        callback()
    except Exception:
        logger.exception("event=store_callback_failed")
