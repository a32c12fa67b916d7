"""What the stores need of a database: the same statements run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from zapette_broker.storage.store_errors import StoreError

NO_LIMIT: Final = 1 << 40
"""For LIMIT before OFFSET: SQLite needs one, and PostgreSQL takes no negative one."""


class Connection(Protocol):
    """A database for several threads; values in statements are marked by ``?``.

    Every method but `last_commit` raises `StoreError` if the database cannot be used.
    """

    @property
    def members(self) -> str:
        """The subquery with the members of an array, which is given as JSON."""

    @property
    def now(self) -> str:
        """The expression for the database's time of day, in Unix seconds."""

    @property
    def trouble(self) -> StoreError | None:
        """The last error, until it has passed."""

    def close(self) -> None:
        """Close it."""

    def wait_at_most(self, seconds: float) -> None:
        """Set how long a statement waits for another process."""

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run a statement and return its rows."""

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement and return how many rows it changed."""

    def write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of `rows`."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Run the block as one transaction, one at a time among all processes."""

    def check(self) -> None:
        """Check that it can be read and written."""

    def last_commit(self) -> bytes | None:
        """Return bytes that differ after each commit of any process; None if they are not known.

        It never waits.
        """

    def version(self) -> str:
        """Return a text that differs after another process has written."""
