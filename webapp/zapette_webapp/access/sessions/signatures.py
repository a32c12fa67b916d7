"""Signed addresses, for those who have neither a cookie nor a token; no I/O.

A signature admits to one path for some time, whatever the rest of the query. Of a stream, it admits
to all that is made from one medium.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlencode, urlsplit

from zapette_server.access.credentials import Keyring

EXPIRES: Final = "expires"
SIGNATURE: Final = "signature"
"""The names of the query's parameters."""

PERIOD: Final = 7 * 24 * 3600
"""Seconds for which an address is valid at least, and two times as many at most.

All addresses of one period expire together, so that they stay the same and browsers can cache them.
"""

_PURPOSE: Final = "address"
_STREAMS: Final = "/streams/"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signs addresses and checks their signatures.

    Attributes:
        keyring: signs.
        clock: returns Unix seconds.
    """

    keyring: Keyring
    clock: Callable[[], float] = time.time

    def signed(self, address: str) -> str:
        """Return `address`, relative to the pages and perhaps with a query, with its signature."""
        parts = urlsplit(address)
        return f"{address}{'&' if parts.query else '?'}{self.query('/' + unquote(parts.path))}"

    def end(self) -> int:
        """Return when the addresses end that are signed now, in Unix seconds."""
        return (int(self.clock()) // PERIOD + 2) * PERIOD

    def query(self, path: str) -> str:
        """Return the signature of `path`, decoded and from the pages' root, as a query."""
        expires = str(self.end())
        seal = self.keyring.seal(_PURPOSE, scope(path), expires)
        return urlencode({EXPIRES: expires, SIGNATURE: seal})

    def admits(self, path: str, expires: str, signature: str) -> bool:
        """Return whether a signature is of `path` and has not expired."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            return False
        is_sealed = self.keyring.is_sealed(signature, _PURPOSE, scope(path), expires)
        return is_sealed and int(expires) > self.clock()


def scope(path: str) -> str:
    """Return what a signature is bound to: the path, or of a stream the folder of its medium."""
    if not path.startswith(_STREAMS):
        return path
    # /streams/<medium>/<plan>/<file>: the parts of every plan belong to one medium.
    return path.rsplit("/", 2)[0]
