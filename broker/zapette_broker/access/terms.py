"""The terms of a grant, apart from its rights: which budgets it uses."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """What all sessions with one key may hold together.

    Attributes:
        key: the key that they share.
        sessions: the number of sessions, connected or not.
        subscriptions: the number of their filters.
        queued_bytes: the size of the messages queued for them.
    """

    key: Hashable
    sessions: int
    subscriptions: int
    queued_bytes: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a grant.

    Attributes:
        budgets: the budgets its sessions use, the narrowest first; the total is added to them.
        reserve: whether they may use the reserve.
        session_expiry: seconds that a session may outlive its connection; None for the limit.
    """

    budgets: tuple[Budget, ...] = ()
    reserve: bool = True
    session_expiry: int | None = None


ANY: Final = Terms()

TermsOf = Callable[[Hashable | None], Terms]
"""Returns the terms of a grant by its tag: a stored session has no more than that."""
