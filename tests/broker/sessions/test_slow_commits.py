"""What happens while the store has not yet written what a client changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.broker.desk import Desk, Everybody
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will, disconnect, publish, subscribe
from tests.conformance.wire.properties import Property
from tests.waiting import HANG_TIMEOUT
from zapette_broker.access.authenticator import Authenticator, ConnectRequest, Grant
from zapette_broker.hooks import Hooks, Operation
from zapette_broker.limits import Limits
from zapette_broker.message import Message
from zapette_broker.sessions.outgoing import Outgoing
from zapette_broker.sessions.session import Session, Subscription
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store_errors import StoreError

LASTING = (Property.SESSION_EXPIRY, 100)


class SlowStore(StateStore):
    """Commits on command."""

    def __init__(self) -> None:
        self._changes = 0
        self._acts: list[Callable[[], None]] = []
        self.wills: set[str] = set()

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

    def set_will(self, session: Session, message: Message, delay: float) -> None:  # noqa: ARG002
        self.wills.add(session.client_id)

    def clear_will(self, client_id: str) -> None:
        self.wills.discard(client_id)

    def receive(self, session: Session, packet_id: int) -> None:  # noqa: ARG002
        self._changes += session.stored

    def advance(self, session: Session, outgoing: Outgoing) -> None:  # noqa: ARG002
        self._changes += outgoing.row > 0


class SlowDesk(Desk):
    """A desk on a slow store."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        authenticator: Authenticator | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.store = SlowStore()
        super().__init__(limits, store=self.store, authenticator=authenticator, hooks=hooks)

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


def test_an_alias_is_defined_before_it_is_used(desk: SlowDesk) -> None:
    aliases = (Property.TOPIC_ALIAS_MAXIMUM, 4)
    reader, to_reader = desk.open()
    desk.feed(reader, Connect("reader", Version.V5, properties=(LASTING, aliases)).encode())
    desk.commit()
    desk.feed(reader, subscribe(1, ("open/door", 2), version=Version.V5))
    desk.commit()
    to_reader.take()
    writer, _ = desk.connect("writer")
    stored = publish("open/door", b"!", qos=2, packet_id=1, version=Version.V5)
    desk.feed(writer, stored + publish("open/door", b"?", version=Version.V5))
    alias = ((Property.TOPIC_ALIAS, 1),)
    first = publish("open/door", b"?", properties=alias, version=Version.V5)
    assert to_reader.take() == first
    desk.commit()
    assert to_reader.take() == stored


def test_a_retained_message_does_not_come_behind_a_newer_one(desk: SlowDesk) -> None:
    writer, _ = desk.connect("writer")
    desk.feed(writer, publish("open/door", b"old", retain=True, version=Version.V5))
    reader, to_reader = desk.open()
    desk.feed(reader, CONNECT)
    desk.commit()
    desk.feed(reader, subscribe(1, ("open/door", 0), version=Version.V5))
    desk.feed(writer, publish("open/door", b"new", retain=True, version=Version.V5))
    desk.commit()
    sent = to_reader.take()
    assert sent.count(b"new") == 2
    assert b"old" not in sent


class EverybodyLater(Everybody):
    """Lets everybody in, after some thought."""

    def authenticate(self, request: ConnectRequest) -> Coroutine[Any, Any, Grant]:  # type: ignore[override]
        async def grant() -> Grant:
            return Everybody.authenticate(self, request)

        return grant()


def test_a_client_that_is_gone_at_once_leaves_no_will() -> None:
    desk = SlowDesk(authenticator=EverybodyLater())
    client, recorder = desk.open()
    connect = Connect("client", Version.V5, will=Will("open/will"))

    async def come_and_go() -> None:
        desk.feed(client, connect.encode() + disconnect())
        while not client.over:
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(come_and_go(), HANG_TIMEOUT))
    assert recorder.events[-1] == "close"
    assert desk.store.wills == set()


class SlowReviewer(Hooks):
    """Permits everything, but only on command."""

    filters = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = asyncio.Event()

    async def may(self, session: Session, topic: str, operation: Operation) -> bool:  # noqa: ARG002
        self.asked.append(topic)
        await self.answer.wait()
        self.answer.clear()
        return True


async def take_turns() -> None:
    """Let all tasks go on as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_plugin_is_asked_about_one_message_at_a_time() -> None:
    """Also if a commit takes longer: otherwise the messages might change their order."""
    reviewer = SlowReviewer()
    desk = SlowDesk(Limits(receive_maximum=1), hooks=reviewer)
    topics = ["open/1", "open/2", "open/3"]
    packets = [
        publish(topic, b"!", qos=2, packet_id=number, version=Version.V311)
        for number, topic in enumerate(topics, 1)
    ]

    async def publish_all() -> None:
        client, _ = desk.open()
        desk.feed(client, Connect("client", Version.V311, clean=False).encode())
        desk.commit()
        desk.feed(client, b"".join(packets))
        for number in range(1, 4):
            await take_turns()
            assert reviewer.asked == topics[:number]
            reviewer.answer.set()
            await take_turns()
            desk.commit()

    asyncio.run(publish_all())
