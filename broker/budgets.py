"""What sessions may hold together: by grant, by group of grants, and in whole; no I/O.

A client that is away may use half of a budget, so that it never stands in the way of one that is
there. A quarter of the whole queues and a tenth of everything else are a reserve for those whose
terms say so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from broker.limits import Limits
    from broker.session import Session

WHOLE: Final = object()


@dataclass(frozen=True, slots=True)
class Budget:
    """What all sessions with one key may hold together.

    Attributes:
        key: what they have in common.
        sessions: how many they are, connected or not.
        subscriptions: their filters.
        queued_bytes: what waits for them.
    """

    key: Hashable
    sessions: int
    subscriptions: int
    queued_bytes: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What comes with a grant besides its rights.

    Attributes:
        budgets: those its sessions draw on, the narrowest first; the whole is added to them.
        reserve: whether they may use what is kept in reserve.
        session_expiry: seconds that a session may outlive its connection; None for the limit.
    """

    budgets: tuple[Budget, ...] = ()
    reserve: bool = True
    session_expiry: int | None = None


ANY: Final = Terms()

TermsOf = Callable[[Hashable | None], Terms]
"""Returns the terms of a grant by its tag: a stored session has no more than that."""


class Usage:
    """What is used of a budget now.

    Attributes:
        budget: the budget.
        sessions: how many draw on it.
        subscriptions: their filters.
        queued_bytes: what waits for them.
        absent: those without connection that may be ended for others, the longest away first.
    """

    __slots__ = ("absent", "budget", "queued_bytes", "sessions", "subscriptions")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.sessions = 0
        self.subscriptions = 0
        self.queued_bytes = 0
        self.absent: dict[Session, None] = {}


class Budgets:
    """Keeps count of what sessions hold.

    Args:
        limits: those of the whole.
        terms_of: the terms of a grant.
    """

    def __init__(self, limits: Limits, terms_of: TermsOf | None = None) -> None:
        self.terms_of: TermsOf = terms_of or (lambda _: ANY)
        self.whole = Usage(
            Budget(
                WHOLE,
                limits.max_sessions,
                limits.max_total_subscriptions,
                limits.max_total_queued_bytes,
            )
        )
        self._usages: dict[Hashable, Usage] = {}

    def __len__(self) -> int:
        """Return how many budgets are drawn on, the whole left out."""
        return len(self._usages)

    def session_to_end(self, terms: Terms) -> Session | None:
        """Return the session that has to go before one more on these terms; None if none has to.

        The one of the same grant that is away longest; where the whole is used up, of all.

        Raises:
            OverBudgetError: there is no room, and none can be made.
        """
        for budget in terms.budgets:
            usage = self._usages.get(budget.key)
            if usage is not None and usage.sessions >= budget.sessions:
                return _first(usage)
        whole = self.whole
        most = whole.budget.sessions
        if whole.sessions < (most if terms.reserve else most - most // 10):
            return None
        for budget in terms.budgets:
            usage = self._usages.get(budget.key)
            if usage is not None and usage.absent:
                return _first(usage)
        return _first(whole)

    def enter(self, session: Session, terms: Terms) -> None:
        """Count a session, and what it holds already, on these terms."""
        session.reserve = terms.reserve
        session.usages = (*map(self._usage, terms.budgets), self.whole)
        for usage in session.usages:
            usage.sessions += 1
            usage.subscriptions += len(session.subscriptions)
            usage.queued_bytes += session.charged
        if session.connection is None:
            self.away(session)

    def leave(self, session: Session) -> None:
        """Count a session no more."""
        for usage in session.usages:
            usage.sessions -= 1
            usage.subscriptions -= len(session.subscriptions)
            usage.queued_bytes -= session.charged
            usage.absent.pop(session, None)
            if not usage.sessions and usage is not self.whole:
                self._usages.pop(usage.budget.key, None)
        session.usages = ()

    def away(self, session: Session) -> None:
        """Take note that the session has no connection any more."""
        for usage in session.usages:
            if usage is not self.whole or not session.reserve:
                usage.absent[session] = None

    def back(self, session: Session) -> None:
        """Take note that the session has a connection again."""
        for usage in session.usages:
            usage.absent.pop(session, None)

    def may_subscribe(self, session: Session) -> bool:
        """Tell whether there is room for one more subscription of the session."""
        for usage in session.usages:
            most = usage.budget.subscriptions
            if usage is self.whole and not session.reserve:
                most -= most // 10
            if usage.subscriptions >= most:
                return False
        return True

    def may_queue(self, session: Session, size: int) -> bool:
        """Tell whether `size` more bytes may wait for the session."""
        for usage in session.usages:
            most = usage.budget.queued_bytes
            if not session.reserve or usage is not self.whole:
                if session.connection is None:
                    most //= 2
                elif usage is self.whole:
                    most -= most // 4
            if usage.queued_bytes + size > most:
                return False
        return True

    def _usage(self, budget: Budget) -> Usage:
        usage = self._usages.get(budget.key)
        if usage is None:
            usage = self._usages[budget.key] = Usage(budget)
        return usage


class OverBudgetError(Exception):
    """There is no room for another session, and none can be made."""


def _first(usage: Usage) -> Session:
    try:
        return next(iter(usage.absent))
    except StopIteration:
        of_all = usage.budget.key is WHOLE
        raise OverBudgetError(
            "too many sessions" if of_all else "too many sessions by one grant"
        ) from None
