"""Clients that come and go in every way, well-behaved and not, for `bench.soak`."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, Final

from bench.broker_load.clients import Login
from bench.broker_load.servers import Server
from tests.conformance.client import Client, ClosedError
from tests.conformance.wire.answers import Disconnect
from tests.conformance.wire.encodings import Version, WireError
from tests.conformance.wire.packets import Connect, Will, publish
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream, WebSocketStream

PREFIX: Final = "zapette/soak"
TOPICS: Final = [f"{PREFIX}/some/{number}" for number in range(50)]
_EXPIRY: Final = 3
_RESET: Final = struct.pack("ii", 1, 0)
_FLOOD: Final = bytes(20_000)


class Churn(threading.Thread):
    """A thread that connects clients, one or a few at a time, until it is stopped.

    It takes over the sessions of the `victims`; `done` counts its clients by kind.
    """

    def __init__(self, number: int, server: Server, login: Login, victims: Sequence[str]) -> None:
        super().__init__(name=f"churn-{number}")
        self.done: Counter[str] = Counter()
        self.wrong: BaseException | None = None
        self._number = number
        self._ports = server.ports
        self._login = login
        self._victims = victims
        self._random = random.Random(number)
        self._over = threading.Event()
        self._kinds: list[Callable[[ExitStack], None]] = [
            *(self._polite, self._killed, self._stalled, self._duplicate, self._takes_over),
            *(self._silent, self._refused, self._malformed, self._leaves_a_session),
        ]

    def run(self) -> None:
        while not self._over.is_set():
            kind = self._random.choice(self._kinds)
            try:
                with ExitStack() as stack:
                    kind(stack)
            except (OSError, TimeoutError):
                continue
            except (AssertionError, WireError) as error:
                self.wrong = error
                return
            self.done[kind.__name__[1:].replace("_", " ")] += 1

    def stop(self) -> None:
        """Stop, and raise what the broker did wrong."""
        self._over.set()
        self.join(60)
        if self.wrong is not None:
            raise self.wrong

    def _stream(self, stack: ExitStack) -> Stream:
        if self._random.random() < 0.5:
            return stack.enter_context(WebSocketStream(self._ports["ws"]))
        return stack.enter_context(Stream(self._ports["tcp"]))

    def _open(
        self, stack: ExitStack, name: str = "", *, expiry: int = 0, will: bool = False
    ) -> Client:
        """Connect over either transport with either version; with an `expiry`, keep the session."""
        # a session of MQTT 3.1.1 would last a day
        version = Version.V5 if expiry else self._random.choice(list(Version))
        fields: dict[str, Any] = {"clean": not expiry}
        if will:
            fields["will"] = Will(f"{PREFIX}/will", b"gone", qos=1)
        if expiry:
            fields["properties"] = ((Property.SESSION_EXPIRY, expiry),)
        name = name or self._own_name()
        return connected(self._stream(stack), self._login, name, version, **fields)

    def _own_name(self) -> str:
        return f"churn-{self._number}-{self._random.randrange(1_000_000)}"

    def _polite(self, stack: ExitStack) -> None:
        client = self._open(stack)
        client.subscribe(f"{PREFIX}/some/#", f"{PREFIX}/+/x", qos=2)
        for qos in range(3):
            payload = self._random.randbytes(self._random.choice((0, 10, 5000)))
            retain = self._random.random() < 0.5
            client.publish(self._random.choice(TOPICS), payload, qos=qos, retain=retain)
        client.send(b"\xe0\x00")

    def _killed(self, stack: ExitStack) -> None:
        client = self._open(stack, will=True)
        client.subscribe(f"{PREFIX}/#", qos=1)
        client.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _stalled(self, stack: ExitStack) -> None:
        """Do not read a flood to oneself, as long as the broker accepts it."""
        client = self._open(stack)
        client.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        topic = f"{PREFIX}/flood/{client.stream.socket.fileno()}-{self._number}"
        client.subscribe(topic, qos=self._random.randrange(2))
        other = self._open(stack)
        flood = publish(topic, _FLOOD, version=other.version, qos=1, packet_id=1)
        for _ in range(self._random.randrange(50, 1000)):
            other.send(flood)
        self._over.wait(self._random.random())

    def _duplicate(self, stack: ExitStack) -> None:
        """Connect twice with one client id: the first connection is ended."""
        name = self._own_name()
        first = self._open(stack, name)
        self._open(stack, name)
        last = first.end(timeout=30)
        assert first.version is Version.V311 or isinstance(last, Disconnect)

    def _takes_over(self, stack: ExitStack) -> None:
        """Take the session of a client that counts, acknowledge nothing, and disconnect."""
        with suppress(ClosedError):  # that client was back before CONNACK
            self._open(stack, self._random.choice(self._victims), expiry=3600)
            self._over.wait(0.05)

    def _silent(self, stack: ExitStack) -> None:
        for _ in range(self._random.randrange(1, 20)):
            self._stream(stack)
        self._over.wait(0.2)

    def _refused(self, stack: ExitStack) -> None:
        """Send a wrong password, and do not wait for the response."""
        client = Client(self._stream(stack), Version.V311)
        client.send(Connect("nobody", username=self._login.username, password=b"a guess").encode())
        self._over.wait(0.1)

    def _malformed(self, stack: ExitStack) -> None:
        client = self._open(stack, will=True)
        client.send(bytes((self._random.randrange(256), 3)) + self._random.randbytes(3))
        with suppress(TimeoutError):
            while client.receive_any():
                pass

    def _leaves_a_session(self, stack: ExitStack) -> None:
        client = self._open(stack, expiry=_EXPIRY)
        client.subscribe(f"{PREFIX}/some/#", qos=2)


def connected(
    stream: Stream, login: Login, client_id: str, version: Version = Version.V311, **fields: Any
) -> Client:
    """Connect a client, with further `fields` of its CONNECT, and a clean session by default."""
    client = Client(stream, version)
    name, password = login.username, login.password.encode()
    connect = Connect(client_id, version, username=name, password=password, **fields)
    connack = client.connect(connect)
    assert connack.code == 0, f"CONNACK 0x{connack.code:02x}"
    return client
