"""A broker's core and clients at it, without a socket or an event loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.conformance.wire.encodings import Type, Version
from tests.conformance.wire.packets import Connect, Will
from zapette_broker.access.acl import Rights, Rule
from zapette_broker.access.authenticator import Authenticator, ConnectRequest, Grant
from zapette_broker.connection.connection import Connection
from zapette_broker.core import Core
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.storage.state_store import StateStore


@dataclass
class Recorder:
    """The end of a stream that keeps what is written to it, and notes what else is called."""

    peer: str = "192.0.2.1"
    listener: str = "test"
    kind: str = "memory"
    tls: None = None
    written: bytes = b""
    events: list[str] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.written += data

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self.written = self.written, b""
        return taken

    def has_place(self, *, reserve: bool) -> bool:
        return reserve

    def known(self, *, reserve: bool) -> None:
        self.events.append(f"known reserve={reserve}")

    def close(self) -> None:
        self.events.append("close")

    def linger(self) -> None:
        self.events.append("linger")

    def drop(self, size: int) -> None:
        self.events.append(f"drop {size}")

    def abort(self) -> None:
        self.events.append("abort")

    def pause_reading(self) -> None:
        self.events.append("pause_reading")

    def resume_reading(self) -> None:
        self.events.append("resume_reading")


class Everybody:
    """Lets everybody in, with rights to what is below `open`."""

    def authenticate(self, request: ConnectRequest) -> Grant:
        return Grant(Rights.from_rules([Rule("all", "open/#")]), username=request.username)


class Turns:
    """The turns of an event loop, taken by hand."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def later(self, act: Callable[[], None]) -> None:
        self._waiting.append(act)

    def take(self) -> None:
        """Do all that waits."""
        while self._waiting:
            self._waiting.pop(0)()


class Desk:
    """A core and the clients at it.

    Args:
        limits: the limits of the core.
        store: what it keeps its state in.
        authenticator: decides who gets in.
        hooks: what has a say.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        store: StateStore | None = None,
        authenticator: Authenticator | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.metrics = Metrics()
        self._turns = Turns()
        self.core = Core(
            limits or Limits(),
            self.metrics,
            authenticator or Everybody(),
            store=store,
            hooks=hooks,
            later=self._turns.later,
        )

    def open(self) -> tuple[Connection, Recorder]:
        recorder = Recorder()
        connection = self.core.connect(recorder)
        connection.opened()
        return connection, recorder

    def connect(
        self, client_id: str, *, will: Will | None = None, keep_alive: int = 60
    ) -> tuple[Connection, Recorder]:
        connection, recorder = self.open()
        self.feed(
            connection,
            Connect(client_id, Version.V5, will=will, keep_alive=keep_alive).encode(),
        )
        assert recorder.take()[0] == Type.CONNACK << 4
        return connection, recorder

    def feed(self, connection: Connection, data: bytes) -> None:
        connection.feed(data)
        self._turns.take()
