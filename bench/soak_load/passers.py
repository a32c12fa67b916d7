"""Clients that come and go in every way there is, polite and not."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Final

from bench.broker_load.names import Login
from tests.conformance.answers import Disconnect
from tests.conformance.client import Client, ClosedError
from tests.conformance.packets import Connect, Will, publish
from tests.conformance.properties import Property
from tests.conformance.stream import Stream, WebSocketStream
from tests.conformance.wire import Version, WireError

PREFIX: Final = "zapette/soak"
_EXPIRY: Final = 3
_RESET: Final = struct.pack("ii", 1, 0)
_FLOOD: Final = bytes(20_000)


class Passers(threading.Thread):
    """One thread of clients, one or a few at a time, until it is told to stop.

    Args:
        number: tells it from others, and seeds its choices.
        tcp: the broker's port.
        ws: the broker's port for WebSocket.
        login: an account of the household.
        victims: client ids of others whose sessions it takes over.

    Attributes:
        done: how many clients of each kind came and went.
        wrong: what the broker did that it must not do.
    """

    def __init__(
        self, number: int, tcp: int, ws: int, login: Login, victims: Sequence[str]
    ) -> None:
        super().__init__(name=f"passers-{number}")
        self.done: Counter[str] = Counter()
        self.wrong: BaseException | None = None
        self._number = number
        self._tcp = tcp
        self._ws = ws
        self._login = login
        self._victims = victims
        self._chance = random.Random(number)
        self._over = threading.Event()
        self._ways: dict[str, Callable[[ExitStack], None]] = {
            "polite": self._polite,
            "killed": self._killed,
            "stalled": self._stalled,
            "duplicate": self._duplicate,
            "takes over": self._takes_over,
            "silent": self._silent,
            "refused": self._refused,
            "malformed": self._malformed,
            "leaves a session": self._leaves_a_session,
        }

    def run(self) -> None:
        """Send one client after the other."""
        while not self._over.is_set():
            way = self._chance.choice(list(self._ways))
            try:
                with ExitStack() as stack:
                    self._ways[way](stack)
            except (OSError, TimeoutError):
                continue
            except (AssertionError, WireError) as error:
                self.wrong = error
                return
            self.done[way] += 1

    def stop(self) -> None:
        """Send no more, and raise what was wrong."""
        self._over.set()
        self.join(60)
        if self.wrong is not None:
            raise self.wrong

    def _stream(self, stack: ExitStack) -> Stream:
        stream = self._chance.choice((Stream, WebSocketStream))
        return stack.enter_context(stream(self._ws if stream is WebSocketStream else self._tcp))

    def _open(
        self,
        stack: ExitStack,
        name: str,
        *,
        clean: bool = True,
        expiry: int = 0,
        will: bool = False,
    ) -> Client:
        """Connect as a client of the household, by either transport and version."""
        version = self._chance.choice(list(Version))
        if not clean:
            version = Version.V5  # a 3.1.1 session would last a day
        client = Client(self._stream(stack), version)
        connack = client.connect(
            Connect(
                name,
                version,
                clean=clean,
                username=self._login.username,
                password=self._login.password.encode(),
                will=Will(f"{PREFIX}/will", b"gone", qos=1) if will else None,
                properties=((Property.SESSION_EXPIRY, expiry),) if expiry else (),
            )
        )
        assert connack.code == 0, f"CONNACK 0x{connack.code:02x}"
        return client

    def _own_name(self) -> str:
        return f"passer-{self._number}-{self._chance.randrange(1_000_000)}"

    def _topic(self) -> str:
        return f"{PREFIX}/some/{self._chance.randrange(50)}"

    def _polite(self, stack: ExitStack) -> None:
        client = self._open(stack, self._own_name())
        client.subscribe(f"{PREFIX}/some/#", f"{PREFIX}/+/x", qos=2)
        for qos in range(3):
            retain = self._chance.random() < 0.5
            payload = self._chance.randbytes(self._chance.choice((0, 10, 5000)))
            client.send(
                publish(
                    self._topic(),
                    payload,
                    version=client.version,
                    qos=qos,
                    retain=retain,
                    packet_id=client.next_id() if qos else None,
                )
            )
        client.ping()
        client.send(b"\xe0\x00")

    def _killed(self, stack: ExitStack) -> None:
        client = self._open(stack, self._own_name(), will=True)
        client.subscribe(f"{PREFIX}/#", qos=1)
        client.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _stalled(self, stack: ExitStack) -> None:
        """Read nothing of a flood of one's own, as long as the broker lets one."""
        client = self._open(stack, self._own_name())
        client.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        topic = f"{PREFIX}/flood/{client.stream.socket.fileno()}-{self._number}"
        client.subscribe(topic, qos=self._chance.randrange(2))
        other = self._open(stack, self._own_name())
        flood = publish(topic, _FLOOD, version=other.version, qos=1, packet_id=1)
        for _ in range(self._chance.randrange(50, 1000)):
            other.send(flood)
        self._over.wait(self._chance.random())

    def _duplicate(self, stack: ExitStack) -> None:
        """Be there twice: the first is told to go."""
        name = self._own_name()
        first = self._open(stack, name)
        self._open(stack, name)
        farewell = first.end(timeout=30)
        assert first.version is Version.V311 or isinstance(farewell, Disconnect)

    def _takes_over(self, stack: ExitStack) -> None:
        """Take the session of a client that keeps count, acknowledge nothing, and be cut."""
        with suppress(ClosedError):  # its client was back before CONNACK
            self._open(stack, self._chance.choice(self._victims), clean=False, expiry=3600)
            self._over.wait(0.05)

    def _silent(self, stack: ExitStack) -> None:
        for _ in range(self._chance.randrange(1, 20)):
            self._stream(stack)
        self._over.wait(0.2)

    def _refused(self, stack: ExitStack) -> None:
        """Have a wrong password, and not wait for the answer."""
        client = Client(self._stream(stack), Version.V311)
        client.send(Connect("nobody", username=self._login.username, password=b"a guess").encode())
        self._over.wait(0.1)

    def _malformed(self, stack: ExitStack) -> None:
        client = self._open(stack, self._own_name(), will=True)
        client.send(bytes((self._chance.randrange(256), 3)) + self._chance.randbytes(3))
        with suppress(TimeoutError):
            while client.receive_any():
                pass

    def _leaves_a_session(self, stack: ExitStack) -> None:
        client = self._open(stack, self._own_name(), clean=False, expiry=_EXPIRY)
        client.subscribe(f"{PREFIX}/some/#", qos=2)


def clear_retained(port: int, login: Login) -> None:
    """Take back the retained messages that the clients left."""
    with Stream(port) as stream:
        client = Client(stream, Version.V311)
        name, password = login.username, login.password.encode()
        assert client.connect(Connect("clears", username=name, password=password)).code == 0
        for number in range(50):
            client.publish(f"{PREFIX}/some/{number}", b"", qos=1, retain=True)
        client.leave()
