"""Two clients that lose no message of theirs, whatever becomes of the broker or the connection."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

from tests.conformance.client import Client, ClosedError
from tests.conformance.wire.answers import PubAck, PubComp, Publish, PubRec, PubRel
from tests.conformance.wire.encodings import Type, Version, WireError
from tests.conformance.wire.packets import Connect, acknowledgement, publish
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream
from tests.waiting import HANG_TIMEOUT

WINDOW = 20
_EXPIRY = ((Property.SESSION_EXPIRY, 3600),)


class ReliableClient(threading.Thread):
    """Connects again to its session until it is told to stop.

    Attributes:
        connects: how often it was let in.
        ready: it has begun.
        wrong: what the broker did that it must not do.
    """

    def __init__(
        self,
        client_id: str,
        port: int,
        version: Version = Version.V311,
        username: str | None = None,
        password: bytes | None = None,
    ) -> None:
        super().__init__(name=client_id)
        self.client_id = client_id
        self.port = port
        self.connects = 0
        self._connect = Connect(
            client_id,
            version,
            clean=False,
            username=username,
            password=password,
            properties=_EXPIRY if version is Version.V5 else (),
        )
        self._stream: Stream | None = None
        self.ready = threading.Event()
        self.over = threading.Event()
        self.wrong: BaseException | None = None

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self._stream = Stream(self.port)
                client = Client(self._stream, self._connect.version)
            except OSError:
                time.sleep(0.02)
                continue
            try:
                assert client.connect(self._connect).code == 0
                self.connects += 1
                self.serve(client)
            except (ClosedError, OSError):
                continue
            except (AssertionError, WireError) as error:
                self.wrong = error
                return
            finally:
                client.close()

    def serve(self, client: Client) -> None:
        raise NotImplementedError

    def cut(self) -> None:
        """Break the connection without a word, from another thread."""
        stream = self._stream
        if stream is not None:
            with suppress(OSError):
                stream.socket.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        self.over.set()
        self.join(HANG_TIMEOUT)
        if self.wrong is not None:
            raise self.wrong


class Writer(ReliableClient):
    """Publishes numbers, the even ones at QoS 1, the odd ones at QoS 2."""

    def __init__(self, client_id: str, port: int, topic: str, **more: Any) -> None:
        super().__init__(client_id, port, **more)
        self.topic = topic
        self.sent = 0
        self.paused = threading.Event()
        self._published: dict[int, int] = {}
        self._released: list[int] = []

    @property
    def done(self) -> bool:
        return not self._published and not self._released

    def serve(self, client: Client) -> None:
        for packet_id, number in self._published.items():
            self._publish(client, packet_id, number, dup=True)
        for packet_id in self._released:
            client.send(acknowledgement(Type.PUBREL, packet_id))
        self.ready.set()
        while not self.over.is_set():
            if len(self._published) + len(self._released) < WINDOW and not self.paused.is_set():
                packet_id = self.sent % 65_535 + 1
                self._published[packet_id] = self.sent
                self.sent += 1
                self._publish(client, packet_id, self._published[packet_id])
            self._take(client)

    def _publish(self, client: Client, packet_id: int, number: int, *, dup: bool = False) -> None:
        client.send(
            publish(
                self.topic,
                str(number).encode(),
                version=client.version,
                qos=1 + number % 2,
                packet_id=packet_id,
                dup=dup,
            )
        )

    def _take(self, client: Client) -> None:
        try:
            answer = client.receive(0.005)
        except TimeoutError:
            return
        if isinstance(answer, PubAck):
            self._published.pop(answer.packet_id, None)
        elif isinstance(answer, PubRec):
            if self._published.pop(answer.packet_id, None) is not None:
                self._released.append(answer.packet_id)
            client.send(acknowledgement(Type.PUBREL, answer.packet_id))
        elif isinstance(answer, PubComp) and answer.packet_id in self._released:
            self._released.remove(answer.packet_id)


class Reader(ReliableClient):
    """Counts what it gets by QoS and number; QoS 2 by the rules, so twice is the broker's doing."""

    def __init__(self, client_id: str, port: int, topic: str, **more: Any) -> None:
        super().__init__(client_id, port, **more)
        self.topic = topic
        self.received: Counter[tuple[int, int]] = Counter()
        self._taken: set[int] = set()

    def has(self, count: int) -> bool:
        """Tell whether so many different messages have come."""
        return len(self.received) >= count

    def serve(self, client: Client) -> None:
        if not self.ready.is_set():
            client.subscribe(self.topic, qos=2)
            self.ready.set()
        while not self.over.is_set():
            try:
                answer = client.receive(0.1)
            except TimeoutError:
                continue
            if isinstance(answer, Publish):
                self._receive(client, answer)
            elif isinstance(answer, PubRel):
                self._taken.discard(answer.packet_id)
                client.pubcomp(answer)

    def _receive(self, client: Client, message: Publish) -> None:
        if message.qos == 2 and message.packet_id in self._taken:
            client.pubrec(message)
            return
        self.received[message.qos, int(message.payload)] += 1
        if message.qos == 2:
            self._taken.add(message.packet_id)
            client.pubrec(message)
        else:
            client.puback(message)
