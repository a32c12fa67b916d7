"""Leases by the database's clock, for work that one web side at a time does."""

from __future__ import annotations

import secrets
from typing import Final

from zapette_server.storage.connection import Connection

TABLE: Final = """
CREATE TABLE IF NOT EXISTS leases (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at REAL NOT NULL
);
"""


class Leases:
    """The leases of one process, on a database that all share; safe for several threads.

    Args:
        database: has the table `TABLE`.
        owner: names the process; None for a random name.
    """

    def __init__(self, database: Connection, owner: str | None = None) -> None:
        self._database = database
        self.owner: Final = owner or secrets.token_urlsafe(12)

    def take(self, name: str, seconds: float) -> bool:
        """Take or renew a lease, and tell whether it is this process's.

        A holder that wants to keep it renews it well before it ends, and stops what it does for
        the lease once it could not renew it for `seconds`.

        Args:
            name: what the lease is for.
            seconds: how long it lasts from now on.

        Raises:
            StoreError: the database cannot be used; the lease may have been taken.
        """
        now = self._database.now
        taken = self._database.write(
            "INSERT INTO leases (name, owner, expires_at) "  # noqa: S608
            f"VALUES (?, ?, {now} + ?) ON CONFLICT (name) DO UPDATE "
            "SET owner = excluded.owner, expires_at = excluded.expires_at "
            f"WHERE leases.owner = excluded.owner OR leases.expires_at <= {now}",
            (name, self.owner, seconds),
        )
        return taken > 0

    def release(self, name: str) -> None:
        """End a lease if it is this process's, so that another can take it at once.

        Raises:
            StoreError: the database cannot be used; the lease then ends by itself.
        """
        self._database.write("DELETE FROM leases WHERE name = ? AND owner = ?", (name, self.owner))

    def holder(self, name: str) -> str | None:
        """Return the process that holds a lease; None if none does.

        Raises:
            StoreError: the database cannot be used.
        """
        rows = self._database.read(
            f"SELECT owner FROM leases WHERE name = ? AND expires_at > {self._database.now}",  # noqa: S608
            (name,),
        )
        return str(rows[0][0]) if rows else None
