"""The state of one client that outlives its connection (MQTT 5 section 4.1); no I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator

from zapette_broker.access.terms import Budget
from zapette_broker.errors import ProtocolViolation
from zapette_broker.sessions.outgoing import Outgoing, Step
from zapette_broker.sessions.receiver import Receiver

NEVER = 0xFFFF_FFFF
SMALL = 1024
"""Size up to which a message in flight is not counted, in bytes: there are few of them."""


class Usage:
    """The current usage of a budget.

    Attributes:
        budget: the budget.
        sessions: how many use it.
        subscriptions: the number of their filters.
        queued_bytes: the size of the messages queued for them.
        absent: sessions without a connection that may end for others, the longest away first.
    """

    __slots__ = ("absent", "budget", "queued_bytes", "sessions", "subscriptions")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.sessions = 0
        self.subscriptions = 0
        self.queued_bytes = 0
        self.absent: dict[Session, None] = {}


class Subscription:
    """A filter of one session, with its options (MQTT 5 section 3.8.3.1).

    Attributes:
        key: the client id: one session has one subscription to a filter.
        pattern: the filter without its share.
        share: the share name, None if not shared.
        identifier: the Subscription Identifier, 0 if none.
    """

    __slots__ = (
        "identifier",
        "key",
        "no_local",
        "pattern",
        "qos",
        "retain_as_published",
        "session",
        "share",
    )

    def __init__(
        self,
        session: Session,
        pattern: str,
        qos: int,
        *,
        share: str | None = None,
        no_local: bool = False,
        retain_as_published: bool = False,
        identifier: int = 0,
    ) -> None:
        self.session = session
        self.key: Hashable = session.client_id
        self.pattern = pattern
        self.share = share
        self.qos = qos
        self.no_local = no_local
        self.retain_as_published = retain_as_published
        self.identifier = identifier

    @property
    def name(self) -> str:
        """Return the filter as the client sent it."""
        return self.pattern if self.share is None else f"$share/{self.share}/{self.pattern}"


class Session:
    """What the broker keeps for a client id.

    Containers are made when something comes into them: most sessions never need them, and
    there may be many thousand.

    Attributes:
        username: who left it; only they take it up again.
        tag: the tag of the grant it came by.
        connection: the client's connection, None while there is none.
        expiry: seconds it outlives the connection; 0 for not at all, `NEVER` for ever.
        subscriptions: by filter, as the client spelled it.
        queued, queued_bytes: messages that wait and count for the limits.
        stored: whether the store has it.
        plugin_view: what amqtt's plugins see of it, if there are any.
        usages: of the budgets that it uses, see `zapette_broker.session_budgets`.
        charged: bytes that it uses of them, for queued messages and for large ones in flight.
        reserve: whether it may use the reserve.
    """

    __slots__ = (
        "charged",
        "client_id",
        "connection",
        "expiry",
        "inflight",
        "last_id",
        "plugin_view",
        "queued",
        "queued_bytes",
        "received",
        "reserve",
        "stored",
        "subscriptions",
        "tag",
        "usages",
        "username",
        "waiting",
        "warned",
    )

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.username: str | None = None
        self.tag: Hashable | None = None
        self.connection: Receiver | None = None
        self.expiry = 0
        self.subscriptions: dict[str, Subscription] = {}
        self.inflight: dict[int, Outgoing] | None = None
        self.waiting: deque[Outgoing] | None = None
        self.queued = 0
        self.queued_bytes = 0
        self.received: set[int] | None = None
        self.last_id = 0
        self.stored = False
        self.warned = False
        self.plugin_view: object = None
        self.usages: tuple[Usage, ...] = ()
        self.charged = 0
        self.reserve = False

    def charge(self, size: int) -> None:
        """Use `size` bytes of the budgets for queues; a negative size releases them."""
        self.charged += size
        for usage in self.usages:
            usage.queued_bytes += size

    @property
    def inflight_count(self) -> int:
        """Return how many messages the client has not acknowledged."""
        return 0 if self.inflight is None else len(self.inflight)

    @property
    def waiting_count(self) -> int:
        """Return how many messages wait to be sent."""
        return 0 if self.waiting is None else len(self.waiting)

    def assign(self, outgoing: Outgoing) -> int:
        """Give the message the next free packet identifier [MQTT-2.2.1-4] and count it as sent."""
        inflight = self.inflight
        if inflight is None:
            inflight = self.inflight = {}
        packet_id = self.last_id
        while True:
            packet_id = packet_id % 65_535 + 1
            if packet_id not in inflight:
                break
        self.last_id = packet_id
        inflight[packet_id] = outgoing
        if outgoing.size > SMALL:
            self.charge(outgoing.size)
        outgoing.packet_id = packet_id
        outgoing.step = Step.PUBLISHED
        return packet_id

    def restore(self, outgoing: Outgoing, packet_id: int, step: Step) -> None:
        """Put back a message that was under way."""
        if self.inflight is None:
            self.inflight = {}
        self.inflight[packet_id] = outgoing
        if outgoing.size > SMALL:
            self.charge(outgoing.size)
        self.last_id = packet_id
        outgoing.packet_id = packet_id
        outgoing.step = step

    def wait(self, outgoing: Outgoing) -> None:
        """Queue the message behind those that wait."""
        if self.waiting is None:
            self.waiting = deque()
        self.waiting.append(outgoing)
        self.queued_bytes += outgoing.size
        self.queued += outgoing.size > 0
        self.charge(outgoing.size)

    def next_waiting(self) -> Outgoing | None:
        """Take the message that has waited longest."""
        waiting = self.waiting
        if not waiting:
            return None
        outgoing = waiting.popleft()
        if not waiting:
            self.waiting = None
        self.queued_bytes -= outgoing.size
        self.queued -= outgoing.size > 0
        self.charge(-outgoing.size)
        return outgoing

    def take_waiting(self) -> deque[Outgoing]:
        """Take all queued messages."""
        waiting, self.waiting = self.waiting or deque(), None
        self.charge(-self.queued_bytes)
        self.queued = self.queued_bytes = 0
        return waiting

    def acknowledged(self, packet_id: int) -> Outgoing | None:
        """End a QoS 1 delivery at PUBACK; None if there is none with this identifier.

        Raises:
            ProtocolViolation: it is a delivery at QoS 2.
        """
        outgoing = self.inflight.get(packet_id) if self.inflight else None
        if outgoing is None:
            return None
        if outgoing.qos != 1:
            raise ProtocolViolation("PUBACK for a message of QoS 2")
        self.forget(packet_id)
        return outgoing

    def taken(self, packet_id: int, *, refused: bool) -> Outgoing | None:
        """Move a QoS 2 delivery on at PUBREC, or end it if the client refused it.

        Raises:
            ProtocolViolation: it is a delivery at QoS 1.
        """
        outgoing = self.inflight.get(packet_id) if self.inflight else None
        if outgoing is None:
            return None
        if outgoing.qos != 2:
            raise ProtocolViolation("PUBREC for a message of QoS 1")
        if refused:
            if outgoing.step is Step.PUBLISHED:
                self.forget(packet_id)
            return outgoing
        outgoing.step = Step.RELEASED
        return outgoing

    def completed(self, packet_id: int) -> Outgoing | None:
        """End a QoS 2 delivery at PUBCOMP; None if there is none with this identifier.

        Raises:
            ProtocolViolation: it is a delivery that was not released.
        """
        outgoing = self.inflight.get(packet_id) if self.inflight else None
        if outgoing is None:
            return None
        if outgoing.step is not Step.RELEASED:
            raise ProtocolViolation("PUBCOMP for a message that was not released")
        self.forget(packet_id)
        return outgoing

    def begin_receipt(self, packet_id: int) -> bool:
        """Note a QoS 2 message that came in; False if it came before [MQTT-4.3.3-10]."""
        if self.received is None:
            self.received = set()
        elif packet_id in self.received:
            return False
        self.received.add(packet_id)
        return True

    def end_receipt(self, packet_id: int) -> bool:
        """Forget a QoS 2 message at PUBREL; False if there is none with this identifier."""
        received = self.received
        if received is None or packet_id not in received:
            return False
        received.discard(packet_id)
        if not received:
            self.received = None
        return True

    def pending(self) -> Iterator[Outgoing]:
        """Go through all messages not yet delivered, those under way first."""
        if self.inflight:
            yield from self.inflight.values()
        if self.waiting:
            yield from self.waiting

    def forget(self, packet_id: int) -> None:
        """End a delivery, whatever has come of it."""
        inflight = self.inflight
        if inflight is not None:
            size = inflight.pop(packet_id).size
            if size > SMALL:
                self.charge(-size)
            if not inflight:
                self.inflight = None
