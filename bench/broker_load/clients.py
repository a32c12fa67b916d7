"""The clients of a server under load: who they are, how they connect, and how they call."""

from __future__ import annotations

import asyncio
import hashlib
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, cast

from bench.broker_load.framing import Framing, Template
from zapette.protocol.topics import Topics

Transport = Literal["tcp", "ws"]
Role = Literal["player", "remote", "server", "home"]
"""What a client may do; ``home`` is an account of the household."""

TOPICS: Final = Topics("zapette")
SHARED_TOPIC: Final = TOPICS.server.availability
"""The topic that every idle client subscribes to."""
PROCEDURE: Final = "volume"
PARAMETER: Final = "40"
RESULT: Final = '{"volume": 40, "muted": false, "playing": true, "seq": 1041}'

AT_ONCE: Final = 64
"""How many connections are opened at a time."""

_FIRST_TOKEN: Final = 10_000_000
_SOURCES: Final = 8
_GRACE: Final = 5.0


class Endpoint(NamedTuple):
    """Where clients connect; `version` is 4 (MQTT 3.1.1) or 5."""

    transport: Transport
    port: int
    version: int


class Login(NamedTuple):
    client_id: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Identity:
    """One client before it has credentials; each home has one player."""

    role: Role
    home: int
    name: str = ""

    @property
    def client_id(self) -> str:
        if self.role == "player":
            return f"player-{player_id(self.home)}"
        return f"{self.role}-{self.home}{self.name}"

    @property
    def filters(self) -> list[str]:
        """The subscriptions of an idle client: one of its own, and one that all have."""
        player = TOPICS.player(player_id(self.home))
        return [player.requests if self.role == "player" else player.state, SHARED_TOPIC]


def player_id(home: int) -> str:
    return hashlib.blake2b(home.to_bytes(8), digest_size=16).hexdigest()


def idle_identity(number: int) -> Identity:
    home, second = divmod(number, 2)
    return Identity("remote" if second else "player", home)


class Calls:
    """Keeps a number of calls under way: each response triggers the next call; no I/O.

    `answered_at` are nanoseconds of the monotonic clock.
    """

    def __init__(self, template: Template) -> None:
        self.answered_at: list[int] = []
        self._template = template
        self._next = _FIRST_TOKEN
        self._waiting: set[bytes] = set()
        self._running = False

    @property
    def waiting(self) -> int:
        """How many calls are unanswered."""
        return len(self._waiting)

    def start(self, at_once: int) -> bytes:
        """Return what to send so that `at_once` calls are under way."""
        self._running = True
        return b"".join(self._call() for _ in range(at_once))

    def stop(self) -> None:
        self._running = False

    def answer(self, token: bytes) -> bytes:
        """Record a response and return the next call; KeyError if no such call waits."""
        self._waiting.remove(token)
        self.answered_at.append(time.perf_counter_ns())
        return self._call() if self._running else b""

    def _call(self) -> bytes:
        token = b"%d" % self._next
        self._next += 1
        self._waiting.add(token)
        return self._template.fill(token)


class Client(asyncio.Protocol):
    """One connection to a server under load; subclasses speak MQTT or WAMP.

    `on_message` is called for each message that is not a call or its answer; `ended` is why the
    connection has ended, if it has.
    """

    calls: Calls

    def __init__(self, port: int, framing: Framing) -> None:
        self.on_message: Callable[[], None] | None = None
        self._port = port
        self._framing = framing
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.ended: Exception | None = None

    async def open(self, source: str | None = None, host: str = "127.0.0.1") -> None:
        """Connect, from the address `source`, and wait until the server accepts the credentials.

        Raises:
            ConnectionError: the server did not.
        """
        loop = asyncio.get_running_loop()
        accepted = self._wait()
        local = None if source is None else (source, 0)
        try:
            await loop.create_connection(lambda: self, host, self._port, local_addr=local)
            await accepted
        except BaseException:
            self.abort()
            raise

    @abstractmethod
    async def prepare_calls(self, player: str) -> None:
        """Be a remote: subscribe to what `calls` of a player need."""

    @abstractmethod
    async def answer_calls(self, player: str) -> None:
        """Be a player, which answers each call at once."""

    def start(self, at_once: int) -> None:
        """Make `at_once` calls, and another one for each response."""
        self.write(self.calls.start(at_once))

    @abstractmethod
    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe to all `topics` and wait until the server has confirmed it."""

    @abstractmethod
    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish a message without acknowledgement."""

    @abstractmethod
    async def ping(self) -> None:
        """Make a round trip to the server, which follows all that was sent before."""

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def send(self, payload: bytes) -> None:
        self.write(self._framing.wrap(payload))

    def write(self, data: bytes) -> None:
        """Send framed messages."""
        if self._transport is None or self.ended is not None:
            raise ConnectionResetError("the connection is gone")
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._framing.is_open:
            self._log_in()
        else:
            self._transport.write(self._framing.opening)

    def data_received(self, data: bytes) -> None:
        """Handle the payloads; an exception ends the connection, and `connection_lost` gets it."""
        was_open = self._framing.is_open
        payloads = self._framing.feed(data)
        if self._framing.reply:
            self.write(self._framing.reply)
            self._framing.reply = b""
        if not was_open and self._framing.is_open:
            self._log_in()
        self._receive(payloads)

    def connection_lost(self, exc: Exception | None) -> None:
        reason = repr(exc) if exc else "no reason"
        self.ended = ConnectionResetError(f"the server ended the connection ({reason})")
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self.ended)

    @abstractmethod
    def _log_in(self) -> None: ...

    @abstractmethod
    def _receive(self, payloads: list[bytes]) -> None: ...

    def _count(self) -> None:
        if self.on_message is not None:
            self.on_message()

    def _wait(self) -> asyncio.Future[None]:
        """Return the future that `_confirm` completes."""
        self._waiter = asyncio.get_running_loop().create_future()
        if self.ended is not None:
            self._waiter.set_exception(self.ended)
        return self._waiter

    def _confirm(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def open_all(
    clients: Sequence[Client],
    *,
    at_once: int,
    deadline: float,
    then: Callable[[int], Awaitable[None]] | None = None,
) -> int:
    """Open `clients` in order and return how many were open before `deadline`.

    They connect from several addresses of the loopback interface, so that ports never run out, and
    `at_once` at a time; `then` completes the client at a place. ConnectionError if one is refused.
    """
    places = iter(range(len(clients)))
    opened = 0

    async def work() -> None:
        nonlocal opened
        for place in places:
            if time.monotonic() >= deadline:
                return
            await clients[place].open(f"127.0.0.{2 + place % _SOURCES}")
            if then is not None:
                await then(place)
            opened += 1

    tasks = [asyncio.create_task(work()) for _ in range(at_once)]
    try:
        async with asyncio.timeout(deadline - time.monotonic() + _GRACE):
            await asyncio.gather(*tasks)
    finally:
        # after a refusal, the others would go on
        for task in tasks:
            task.cancel()
    return opened
