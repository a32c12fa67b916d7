"""What the stores of players and grants share: a database, a time-out and a clock."""

from __future__ import annotations

from zapette_broker.storage.store_errors import StoreDamaged
from zapette_server.storage.connection import Connection
from zapette_server.storage.tables.clock import Clock


class HouseholdStore:
    """A store that web sides write and our broker reads; safe for several threads."""

    def __init__(
        self, database: Connection, timeout: float | None, the_clock: Clock | None
    ) -> None:
        self._file = database
        self._clock = the_clock or Clock()
        if timeout is not None:
            database.wait_at_most(timeout)

    def close(self) -> None:
        """Close the database."""
        self._file.close()

    @property
    def database(self) -> Connection:
        """Where the rows are."""
        return self._file

    def check(self) -> None:
        """Check that the database can be used; StoreError if not."""
        self._file.check()

    @property
    def is_suspect(self) -> bool:
        """Whether the last failure was that the file is damaged."""
        return isinstance(self._file.trouble, StoreDamaged)

    def last_commit(self) -> bytes | None:
        """Return bytes that change with each write of any process; see `SqliteConnection`."""
        return self._file.last_commit()
