"""What the handlers of packets need of the connection that a packet came by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from zapette_broker.access.acl import Rights
from zapette_broker.access.authenticator import Grant
from zapette_broker.codec.packet_types import Codec
from zapette_broker.message import Message, Will
from zapette_broker.sessions.receiver import Receiver
from zapette_broker.sessions.session import Session
from zapette_broker.storage.store_errors import StoreError
from zapette_broker.transports.transport import Transport


class Answering(Protocol):
    """A client that can be answered.

    Attributes:
        session: None before CONNECT, and once the connection is over.
        version: 4 for MQTT 3.1.1, 5 for MQTT 5.
        max_out: largest packet the client takes.
        pending_acks: QoS 1 and 2 messages of the client that are not yet acknowledged.
        waiting_acts: acknowledgements and other answers that wait for a commit.
    """

    session: Session | None
    version: int
    codec: Codec
    max_out: int
    pending_acks: int
    waiting_acts: int

    def send(self, packet: bytes) -> None:
        """Write a packet at the end of this turn of the loop, together with others."""

    def begin_changes(self) -> None:
        """Begin to note what is changed in the store; done already when a packet comes in."""

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
        *,
        all_changes: bool = False,
    ) -> None:
        """Act once all that was changed since `begin_changes` would survive a crash."""

    def after_commit_or_failure(self, act: Callable[[], None]) -> None:
        """Act as `after_commit` does, or at once when the store fails."""

    def pump(self) -> None:
        """Send as many waiting messages as the client's quota allows."""


class Client(Answering, Protocol):
    """A client that is authenticated.

    Attributes:
        rights: what it may do.
        aliases_in: the topic aliases that it has set.
    """

    rights: Rights
    aliases_in: dict[int, str] | None

    def log_once(self, event: str) -> None:
        """Log what the client is refused: once for each connection and kind of event."""

    def hold(self) -> None:
        """Act on no further packet until `release`."""

    def release(self) -> None:
        """Go on after `hold`."""

    def replay(self, messages: list[tuple[Message, int, bool, tuple[int, ...]]]) -> None:
        """Send retained messages, as fast as the client reads; none is dropped."""


class NewClient(Client, Receiver, Protocol):
    """A client that is not authenticated yet.

    Attributes:
        transport: the stream it came by.
        max_in: largest packet that is read.
        max_expiry: how long its session may outlive it at most, in seconds.
        quota: QoS 1 and 2 messages that may be under way to it.
        aliases_out_max: how many topic aliases it takes.
    """

    will: Will | None
    transport: Transport
    max_in: int
    max_expiry: int
    quota: int
    aliases_out_max: int

    @property
    def waiting_for_login(self) -> bool:
        """Return whether it is still there and not yet admitted."""

    def authenticating(self) -> None:
        """Wait for the answer of the authenticator, and for the delay of a failed login."""

    def accepted(self, session: Session, grant: Grant) -> None:
        """Go on as the connection of `session`."""

    def begin(self, connack: bytes) -> None:
        """Answer CONNECT, once what it changed would survive a crash."""

    def refuse(self, connack: bytes, detail: str) -> None:
        """Answer CONNECT with a refusal and end the connection."""
