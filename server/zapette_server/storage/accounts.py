"""The household's accounts: names and hashed passwords, in a file that amqtt's plugin reads too."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.rights import RESERVED_NAMES
from zapette_server.errors import AccountError
from zapette_server.storage import private_file
from zapette_server.storage.data_folder import SETUP
from zapette_server.storage.folder_lock import FolderLock

_TIMEOUT: Final = 10.0
_NAME: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


class Accounts:
    """The accounts in one file of ``name:hash`` lines (Argon2id), mode 0600."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._hasher = PasswordHasher()

    def names(self) -> list[str]:
        """Return the names, sorted.

        Raises:
            StoreError: the file cannot be read or has a malformed line.
        """
        return sorted(self._read())

    def hashes(self) -> dict[str, str]:
        """Return the hash of each name; raises the errors of `names`."""
        return self._read()

    def add(self, name: str, password: str) -> None:
        """Add an account, or give an existing one a new password.

        Raises:
            AccountError: the name is reserved or malformed, or the password is empty.
        """
        if _NAME.fullmatch(name) is None or name in RESERVED_NAMES:
            raise AccountError(
                name,
                f"account name {name!r}: 1 to 64 of letters, digits, _ . @ - are needed, "
                f"and none of {', '.join(sorted(RESERVED_NAMES))}",
            )
        if not password:
            raise AccountError(name, "the password is empty")
        hashed = self._hasher.hash(password)
        with self._alone():
            self._write(self._read() | {name: hashed})

    def remove(self, name: str) -> None:
        """Remove an account.

        Raises:
            AccountError: there is no account of this name.
        """
        with self._alone():
            accounts = self._read()
            if name not in accounts:
                raise AccountError(name, f"there is no account {name!r}")
            del accounts[name]
            self._write(accounts)

    def verify(self, hashed: str, password: str) -> bool:
        """Return whether `hashed` is a hash of `password`; takes some 30 ms of a core."""
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _alone(self) -> AbstractContextManager[None]:
        """Keep other commands from changing the file meanwhile."""
        return FolderLock(self._file.parent, SETUP).held(_TIMEOUT)

    def _read(self) -> dict[str, str]:
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"accounts {self._file}: {error}") from error
        accounts: dict[str, str] = {}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, separator, hashed = line.strip().partition(":")
            if not separator or not hashed:
                raise StoreError(f"accounts {self._file}, line {number}: not name:hash")
            accounts[name] = hashed
        return accounts

    def _write(self, accounts: dict[str, str]) -> None:
        lines = (f"{name}:{hashed}\n" for name, hashed in sorted(accounts.items()))
        private_file.write(self._file, "".join(lines))
