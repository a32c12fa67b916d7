"""A message of QoS 1 or 2 on its way to one client (MQTT 5 section 4.3); no I/O.

Its `session` keeps it, and `connection.sender` sends it again.
"""

from __future__ import annotations

from enum import IntEnum

from zapette_broker.message import Message


class Step(IntEnum):
    """How far the delivery of a QoS 1 or 2 message has come."""

    WAITING = 0
    PUBLISHED = 1
    RELEASED = 2


class Outgoing:
    """A QoS 1 or 2 message for one session.

    Attributes:
        packet_id: 0 while it waits.
        row: its place in the store; 0 if it has none.
        size: bytes it counts for the limit of the queue; 0 for a retained message that a
            subscription brought, which costs no memory of its own.
        share: the share that it came by, as name and filter; None after a restart.
    """

    __slots__ = ("ids", "message", "packet_id", "qos", "retain", "row", "share", "size", "step")

    def __init__(
        self,
        message: Message,
        qos: int,
        retain: bool = False,
        ids: tuple[int, ...] = (),
        *,
        counts: bool = True,
        share: tuple[str, str] | None = None,
    ) -> None:
        self.message = message
        self.qos = qos
        self.retain = retain
        self.ids = ids
        self.packet_id = 0
        self.step = Step.WAITING
        self.row = 0
        self.share = share
        self.size = message.size if counts else 0
