"""Household accounts over HTTP: a name and a password with each request (RFC 7617)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from typing import Final

from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import HOME
from zapette_webapp.access.token_buckets import EVERYBODY, TokenBuckets
from zapette_webapp.errors import NotReady, TooManyRequests

_MOST_REMEMBERED: Final = 256
_TURN_TIMEOUT: Final = 0.5


class HouseholdAccounts:
    """Checks names and passwords.

    A correct password is kept as a keyed digest, so that the slow hash is computed once. Guesses
    are limited for each client and for all together, and take one core at most.

    Args:
        accounts: the accounts that people added.
        home_password: the password of the account ``home``.
    """

    def __init__(self, accounts: Accounts, home_password: str) -> None:
        self._accounts = accounts
        self._home_password = home_password.encode()
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._remembered: dict[bytes, None] = {}
        self._hashing = threading.Lock()
        self._each = TokenBuckets(burst=10, per_second=0.2)
        self._all = TokenBuckets(burst=50, per_second=2)

    def has(self, name: str, password: str, client: str) -> bool:
        """Return whether this is the password of the account `name`.

        Args:
            name: the account.
            password: what the client sent.
            client: the client, for the limits.

        Raises:
            StoreError: the accounts cannot be read.
            TooManyRequests: the client, or all together, sent too many wrong ones.
            NotReady: too many are being checked.
        """
        if name == HOME:
            if hmac.compare_digest(password.encode(), self._home_password):
                return True
            self._count_wrong(client)
            return False
        hashed = self._accounts.hashes().get(name)
        if hashed is None:
            self._count_wrong(client)
            return False
        digest = hmac.digest(self._key, f"{hashed}\0{password}".encode(), hashlib.sha256)
        with self._lock:
            if digest in self._remembered:
                return True
        # Counted before the slow hash, which must not run for a client that exceeds its rate.
        self._count_wrong(client)
        if not self._verify(hashed, password):
            return False
        with self._lock:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[digest] = None
        return True

    def mark(self, name: str) -> str | None:
        """Return another text for each password that an account has; None if there is no account.

        Raises:
            StoreError: the accounts cannot be read.
        """
        return "" if name == HOME else self._accounts.hashes().get(name)

    def _verify(self, hashed: str, password: str) -> bool:
        # One at a time: each takes 64 MiB and a core.
        if not self._hashing.acquire(timeout=_TURN_TIMEOUT):
            raise NotReady("another password is being checked")
        try:
            return self._accounts.verify(hashed, password)
        finally:
            self._hashing.release()

    def _count_wrong(self, client: str) -> None:
        for throttle, address in ((self._each, client), (self._all, EVERYBODY)):
            if (seconds := throttle.take(address)) > 0:
                raise TooManyRequests(seconds)
