"""What sessions may hold together: by grant, by group of grants, and in total; no I/O.

For retained messages, see `zapette_broker.routing.retention`.

Clients that are away may use half of a budget, so they never block connected ones. A quarter of all
queues and a tenth of everything else are a reserve for grants whose terms say so.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from zapette_broker.access.terms import ANY, Budget, Terms, TermsOf
from zapette_broker.limits import Limits
from zapette_broker.sessions.session import Session, Usage

WHOLE: Final = object()


class Budgets:
    """Counts what sessions hold.

    Args:
        limits: the limits of the whole broker.
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
        """Return how many budgets are in use, without the total."""
        return len(self._usages)

    def session_to_end(self, terms: Terms) -> Session | None:
        """Return the session that must end before one more on these terms; None if there is room.

        It is the one of the same grant that has been away longest; if the total is used up, of all.

        Raises:
            OverBudgetError: there is no room, and no session may end.
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

    @property
    def is_full(self) -> bool:
        """Whether a new session without the reserve finds no room, and none can be made for it."""
        most = self.whole.budget.sessions
        return self.whole.sessions >= most - most // 10 and not self.whole.absent

    def enter(self, session: Session, terms: Terms) -> None:
        """Count a session on these terms, with what it already holds."""
        session.reserve = terms.reserve
        session.usages = (*map(self._usage, terms.budgets), self.whole)
        for usage in session.usages:
            usage.sessions += 1
            usage.subscriptions += len(session.subscriptions)
            usage.queued_bytes += session.charged
        if session.connection is None:
            self.away(session)

    def leave(self, session: Session) -> None:
        """Stop counting a session."""
        for usage in session.usages:
            usage.sessions -= 1
            usage.subscriptions -= len(session.subscriptions)
            usage.queued_bytes -= session.charged
            usage.absent.pop(session, None)
            if not usage.sessions and usage is not self.whole:
                self._usages.pop(usage.budget.key, None)
        session.usages = ()

    def away(self, session: Session) -> None:
        """Record that the session has lost its connection."""
        for usage in session.usages:
            if usage is not self.whole or not session.reserve:
                usage.absent[session] = None

    def may_subscribe(self, session: Session) -> bool:
        """Return whether there is room for one more subscription of the session."""
        for usage in session.usages:
            most = usage.budget.subscriptions
            if usage is self.whole and not session.reserve:
                most -= most // 10
            if usage.subscriptions >= most:
                return False
        return True

    def may_queue(self, session: Session, size: int) -> bool:
        """Return whether `size` more bytes may be queued for the session."""
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
    """There is no room for another session, and no session may end for it."""


def _first(usage: Usage) -> Session:
    try:
        return next(iter(usage.absent))
    except StopIteration:
        of_all = usage.budget.key is WHOLE
        raise OverBudgetError(
            "too many sessions" if of_all else "too many sessions for one grant"
        ) from None
