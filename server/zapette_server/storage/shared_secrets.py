"""The secrets that all web sides of one database share, with a copy in each data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zapette_broker.storage.store_errors import StoreError, UnusableStore, os_error
from zapette_server.storage import data_folder, private_file
from zapette_server.storage.connection import Connection
from zapette_server.storage.folder_lock import FolderLock

TABLE: Final = """
CREATE TABLE IF NOT EXISTS household (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
"""
_TIMEOUT: Final = 10.0


def join(database: Connection, folder: Path) -> None:
    """Add a data folder to the household of `database`.

    The first folder gives its secrets to the database, and new folders get them from there.

    Raises:
        UnusableStore: the folder belongs to another household.
        StoreError: the database or the folder cannot be used.
    """
    data_folder.check_whole(folder)
    try:
        with FolderLock(folder, data_folder.SETUP).held(_TIMEOUT):
            for name, new in data_folder.SECRETS.items():
                file = folder / name
                own = file.read_text().strip() if file.exists() else None
                shared = _shared(database, name, own or new())
                if own is None:
                    private_file.write(file, shared + "\n")
                elif own != shared:
                    raise UnusableStore(
                        f"{file}: it differs from that of the database, which other web sides use;"
                        " name an empty folder with --data, or another database"
                    )
    except OSError as error:
        raise os_error(folder, error) from error
    except UnicodeDecodeError as error:
        raise StoreError(f"data folder {folder}: {error}") from error


def _shared(database: Connection, name: str, own: str) -> str:
    """Return the database's secret, which is `own` if it had none."""
    database.write("INSERT INTO household VALUES (?, ?) ON CONFLICT DO NOTHING", (name, own))
    ((shared,),) = database.read("SELECT value FROM household WHERE name = ?", (name,))
    return str(shared)
