"""Up to when tokens are void, in the whole seconds of NATS; no I/O.

A revocation names a user key and a time: the tokens issued up to it are void. All phones that came
by one code share a key, so that one entry ends a code, however many tokens it gave. It also ends
the other phones of a player that disconnects one of them; they return at once with new tokens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SLACK: Final = 3600
"""Seconds after the end of a code in which a slow process may still issue a token by it."""

MOST: Final = 5000
"""The most entries: more would not fit into a message of a node (1 MiB)."""

EVERYBODY: Final = "*"


def void_until(moments: Iterable[float]) -> int:
    """Return the second up to which tokens are void, given each revocation of one key; 0 if none.

    A token issued after one revocation is dated after it, even within the same second, so that each
    revocation must reach a second further than the one before.
    """
    until = 0
    for moment in sorted(moments):
        until = max(int(moment), until + 1)
    return until


def bounded(revocations: dict[str, int]) -> dict[str, int]:
    """Return the revocations, or, if they are too many, one of all tokens up to the last."""
    if len(revocations) <= MOST:
        return revocations
    return {EVERYBODY: max(revocations.values())}
