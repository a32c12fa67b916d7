"""Packets to one client: written together, and after what they report is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sized
from dataclasses import dataclass

from zapette_broker.codec.codec311 import Codec311
from zapette_broker.codec.packet_types import PUBLISH, Codec
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.pseudonym import pseudonym
from zapette_broker.sessions.session import NEVER, Session
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store_errors import StoreError
from zapette_broker.transports.transport import Transport
from zapette_broker.transports.write_batch import WriteBatch

logger = logging.getLogger("broker")

_FLUSH_AT = 65_536
_FIRST_CODEC = Codec311()
"""What writes a refusal before CONNECT says which version the client speaks."""


@dataclass(frozen=True, slots=True)
class WriterContext:
    """What all writers of a broker share.

    Attributes:
        retained: how many messages are retained.
        batch: where packets wait for the end of a turn of the loop.
        later: calls a function in the next turn of the loop.
    """

    limits: Limits
    metrics: Metrics
    store: StateStore
    hooks: Hooks
    budgets: Budgets
    retained: Sized
    batch: WriteBatch
    later: Callable[[Callable[[], None]], None]


class PacketWriter:
    """Writes packets to a client.

    Attributes:
        session: set while the client is admitted.
        version: 4 for MQTT 3.1.1, 5 for MQTT 5; 0 before CONNECT.
        max_out: largest packet the client takes.
        over: nothing is written any more.
        waiting_acts: how many acts wait for a commit.
        writing_paused: the client reads slower than it is written to.
    """

    __slots__ = (
        "_changed", "_logged", "_out", "_out_size", "_unread", "codec", "context", "max_out",
        "over", "session", "transport", "version", "waiting_acts", "writing_paused",
    )  # fmt: skip

    def __init__(self, context: WriterContext, transport: Transport) -> None:
        self.context = context
        self.transport = transport
        self.codec: Codec = _FIRST_CODEC
        self.version = 0
        self.session: Session | None = None
        self.max_out = NEVER
        self.over = False
        self._out: list[bytes] | None = None
        self._out_size = 0
        self._logged: set[str] | None = None
        self._changed = 0
        self.waiting_acts = 0
        self.writing_paused = False
        self._unread = 0

    @property
    def peer(self) -> str:
        """Return the address of the client, without the port."""
        return self.transport.peer

    def log_once(self, event: str) -> None:
        """Log what the client is refused: once for each connection and kind of event."""
        logged = self._logged
        if logged is None:
            logged = self._logged = set()
        if event in logged or self.session is None:
            return
        logged.add(event)
        client = pseudonym(self.session.client_id)
        logger.info("event=%s peer=%s client=%s", event, self.transport.peer, client)

    def send(self, packet: bytes) -> None:
        """Write a packet at the end of this turn of the loop, together with others.

        One that is larger than the client takes is left out [MQTT-3.1.2-24].
        """
        size = len(packet)
        if size > self.max_out:
            return
        out = self._out
        if out is None:
            out = self._out = []
            self.context.batch.add(self)
        out.append(packet)
        self._out_size += size
        if self._out_size > _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write all packets at once."""
        out = self._out
        if out is None or self.over:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        context = self.context
        if context.hooks.sees_packets:
            for packet in out:
                context.hooks.sent(self.session, self.version, packet)
        metrics = context.metrics
        metrics.packets_sent += len(out)
        metrics.bytes_sent += len(data)
        self._out = None
        self._out_size = 0
        self.transport.write(data)
        if self.writing_paused:
            self._unread += sum(len(packet) for packet in out if packet[0] >> 4 != PUBLISH)
            if self._unread > context.limits.max_queued_bytes:
                self.overflow()

    def pause(self) -> None:
        """Write less: the client reads slower than it is written to.

        Answers are written all the same, but one that goes on asking and does not read is cut off.
        """
        self.writing_paused = True
        self._unread = 0

    def overflow(self) -> None:
        """Cut off a client for which too much waits, once what goes on now is done."""
        self.context.later(self.overflowed)

    def overflowed(self) -> None:
        """End the connection; see `Connection`."""
        raise NotImplementedError

    def write_now(self, packet: bytes) -> None:
        """Write all packets, this one last."""
        if packet and len(packet) <= self.max_out:
            self._out = [*(self._out or ()), packet]
        self.flush()

    def begin_changes(self) -> None:
        """Begin to note what is changed in the store: `after_commit` waits for that."""
        self._changed = self.context.store.changed

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
        *,
        all_changes: bool = False,
    ) -> None:
        """Act once all that was changed since `begin_changes` would survive a crash.

        While the store fails, `on_failure` is called instead; without it, the act keeps waiting.

        What is asked for one after the other is done in that order [MQTT-4.6.0-2], and not
        done at all if the connection is over by then.

        Args:
            act: what to do.
            on_failure: what to do instead.
            all_changes: whether earlier changes count as well.
        """
        store = self.context.store
        if not (all_changes or self.waiting_acts) and store.changed == self._changed:
            act()
            return
        self.waiting_acts += 1

        def act_now() -> None:
            self.waiting_acts -= 1
            if not self.over:
                act()

        def act_otherwise(error: StoreError) -> None:
            self.waiting_acts -= 1
            if not self.over and on_failure is not None:
                on_failure(error)

        store.after_commit(act_now, None if on_failure is None else act_otherwise)

    def after_commit_or_failure(self, act: Callable[[], None]) -> None:
        """Act as `after_commit` does, or at once when the store fails: it holds until a crash."""
        self.after_commit(act, lambda _: act())
