"""The data folder: the signing secret, the first account's password, and the stores' paths."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_broker.storage.store_errors import StoreDamaged, StoreError, os_error
from zapette_server.storage import private_file
from zapette_server.storage.folder_lock import FolderLock

HOME: Final = "home"
"""The household account that the first start makes."""

SETUP: Final = "setup"
"""The name of the lock that a process holds while it creates files."""

ASIDE: Final = "before-restore-"
"""How the name of a folder begins that holds what a restored backup replaced."""

RESTORING: Final = ".restoring"
"""The name of a folder that is there while a backup takes the place of what was there."""

_SECRET_BYTES: Final = 32
_SECRET: Final = "secret"  # noqa: S105 - the name of its file
_PASSWORD: Final = "home-password"  # noqa: S105 - the name of its file
_TIMEOUT: Final = 10.0

SECRETS: Final[Mapping[str, Callable[[], str]]] = {
    _SECRET: lambda: secrets.token_hex(_SECRET_BYTES),
    _PASSWORD: lambda: secrets.token_urlsafe(12),
}
"""The files that are created once, with what creates their content."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The files of one household, readable by their owner only.

    Attributes:
        path: the folder, mode 0700.
        secret: the signing secret, 32 bytes.
        home_password: the password of the account ``home``.
    """

    path: Path
    secret: bytes
    home_password: str

    @classmethod
    def open(cls, path: Path) -> DataFolder:
        """Open the folder; create it, the secret and the password if they are missing.

        Several processes may open it at once: the first to lock it creates the files.

        Raises:
            StoreError: the folder or a file in it cannot be created or read, or is malformed.
        """
        make_folder(path)
        check_whole(path)
        try:
            if not all((path / name).exists() for name in SECRETS):
                with FolderLock(path, SETUP).held(_TIMEOUT):
                    for name, new in SECRETS.items():
                        _keep(path / name, new())
        except OSError as error:
            raise _folder_error(path, error) from error
        return cls.read(path)

    @classmethod
    def read(cls, path: Path) -> DataFolder:
        """Read the secret and the password of a folder, and change nothing.

        Raises:
            StoreError: one of them is missing, cannot be read or is malformed.
        """
        check_whole(path)
        key = read_secret(path)
        try:
            # A crash may leave zeros.
            password = (path / _PASSWORD).read_text().strip().strip("\0")
        except (OSError, UnicodeDecodeError) as error:
            raise _folder_error(path, error) from error
        if not password:
            # An empty password would admit everybody.
            raise StoreDamaged(f"{path / _PASSWORD}: no password in it; restore it or remove it")
        return cls(path, key, password)

    @property
    def accounts(self) -> Path:
        """The file of the added accounts: ``name:hash`` lines."""
        return self.path / "accounts"

    @property
    def registry(self) -> Path:
        """The SQLite file of the players."""
        return self.path / "players.db"

    @property
    def grants(self) -> Path:
        """The SQLite file of the tokens of remotes and guests."""
        return self.path / "visitors.db"

    @property
    def messages(self) -> Path:
        """The SQLite file of the broker's retained messages and sessions."""
        return self.path / "broker.db"

    @property
    def library(self) -> Path:
        """The SQLite file of the library's index, which may be removed at any time."""
        return self.path / "library.db"

    @property
    def thumbnails(self) -> Path:
        """The folder of small pictures, which may be removed at any time."""
        return self.path / "thumbnails"

    @property
    def subtitles(self) -> Path:
        """The folder of subtitles from inside films, which may be removed at any time."""
        return self.path / "subtitles"

    @property
    def streams(self) -> Path:
        """The folder of converted parts of films, which is emptied at each start."""
        return self.path / "streams"

    @property
    def uploads(self) -> Path:
        """The folder of files from phones, which are deleted after they were played."""
        return self.path / "uploads"


def check_whole(path: Path) -> None:
    """Raise StoreDamaged if a restore into the folder was cut off."""
    # a new secret in the place of one that was moved aside would end all links
    if os.path.lexists(path / RESTORING):
        raise StoreDamaged(
            f"data folder {path}: a restore was interrupted; repeat `zapette restore`"
            f" (what was there before is in its folder {ASIDE}…)"
        )


def read_secret(path: Path) -> bytes:
    """Read the signing secret of a folder.

    Raises:
        StoreError: it is missing, cannot be read or is malformed.
    """
    try:
        secret = (path / _SECRET).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _folder_error(path, error) from error
    try:
        key = bytes.fromhex(secret)
    except ValueError:
        key = b""
    if len(key) != _SECRET_BYTES:
        raise StoreDamaged(f"{path / _SECRET}: not a signing secret; restore it or remove it")
    return key


def make_folder(path: Path) -> Path:
    """Create the folder if it is missing, and return it.

    Raises:
        StoreError: it cannot be created.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _folder_error(path, error) from error
    return path


def _folder_error(path: Path, error: OSError | UnicodeDecodeError) -> StoreError:
    found = os_error(path, error) if isinstance(error, OSError) else StoreError(str(error))
    return type(found)(f"data folder {found}")


def _keep(file: Path, text: str) -> None:
    """Write `text` to `file` if that is missing; the caller holds the lock."""
    if not file.exists():
        private_file.write(file, text + "\n")
