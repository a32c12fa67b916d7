"""What the broker keeps for the time after a crash; by itself it keeps nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from zapette_broker.message import Message
from zapette_broker.sessions.outgoing import Outgoing
from zapette_broker.sessions.session import NEVER, Session, Subscription
from zapette_broker.storage.store_errors import StoreError


@dataclass(slots=True)
class Snapshot:
    """The stored state of a broker.

    Attributes:
        retained: retained messages.
        sessions: with their subscriptions and what is under way; and Unix times at which
            they end, None for those that were connected.
        wills: of clients that were connected: message, delay and who left it, by client id.
    """

    retained: list[Message] = field(default_factory=list)
    sessions: list[tuple[Session, float | None]] = field(default_factory=list)
    wills: dict[str, tuple[Message, float, str | None]] = field(default_factory=dict)


class StateStore:
    """The store of a broker that has everything in memory only."""

    on_failure: Callable[[StoreError], None] | None = None
    """Called in the loop each time a commit fails."""

    def load(self, most_queued: int, *, repair: bool) -> Snapshot:  # noqa: ARG002
        """Return the stored state, and begin to write.

        Args:
            most_queued: bytes of queued messages to keep, the oldest; the rest is dropped.
            repair: whether to put a damaged file aside and to go on with what can be read.

        Raises:
            StoreError: the file cannot be used.
        """
        return Snapshot()

    async def stop(self) -> None:
        """Write what is left to write."""

    def check(self) -> None:
        """Check that the last write worked; StoreError if not."""

    @property
    def changed(self) -> int:
        """Return a number that every change changes."""
        return 0

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,  # noqa: ARG002
    ) -> None:
        """Act when all changes so far are durable, at once if they are.

        If they cannot be written now, `on_failure` is called instead, if there is one. The changes
        are kept, and written as soon as possible.
        """
        act()

    def retain(self, message: Message) -> None:
        """Keep the retained message of a topic."""

    def clear(self, topic: str) -> None:
        """Forget the retained message of a topic."""

    def save(self, session: Session, ends_at: float | None) -> None:
        """Keep a session that outlives its connection, without what it holds, and forget others.

        `ends_at` is in Unix time.
        """

    def drop(self, session: Session) -> None:
        """Forget the session and all it holds."""

    def subscribe(self, subscription: Subscription) -> None:
        """Keep a subscription, if its session is kept."""

    def unsubscribe(self, session: Session, name: str) -> None:
        """Forget a subscription."""

    def queue(self, session: Session, outgoing: Outgoing) -> None:
        """Keep a message for a session, if the session is kept."""

    def advance(self, session: Session, outgoing: Outgoing) -> None:
        """Keep how far the delivery of a message has come, if the message is kept."""

    def delivered(self, outgoing: Outgoing) -> None:
        """Forget a message of a session."""

    def receive(self, session: Session, packet_id: int) -> None:
        """Keep the identifier of a QoS 2 message that came in, if the session is kept."""

    def release(self, session: Session, packet_id: int) -> None:
        """Forget the identifier of a QoS 2 message."""

    def set_will(self, session: Session, message: Message, delay: float) -> None:
        """Keep the will of a client that is connected."""

    def clear_will(self, client_id: str) -> None:
        """Forget a will."""


def unix_end(expiry: int) -> float | None:
    """Return when a session ends whose connection ends now; None for never."""
    return None if expiry == NEVER else time.time() + expiry
