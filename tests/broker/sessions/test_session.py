"""The QoS state of a session against a model of both ends."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
)

from zapette_broker.errors import ProtocolViolation
from zapette_broker.message import Message
from zapette_broker.routing.subscriptions import ShareGroup
from zapette_broker.sessions.outgoing import Outgoing, Step
from zapette_broker.sessions.session import Session, Subscription


class Deliveries(RuleBasedStateMachine):
    """Messages go out, are acknowledged in any order, or wait; identifiers are never shared."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.session = Session("client")
        self.under_way: dict[int, Outgoing] = {}
        self.waiting: list[Outgoing] = []

    @rule(target=sent, qos=st.sampled_from((1, 2)))
    def send(self, qos: int) -> int:
        outgoing = Outgoing(Message("t", b"x"), qos)
        packet_id = self.session.assign(outgoing)
        assert 1 <= packet_id <= 65_535
        assert packet_id not in self.under_way
        self.under_way[packet_id] = outgoing
        return packet_id

    @rule(qos=st.sampled_from((1, 2)), size=st.integers(0, 100), counts=st.booleans())
    def wait(self, qos: int, size: int, counts: bool) -> None:
        outgoing = Outgoing(Message("t", bytes(size)), qos, counts=counts)
        self.session.wait(outgoing)
        self.waiting.append(outgoing)

    @rule()
    def next(self) -> None:
        expected = self.waiting.pop(0) if self.waiting else None
        assert self.session.next_waiting() is expected

    @rule(packet_id=sent)
    def puback(self, packet_id: int) -> None:
        outgoing = self.under_way.get(packet_id)
        if outgoing is not None and outgoing.qos == 2:
            with pytest.raises(ProtocolViolation):
                self.session.acknowledged(packet_id)
            return
        assert self.session.acknowledged(packet_id) is outgoing
        self.under_way.pop(packet_id, None)

    @rule(packet_id=sent, refused=st.booleans())
    def pubrec(self, packet_id: int, refused: bool) -> None:
        outgoing = self.under_way.get(packet_id)
        if outgoing is not None and outgoing.qos == 1:
            with pytest.raises(ProtocolViolation):
                self.session.taken(packet_id, refused=refused)
            return
        was_published = outgoing is not None and outgoing.step is Step.PUBLISHED
        assert self.session.taken(packet_id, refused=refused) is outgoing
        if refused and was_published:
            del self.under_way[packet_id]
        elif outgoing is not None and not refused:
            assert outgoing.step is Step.RELEASED

    @rule(packet_id=sent)
    def pubcomp(self, packet_id: int) -> None:
        outgoing = self.under_way.get(packet_id)
        if outgoing is not None and outgoing.step is not Step.RELEASED:
            with pytest.raises(ProtocolViolation):
                self.session.completed(packet_id)
            return
        assert self.session.completed(packet_id) is outgoing
        self.under_way.pop(packet_id, None)

    @rule(packet_id=st.integers(1, 65_535))
    def stray(self, packet_id: int) -> None:
        if packet_id not in self.under_way:
            assert self.session.acknowledged(packet_id) is None
            assert self.session.taken(packet_id, refused=False) is None
            assert self.session.completed(packet_id) is None

    @invariant()
    def agrees(self) -> None:
        session = self.session
        assert session.inflight_count == len(self.under_way)
        assert session.waiting_count == len(self.waiting)
        assert list(session.pending()) == [*self.under_way.values(), *self.waiting]
        counted = [outgoing for outgoing in self.waiting if outgoing.size]
        assert session.queued == len(counted)
        assert session.queued_bytes == sum(outgoing.size for outgoing in counted)


class Receipts(RuleBasedStateMachine):
    """QoS 2 messages come in: each is new once between PUBLISH and PUBREL."""

    begun = Bundle("begun")

    def __init__(self) -> None:
        super().__init__()
        self.session = Session("client")
        self.open: set[int] = set()

    @rule(target=begun, packet_id=st.integers(1, 10))
    def publish(self, packet_id: int) -> int:
        assert self.session.begin_receipt(packet_id) == (packet_id not in self.open)
        self.open.add(packet_id)
        return packet_id

    @precondition(lambda self: self.open)
    @rule(packet_id=consumes(begun))
    def pubrel(self, packet_id: int) -> None:
        assert self.session.end_receipt(packet_id) == (packet_id in self.open)
        self.open.discard(packet_id)

    @invariant()
    def agrees(self) -> None:
        assert (self.session.received or set()) == self.open


TestDeliveries = Deliveries.TestCase
TestReceipts = Receipts.TestCase


def test_identifiers_go_round_and_skip_those_in_use() -> None:
    session = Session("client")
    first = session.assign(Outgoing(Message("t", b""), 1))
    for _ in range(65_534):
        session.acknowledged(session.assign(Outgoing(Message("t", b""), 1)))
    assert session.last_id == 65_535
    assert session.assign(Outgoing(Message("t", b""), 1)) == first + 1


def test_a_group_takes_turns_among_those_that_are_there() -> None:
    group = ShareGroup("group")
    sessions = [Session(name) for name in "abc"]
    for session in sessions:
        group.members[session.client_id] = Subscription(session, "t", 1, share="group")
    away = [group.choose() for _ in range(6)]
    assert {member.session.client_id for member in away if member} == {"a", "b", "c"}
    connected: object = object()
    sessions[1].connection = connected  # type: ignore[assignment]
    assert {member.session.client_id for member in map(_choose, [group] * 6) if member} == {"b"}
    sessions[2].connection = connected  # type: ignore[assignment]
    turns = [member.session.client_id for member in map(_choose, [group] * 6) if member]
    assert turns.count("b") == turns.count("c") == 3


def _choose(group: ShareGroup) -> Subscription | None:
    return group.choose()


@pytest.mark.parametrize("share", [None, "group"])
def test_a_subscription_knows_what_its_client_called_it(share: str | None) -> None:
    subscription = Subscription(Session("client"), "a/+", 1, share=share)
    assert subscription.name == ("a/+" if share is None else "$share/group/a/+")
