"""The data folder: the signing secret, the first account's password, and where the stores are."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette.errors import StoreError

HOME: Final = "home"
"""The household account that the first start makes."""

_SECRET_BYTES: Final = 32


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
        """Open the folder, making it and what it must hold if they are not there yet.

        Several processes may open one folder at once: the first to write a file wins.

        Raises:
            StoreError: the folder or a file in it cannot be made, read or understood.
        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = _keep(path / "secret", secrets.token_hex(_SECRET_BYTES))
            password = _keep(path / "home-password", secrets.token_urlsafe(12))
        except OSError as error:
            raise StoreError(f"data folder {path}: {error.strerror or error}") from error
        try:
            key = bytes.fromhex(secret)
        except ValueError:
            key = b""
        if len(key) != _SECRET_BYTES:
            raise StoreError(f"{path / 'secret'}: not a signing secret; restore it or remove it")
        return cls(path, key, password)

    @property
    def accounts(self) -> Path:
        """The file of the accounts that a person added: ``name:hash`` lines."""
        return self.path / "accounts"

    @property
    def registry(self) -> Path:
        """The SQLite file of the players."""
        return self.path / "players.db"

    @property
    def visitors(self) -> Path:
        """The SQLite file of the tokens that remotes and guests were given."""
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


def _keep(file: Path, text: str) -> str:
    """Return what `file` holds, after writing `text` to it, whole, if it is not there."""
    if not file.exists():
        descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 0600
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            # link, unlike rename, refuses to replace what another process wrote meanwhile
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    return file.read_text().strip()
