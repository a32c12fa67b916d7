"""Packets from one client, found in its bytes as they come in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, TypeVar

from zapette_broker.codec.packet_types import (
    CONNECT,
    NEVER_FROM_CLIENTS,
    PINGREQ,
    PINGRESP_PACKET,
    not_of_a_client,
)
from zapette_broker.codec.reasons import Reason
from zapette_broker.connection.packet_writer import WriterContext
from zapette_broker.connection.sender import Sender
from zapette_broker.errors import MalformedPacket, PacketTooLarge, ProtocolViolation
from zapette_broker.timer_wheel import TimerWheel
from zapette_broker.transports.transport import Transport

logger = logging.getLogger("broker")

ClientT = TypeVar("ClientT")


class State(IntEnum):
    """Where a connection is in its life."""

    OPENED = 0
    AUTHENTICATING = 1
    CONNECTED = 2
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class Handlers(Generic[ClientT]):
    """What to do with the packets of a client.

    Attributes:
        connect: for CONNECT: its first byte and its body.
        reject: for a packet in the place of CONNECT that breaks a rule.
        publish: for PUBLISH: its first byte, a buffer, and where in it the packet begins, where
            its body starts and where it stops.
        others: by packet type.
    """

    connect: Callable[[ClientT, int, bytes], None]
    reject: Callable[[ClientT, ProtocolViolation], None]
    publish: Callable[[ClientT, int, bytes, int, int, int], None]
    others: Mapping[int, Callable[[ClientT, Any], None]]


@dataclass(frozen=True, slots=True)
class ReaderContext(WriterContext):
    """What all readers of a broker share."""

    timers: TimerWheel
    handlers: Handlers[Any]


class PacketReader(Sender):
    """Reads packets from bytes, and hands them to their handlers.

    Attributes:
        state: where the connection is in its life.
        last: time of the loop at which something was last heard.
        max_in: largest packet that is read.
    """

    __slots__ = (
        "_buffer", "_heard", "_missing", "_partial", "_reading_paused", "last", "max_in", "state",
    )  # fmt: skip

    context: ReaderContext

    def __init__(self, context: ReaderContext, transport: Transport) -> None:
        super().__init__(context, transport)
        self.state = State.OPENED
        self.last = context.timers.time()
        self.max_in = context.limits.max_connect_packet
        self._heard = False
        self._buffer = b""
        self._partial: bytearray | None = None
        self._missing = 0
        self._reading_paused = False

    def feed(self, data: bytes) -> None:
        """Take a chunk of bytes from the client and act on the packets it completes."""
        if self.state is State.CLOSED:
            self.transport.drop(len(data))
            return
        self.last = self.context.timers.time()
        self.context.metrics.bytes_received += len(data)
        if self._partial is not None:
            # Grows in place: a packet that comes a byte at a time must not be copied each time.
            self._partial += data
            self._missing -= len(data)
            if self._missing > 0 or self._reading_paused:
                return
            data = bytes(self._partial)
            self._partial = None
        elif self._buffer:
            data = self._buffer + data
            self._buffer = b""
        if self._reading_paused:
            # the rest of a chunk may come in many small frames
            self._partial = bytearray(data)
            self._missing = 0
            return
        try:
            self._read(data)
        except ProtocolViolation as violation:
            self._violated(violation)
        except Exception:
            # A bug of ours must not be worse than the end of one connection.
            self.context.metrics.internal_errors += 1
            logger.exception("event=internal_error peer=%s", self.transport.peer)
            self.close(Reason.UNSPECIFIED_ERROR, "internal error")

    def hold(self) -> None:
        """Act on no further packet until `release`; what comes meanwhile waits in the transport."""
        self._reading_paused = True
        self.transport.pause_reading()

    def release(self) -> None:
        """Go on after `hold`."""
        if not self._reading_paused or self.state is State.CLOSED:
            return
        self._reading_paused = False
        self.transport.resume_reading()
        if self._buffer or (self._partial is not None and self._missing <= 0):
            self.feed(b"")

    def _read(self, data: bytes) -> None:  # noqa: C901 - the hot path, no calls
        """Act on all whole packets in `data`, keep the rest."""
        self._heard = True
        if self.state is State.OPENED and data and data[0] != CONNECT << 4:
            raise ProtocolViolation("the first packet is not CONNECT")  # [MQTT-3.1.0-1]
        position = 0
        end = len(data)
        budget = self.context.limits.turn_packets
        metrics = self.context.metrics
        hooks = self.context.hooks if self.context.hooks.sees_packets else None
        publish = self.context.handlers.publish
        while end - position >= 2:
            first = data[position]
            length = data[position + 1]
            start = position + 2
            if length & 128:
                if start < end and 0 < (second := data[start]) < 128:
                    length, start = length & 127 | second << 7, start + 1
                else:
                    length, start = _long_length(data, position)
                if not start:
                    _check_first(first)
                    self._buffer = data[position:]
                    return
            stop = start + length
            if stop - position > self.max_in:
                raise PacketTooLarge(stop - position, self.max_in)
            if stop > end:
                _check_first(first)
                self._partial = bytearray(data[position:])
                self._missing = stop - end
                return
            begin, position = position, stop
            metrics.packets_received += 1
            if hooks is not None:
                hooks.received(self.session, self.version, first, data[start:stop])
            if first & 0xF0 == 0x30 and self.state is State.CONNECTED:
                publish(self, first, data, begin, start, stop)
            else:
                self._handle(first, data[start:stop])
            if self.state is State.CLOSED:
                return
            if self._reading_paused:
                break
            budget -= 1
            if budget <= 0 and position < end:
                self.hold()
                self.context.later(self.release)
                break
        if position < end:
            self._buffer = data[position:]

    def _handle(self, first: int, body: bytes) -> None:
        kind = first >> 4
        self.begin_changes()
        if self.state is not State.CONNECTED:
            self.context.handlers.connect(self, first, body)
            return
        if kind == PINGREQ and first & 15 == 0 and not body:
            self.send(PINGRESP_PACKET)
            return
        handler = self.context.handlers.others.get(kind)
        if handler is None:
            if kind == CONNECT:
                raise ProtocolViolation("a second CONNECT")  # [MQTT-3.1.0-2]
            if kind == PINGREQ:
                raise MalformedPacket("PINGREQ with flags or a body")  # [MQTT-2.1.3-1]
            raise not_of_a_client(kind)
        handler(self, self.codec.read(first, body))

    def _violated(self, violation: ProtocolViolation) -> None:
        """End the connection for a packet that breaks a rule (MQTT 5 section 4.13)."""
        self.context.metrics.protocol_violations += 1
        if self.state is State.OPENED:
            self.context.handlers.reject(self, violation)
        else:
            self.close(violation.reason, violation.detail)

    def close(self, reason: Reason, detail: str) -> None:
        """End the connection; see `Connection`."""
        raise NotImplementedError


def _check_first(first: int) -> None:
    """Refuse what no client sends before the rest of it is waited for."""
    if first >> 4 in NEVER_FROM_CLIENTS:
        raise not_of_a_client(first >> 4)


def _long_length(data: bytes, position: int) -> tuple[int, int]:
    """Return a remaining length of two to four bytes, and where the body starts.

    Both are 0 if not all of its bytes are there.
    """
    length = data[position + 1] & 127
    for place, digit in enumerate(data[position + 2 : position + 5], 1):
        length |= (digit & 127) << 7 * place
        if not digit & 128:
            if not digit:
                raise MalformedPacket("the remaining length is longer than necessary")
            return length, position + place + 2
    if len(data) - position > 4:
        raise MalformedPacket("the remaining length has more than four bytes")
    return 0, 0
