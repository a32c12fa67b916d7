"""How long wills, messages and sessions last, also if the clock of the machine is set."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.broker.desk import Desk
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will, publish, subscribe
from tests.conformance.wire.properties import Property
from zapette_broker.message import Message
from zapette_broker.sessions.session import Session
from zapette_broker.storage.state_store import Snapshot
from zapette_broker.timer_wheel import TICK

MINUTE = ((Property.MESSAGE_EXPIRY, 60),)
LONGEST = ((Property.MESSAGE_EXPIRY, 0xFFFF_FFFF),)

Set = Callable[[float], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Return a function that sets the clock of the machine by so many seconds."""
    real = time.time
    return lambda seconds: monkeypatch.setattr(time, "time", lambda: real() + seconds)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def timed(desk: Desk) -> list[float]:
    """Return the times at which something is to happen, of a clock that stands still at 0."""
    buckets = desk.core.timers._buckets
    return sorted(tick * TICK for tick, members in buckets.items() for _ in members)


def test_the_expiry_of_a_will_begins_when_it_is_published(desk: Desk, set_clock: Set) -> None:
    reader, to_reader = desk.connect("reader")
    desk.feed(reader, subscribe(1, ("open/will", 0), version=Version.V5))
    to_reader.take()
    client, _ = desk.connect("client", will=Will("open/will", b"gone", properties=MINUTE))
    set_clock(3600)
    client.lost(None)
    desk.feed(reader, b"")
    will = publish("open/will", b"gone", properties=MINUTE, version=Version.V5)
    assert to_reader.take() == will


@pytest.mark.parametrize("pairs", [MINUTE, LONGEST], ids=["minute", "longest"])
def test_a_message_never_gains_time(
    desk: Desk, set_clock: Set, pairs: tuple[tuple[Property, int], ...]
) -> None:
    writer, _ = desk.connect("writer")
    packet = publish("open/door", b"!", retain=True, properties=pairs, version=Version.V5)
    desk.feed(writer, packet)
    set_clock(-3600)
    reader, to_reader = desk.connect("reader")
    desk.feed(reader, subscribe(1, ("open/door", 0), version=Version.V5))
    assert to_reader.take().endswith(packet)


def test_a_session_that_is_restored_never_gains_time(desk: Desk) -> None:
    session = Session("client")
    session.expiry = 100
    desk.core.restore(Snapshot(sessions=[(session, time.time() + 3600)]))
    assert timed(desk) == [100 + TICK]


def test_messages_that_are_replaced_or_cleared_wait_for_nothing(desk: Desk) -> None:
    writer, _ = desk.connect("writer", keep_alive=0)
    packet = publish("open/door", b"!", retain=True, properties=MINUTE, version=Version.V5)
    desk.feed(writer, packet * 3)
    assert len(timed(desk)) == 1
    desk.feed(writer, publish("open/door", b"", retain=True, version=Version.V5))
    assert timed(desk) == []


def test_a_message_that_became_too_large_for_its_client_takes_no_place(desk: Desk) -> None:
    lasting = (Property.SESSION_EXPIRY, 100)
    reader, _ = desk.open()
    desk.feed(reader, Connect("reader", Version.V5, properties=(lasting,)).encode())
    desk.feed(reader, subscribe(1, ("open/door", 1), version=Version.V5))
    writer, _ = desk.connect("writer")
    large, small = (
        publish("open/door", payload, qos=1, packet_id=number, version=Version.V5)
        for number, payload in ((1, bytes(2000)), (2, b"!"))
    )
    desk.feed(writer, large)
    reader.lost(None)
    desk.feed(writer, small)
    little = ((Property.MAXIMUM_PACKET_SIZE, 100), (Property.RECEIVE_MAXIMUM, 1))
    reader, to_reader = desk.open()
    connect = Connect("reader", Version.V5, clean=False, properties=(lasting, *little))
    desk.feed(reader, connect.encode())
    assert to_reader.take().endswith(small)
    desk.feed(reader, b"\x40\x02\x00\x02")
    assert desk.core.budgets.whole.queued_bytes == 0


def test_a_session_that_has_ended_keeps_no_messages(desk: Desk) -> None:
    """What it published may be retained for long, and refers to it."""
    lasting = ((Property.SESSION_EXPIRY, 100),)
    reader, _ = desk.open()
    desk.feed(reader, Connect("reader", Version.V5, properties=lasting).encode())
    desk.feed(reader, subscribe(1, ("open/door", 1), version=Version.V5))
    desk.feed(reader, publish("open/state", b"!", retain=True, version=Version.V5))
    writer, _ = desk.connect("writer")
    packet = publish("open/door", b"!", qos=1, packet_id=1, version=Version.V5)
    desk.feed(writer, packet)
    reader.lost(None)
    desk.feed(writer, packet)
    session = desk.core.sessions.by_client_id["reader"]
    assert len(list(session.pending())) == 2
    desk.core.sessions.expire(session)
    retained = desk.core.retention.messages.get("open/state")
    assert isinstance(retained, Message)
    assert retained.origin is session
    assert list(session.pending()) == []
