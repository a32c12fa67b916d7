"""What may look on and have a say in the broker, as plugins do; by itself it does neither."""

from __future__ import annotations

from ssl import SSLObject
from typing import Any, Literal

from zapette_broker.access.authenticator import ConnectRequest
from zapette_broker.message import Message
from zapette_broker.sessions.session import Session

Operation = Literal["publish", "subscribe", "receive"]


class Hooks:
    """The hooks of a broker without plugins; they do nothing.

    Attributes:
        decides: whether `permit` has a say in who connects, or `may` in what clients do.
        filters: whether `may` is to be asked about what clients publish, subscribe to and receive.
        sees_packets: whether every packet is to be shown.
        sees_messages: whether every message that is published is to be shown.
    """

    decides = False
    filters = False
    sees_packets = False
    sees_messages = False

    def introduce(self, request: ConnectRequest, tls: SSLObject | None) -> object:  # noqa: ARG002
        """Return what stands for a client that asks to be let in."""
        return None

    async def permit(self, view: Any) -> bool | None:  # noqa: ARG002
        """Return whether a client may connect; None for no opinion."""
        return None

    async def may_leave_will(self, view: Any, topic: str) -> bool:  # noqa: ARG002
        """Return whether a client that is about to connect may have a will on this topic."""
        return True

    async def may(self, session: Session, topic: str, operation: Operation) -> bool:  # noqa: ARG002
        """Return whether a client may do this with a topic or filter."""
        return True

    def connected(self, session: Session) -> None:
        """Take note that a client has connected."""

    def disconnected(self, session: Session) -> None:
        """Take note that a client is gone."""

    def subscribed(self, session: Session, pattern: str, qos: int) -> None:
        """Take note that a client has subscribed."""

    def unsubscribed(self, session: Session, pattern: str) -> None:
        """Take note that a client has unsubscribed."""

    def retained(self, message: Message) -> None:
        """Take note of a retained message; one with empty data clears its topic."""

    def published(self, session: Session, message: Message, *, permitted: bool) -> None:
        """Take note of a message that came in, and whether it is passed on."""

    def received(self, session: Session | None, version: int, first: int, body: bytes) -> None:
        """Take note of a packet that came in."""

    def sent(self, session: Session | None, version: int, packet: bytes) -> None:
        """Take note of a packet that goes out."""
