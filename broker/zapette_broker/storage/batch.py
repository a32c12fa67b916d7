"""Changes of tables that are committed together."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from zapette_broker.storage.store_errors import StoreError

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns with their types, the first `keys` of them the primary key."""

    columns: Mapping[str, str]
    keys: int = 1

    def create(self, name: str) -> str:
        """Return the statement that makes it."""
        names = list(self.columns)
        columns = ", ".join(f"{column} {kind}" for column, kind in self.columns.items())
        return (
            f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({', '.join(names[: self.keys])}))"
            " WITHOUT ROWID"
        )

    def put(self, name: str) -> str:
        """Return the statement that writes a row."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT OR REPLACE INTO {name} VALUES ({marks})"  # noqa: S608

    def delete(self, name: str) -> str:
        """Return the statement that deletes a row by its key."""
        keys = list(self.columns)[: self.keys]
        return f"DELETE FROM {name} WHERE {' AND '.join(f'{key} = ?' for key in keys)}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Waiting:
    """What to do when a batch is durable, and what to do if it cannot be written now."""

    act: Callable[[], None]
    on_failure: Callable[[StoreError], None] | None = None


class Batch:
    """What changed since the last commit: by table and key the new row, None for a deleted one."""

    __slots__ = ("changes", "fresh", "waiting")

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.changes: dict[str, dict[Row, Row | None]] = {name: {} for name in tables}
        #: Keys that came into being in this batch: deleted in it too, they never reach the disk.
        self.fresh: set[tuple[str, Row]] = set()
        self.waiting: list[Waiting] = []

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to write."""
        return not any(self.changes.values())

    def write(self, connection: sqlite3.Connection, tables: Mapping[str, Table]) -> None:
        """Write all of it in one transaction, or nothing."""
        connection.execute("BEGIN")
        try:
            for name, changes in self.changes.items():
                table = tables[name]
                gone = [key for key, row in changes.items() if row is None]
                kept = [row for row in changes.values() if row is not None]
                if gone:
                    connection.executemany(table.delete(name), gone)
                if kept:
                    connection.executemany(table.put(name), kept)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
