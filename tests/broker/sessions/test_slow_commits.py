"""What happens while the store has not yet written what a client changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.broker.desk import Desk
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, publish, subscribe
from tests.conformance.wire.properties import Property
from zapette_broker.sessions.outgoing import Outgoing
from zapette_broker.sessions.session import Session, Subscription
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store_errors import StoreError

LASTING = (Property.SESSION_EXPIRY, 100)


class SlowStore(StateStore):
    """Commits when it is told to."""

    def __init__(self) -> None:
        self._changes = 0
        self._acts: list[Callable[[], None]] = []

    @property
    def changed(self) -> int:
        return self._changes

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,  # noqa: ARG002
    ) -> None:
        self._acts.append(act)

    def commit(self) -> None:
        """Commit all changes, those included that follow from it."""
        while self._acts:
            self._acts.pop(0)()

    def save(self, session: Session, ends_at: float | None) -> None:  # noqa: ARG002
        session.stored = session.expiry > 0
        self._changes += session.stored

    def subscribe(self, subscription: Subscription) -> None:
        self._changes += subscription.session.stored

    def queue(self, session: Session, outgoing: Outgoing) -> None:
        if session.stored:
            self._changes += 1
            outgoing.row = self._changes

    def advance(self, session: Session, outgoing: Outgoing) -> None:  # noqa: ARG002
        self._changes += outgoing.row > 0


class SlowDesk(Desk):
    """A desk on a slow store."""

    def __init__(self) -> None:
        self.store = SlowStore()
        super().__init__(store=self.store)

    def commit(self) -> None:
        self.store.commit()
        self._turns.take()


@pytest.fixture
def desk() -> SlowDesk:
    return SlowDesk()


CONNECT = Connect("reader", Version.V5, clean=False, properties=(LASTING,)).encode()


def test_messages_before_connack_hold_nothing_up_after_it(desk: SlowDesk) -> None:
    reader, _ = desk.open()
    desk.feed(reader, CONNECT)
    desk.commit()
    desk.feed(reader, subscribe(1, ("open/door", 0), version=Version.V5))
    desk.commit()
    reader.lost(None)
    writer, _ = desk.connect("writer")
    reader, to_reader = desk.open()
    desk.feed(reader, CONNECT)
    packet = publish("open/door", b"!", version=Version.V5)
    desk.feed(writer, packet)
    assert to_reader.take() == b""
    desk.commit()
    assert to_reader.take().endswith(packet)
    desk.feed(writer, packet * 2)
    assert to_reader.take() == packet * 2
