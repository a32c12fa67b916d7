"""What a session needs of its connection."""

from __future__ import annotations

from typing import Protocol

from zapette_broker.codec.reasons import Reason
from zapette_broker.message import Message, Will
from zapette_broker.sessions.outgoing import Outgoing


class Receiver(Protocol):
    """The connection of a session, as the state of the broker sees it."""

    keep_alive: int
    """Seconds, 0 for none."""

    will: Will | None
    """What to publish if the connection ends without DISCONNECT."""

    @property
    def peer(self) -> str:
        """Return the address of the client, without the port."""

    def publish(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        """Send a message at QoS 0, or drop it if too much waits for the client."""

    def deliver(self, outgoing: Outgoing) -> None:
        """Send a message at QoS 1 or 2, or let it wait."""

    def drop_will(self) -> None:
        """See to it that the will is never published."""

    def close(self, reason: Reason, detail: str) -> None:
        """End the connection from the broker's side; the client's will is published."""
