"""What an error of PostgreSQL means: one of `zapette_broker.storage.store_errors`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import psycopg

from zapette_broker.storage.store_errors import (
    ForeignStore,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)

NAME: Final = "PostgreSQL"

_FOREIGN: Final = "another program uses it, and it stays unchanged ({reason}); name an empty one"
_KINDS: Final[Mapping[str, tuple[type[StoreError], str]]] = {
    "57014": (StoreBusy, "a statement took too long and was ended"),
    "55P03": (StoreBusy, "another process has locked it"),
    "40001": (StoreBusy, "another process has changed the same"),
    "40P01": (StoreBusy, "another process has locked it"),
    "53300": (StoreBusy, "it has too many connections"),
    "53200": (StoreBusy, "it is out of memory"),
    "53100": (StoreFull, "its disk is full; make room"),
    # a standby that takes over will be writable
    "25006": (StoreError, "it cannot be written: it is read-only, or a standby"),
    "42501": (StoreReadOnly, "its role has too few rights ({reason})"),
    "42710": (ForeignStore, _FOREIGN),
    "42723": (ForeignStore, _FOREIGN),
    "42P07": (ForeignStore, _FOREIGN),
    "42P01": (StoreDamaged, "damaged ({reason}); restore a backup"),
    "42703": (StoreDamaged, "damaged ({reason}); restore a backup"),
    "58030": (StoreError, "it cannot read or write its files"),
    "XX001": (StoreDamaged, "damaged ({reason}); restore a backup"),
    "XX002": (StoreDamaged, "damaged ({reason}); restore a backup"),
}
_GONE: Final = ("08", "57P")
_ATTEMPTS: Final = "Multiple connection attempts failed"
_FAILED: Final = re.compile(r"^connection (failed|is bad): ")
_MOST: Final = 200


def store_error(error: psycopg.Error) -> StoreError | None:
    """Return what an error means; None for a mistake of the program."""
    code = error.sqlstate or ""
    reason = _line(error)
    if code in _KINDS:
        kind, text = _KINDS[code]
        return kind(f"{NAME}: {text.format(reason=reason)}")
    if code.startswith(_GONE) or (not code and isinstance(error, psycopg.OperationalError)):
        return StoreUnreachable(f"{NAME}: it cannot be reached ({reason})")
    if isinstance(error, psycopg.OperationalError | psycopg.InternalError):
        return StoreError(f"{NAME}: {reason}")
    return None


def _line(error: psycopg.Error) -> str:
    """Return the line that says why: the last one before a summary of attempts, without hints."""
    text = (error.diag.message_primary or str(error)).partition(_ATTEMPTS)[0]
    lines = [it.strip() for it in text.splitlines()]
    said = [it for it in lines if it and not it.endswith("?")]
    return _FAILED.sub("", said[-1])[:_MOST] if said else type(error).__name__
