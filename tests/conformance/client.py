"""A client that says exactly what a test tells it to, and misses nothing the server says."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import TypeVar

from tests.conformance.ledger import Ledger
from tests.conformance.wire.answers import (
    Answer,
    ConnAck,
    Disconnect,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    UnsubAck,
    read_answer,
)
from tests.conformance.wire.encodings import Type, Version
from tests.conformance.wire.packets import (
    PINGREQ,
    Connect,
    acknowledgement,
    disconnect,
    publish,
    subscribe,
    unsubscribe,
)
from tests.conformance.wire.properties import Pairs
from tests.conformance.wire.stream import Stream

PATIENCE = 10.0
PROBE_AFTER = 0.3

A = TypeVar("A")


class ClosedError(AssertionError):
    """The connection ended where a packet was expected."""


class Client:
    """One network connection. Every packet that comes in is checked by the ledger."""

    def __init__(self, stream: Stream, version: Version, patience: float = PATIENCE) -> None:
        self.stream = stream
        self.patience = patience
        self.version = version
        self.ledger = Ledger(version)
        self.connack: ConnAck | None = None
        self._buffer = b""
        self._inbox: deque[Answer] = deque()
        self._identifiers = itertools.cycle(range(1, 65536))

    def send(self, data: bytes) -> None:
        self.stream.send(data)

    def next_id(self) -> int:
        """Return a packet identifier that this connection has not used lately."""
        return next(self._identifiers)

    # Reading

    def receive(self, timeout: float | None = None) -> Answer:
        """Return the next packet; ClosedError at the end, TimeoutError if nothing comes."""
        return self._inbox.popleft() if self._inbox else self._read(timeout)

    def _read(self, timeout: float | None = None) -> Answer:
        answer = self._read_or_end(timeout)
        if answer is None:
            raise ClosedError("the server closed the connection")
        return answer

    def _read_or_end(self, timeout: float | None = None) -> Answer | None:
        timeout = self.patience if timeout is None else timeout
        deadline = time.monotonic() + timeout
        while (split := _split(self._buffer)) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no packet within {timeout} s")
            chunk = self.stream.receive(left)
            if not chunk:
                return None
            self._buffer += chunk
        first, body, size = split
        self._buffer = self._buffer[size:]
        return self.ledger.check(read_answer(first, body, self.version), size)

    def receive_any(self) -> Answer | None:
        """Return the next packet, or None if the connection ends."""
        return self._inbox.popleft() if self._inbox else self._read_or_end()

    def receive_or_end(self) -> SubAck | Disconnect | None:
        """Return SUBACK, DISCONNECT or, if the connection ends, None; anything else is wrong."""
        answer = self.receive_any()
        assert answer is None or isinstance(answer, SubAck | Disconnect), answer
        return answer

    def expect(self, kind: type[A], timeout: float | None = None) -> A:
        """Return the next packet, which has to be of that kind."""
        answer = self.receive(timeout)
        assert isinstance(answer, kind), f"{kind.__name__} expected, got {answer}"
        return answer

    def wait_for(self, kind: type[A]) -> A:
        """Return the first packet of that kind; others stay to be received."""
        for index, answer in enumerate(self._inbox):
            if isinstance(answer, kind):
                del self._inbox[index]
                return answer
        while not isinstance(answer := self._read(), kind):
            self._inbox.append(answer)
        return answer

    def end(self, *reasons: int, timeout: float | None = None) -> Disconnect | None:
        """Wait for the server to close, after at most a DISCONNECT with one of the reasons.

        Without a timeout a server that does not close at once is shown to go on by a PINGREQ.
        """
        farewell: Disconnect | None = None
        while answer := self._last_words(timeout):
            assert isinstance(answer, Disconnect), f"the end expected, got {answer}"
            assert not reasons or answer.code in reasons, f"DISCONNECT 0x{answer.code:02x}"
            farewell = answer
        return farewell

    def _last_words(self, timeout: float | None) -> Answer | None:
        if self._inbox:
            return self._inbox.popleft()
        if timeout is not None:
            return self._read_or_end(timeout)
        try:
            return self._read_or_end(PROBE_AFTER)
        except TimeoutError:
            # Not at the start: a server that closes with bytes unread resets the connection,
            # and its DISCONNECT can be lost.
            self.send(PINGREQ)
            return self._read_or_end()

    def refused(self, *codes: int) -> ConnAck | None:
        """Wait for the server to close, after at most a CONNACK with one of the codes."""
        answer = self._read_or_end()
        if answer is None:
            return None
        assert isinstance(answer, ConnAck), f"a refusal expected, got {answer}"
        assert answer.code, "the server accepts"
        assert not codes or answer.code in codes, f"CONNACK 0x{answer.code:02x}"
        self.end()
        return answer

    def silence(self) -> None:
        """Show that nothing is under way: the answer to PINGREQ is the next packet."""
        self.send(PINGREQ)
        self.expect(PingResp)

    def leave(self) -> None:
        """Send DISCONNECT and wait for the end: what follows finds the server knowing of it."""
        self.send(disconnect())
        self.end()

    def ping(self) -> None:
        """Keep the connection alive; what else comes stays to be received."""
        self.send(PINGREQ)
        self.wait_for(PingResp)

    def close(self) -> None:
        """End the connection as a failing network would; the server may take a moment to see it."""
        self.stream.close()

    # Whole exchanges

    def connect(self, connect: Connect) -> ConnAck:
        """Send CONNECT and return the answer, whatever it says."""
        self.ledger.connected(connect)
        self.send(connect.encode())
        self.connack = self.expect(ConnAck)
        return self.connack

    def subscribe(
        self, *filters: str | bytes, qos: int = 0, options: int = 0, properties: Pairs = ()
    ) -> SubAck:
        """Subscribe to the filters with one set of options and return SUBACK."""
        packet_id = self.next_id()
        pairs = [(name, qos | options) for name in filters]
        self.send(subscribe(packet_id, *pairs, version=self.version, properties=properties))
        suback = self.wait_for(SubAck)
        assert suback.packet_id == packet_id
        assert len(suback.codes) == len(filters)
        return suback

    def unsubscribe(self, *filters: str | bytes) -> UnsubAck:
        packet_id = self.next_id()
        self.send(unsubscribe(packet_id, *filters, version=self.version))
        unsuback = self.wait_for(UnsubAck)
        assert unsuback.packet_id == packet_id
        return unsuback

    def publish(
        self,
        topic: str | bytes,
        payload: bytes = b"",
        *,
        qos: int = 0,
        retain: bool = False,
        properties: Pairs = (),
    ) -> PubAck | PubRec | None:
        """Publish, complete the exchange that the QoS asks for, and return its first answer."""
        packet_id = self.next_id() if qos else None
        data = publish(
            topic,
            payload,
            version=self.version,
            qos=qos,
            retain=retain,
            packet_id=packet_id,
            properties=properties,
        )
        self.send(data)
        if packet_id is None:
            return None
        if qos == 1:
            puback = self.wait_for(PubAck)
            assert puback.packet_id == packet_id
            return puback
        pubrec = self.wait_for(PubRec)
        assert pubrec.packet_id == packet_id
        if pubrec.code < 0x80:
            self.send(acknowledgement(Type.PUBREL, packet_id))
            assert self.wait_for(PubComp).packet_id == packet_id
        return pubrec

    def expect_publish(self) -> Publish:
        """Return the next packet, which has to be PUBLISH, and leave its delivery open."""
        return self.expect(Publish)

    def message(self, timeout: float | None = None) -> Publish:
        """Return the next packet, which has to be PUBLISH, and complete its delivery."""
        message = self.expect(Publish, timeout)
        self.acknowledge(message)
        return message

    def messages(self, count: int) -> list[Publish]:
        return [self.message() for _ in range(count)]

    def acknowledge(self, message: Publish) -> None:
        """Complete the delivery of a message as its QoS asks."""
        if message.qos == 1:
            self.puback(message)
        elif message.qos == 2:
            self.pubrec(message)
            pubrel = self.wait_for(PubRel)
            assert pubrel.packet_id == message.packet_id
            self.pubcomp(pubrel)

    def puback(self, message: Publish, code: int = 0) -> None:
        self.ledger.done(message.packet_id)
        self.send(acknowledgement(Type.PUBACK, message.packet_id, code))

    def pubrec(self, message: Publish, code: int = 0) -> None:
        if code >= 0x80:
            self.ledger.done(message.packet_id)
        self.send(acknowledgement(Type.PUBREC, message.packet_id, code))

    def pubcomp(self, pubrel: PubRel) -> None:
        self.ledger.done(pubrel.packet_id)
        self.send(acknowledgement(Type.PUBCOMP, pubrel.packet_id))


def _split(buffer: bytes) -> tuple[int, bytes, int] | None:
    """Return first byte, body and size of the packet at the front, None while it is incomplete."""
    length = 0
    for position, byte in enumerate(buffer[1:5]):
        length |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            start = position + 2
            assert byte or not position, "the remaining length is longer than it need be"
            if len(buffer) < start + length:
                return None
            return buffer[0], buffer[start : start + length], start + length
    assert len(buffer) < 5, "the remaining length takes more than four bytes"
    return None
