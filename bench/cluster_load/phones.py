"""Light phones and players, a thousand in one process, which reconnect to another node."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bench.broker_load.clients import PARAMETER, PROCEDURE, RESULT, TOPICS, Endpoint, Login
from bench.broker_load.mqtt import MqttClient
from bench.cluster_load.machines import PORTS
from bench.processes import ProcessError
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import publish
from zapette.mqtt.retained_repeats import DOUBTFUL
from zapette.protocol.topics import Callee

PAUSE: Final = 5.0
"""Seconds between two calls of a phone, unless it is woken."""
PLAYER_PAUSE: Final = 1.0
"""Seconds between two states of a player."""
TIMEOUT: Final = 0.5
"""Seconds after which a phone calls again."""
HEARTBEAT: Final = (2.0, 1.5)
"""Seconds of silence until a ping, and after it until the phone leaves: those of pages."""
CONNECT_TIMEOUT: Final = 10.0
"""Seconds for connecting and subscribing; with less, a thousand that come at once never get in."""
FIRST_DELAY: Final = 0.25
LONGEST_DELAY: Final = 10.0
"""Seconds, up to which a client waits before its first attempt and later ones, as pages do."""
LONGEST: Final = 60.0
"""Seconds that everything else may take."""
_ENDPOINT: Final = Endpoint("tcp", PORTS.mqtt, 4)
_PUBACK: Final = 0x40
_state: Final = partial(publish, version=Version.V311, qos=1, retain=True, packet_id=1)


class Link(MqttClient):
    """One connection, which gives each message to `take`; `acknowledged` is set by each PUBACK."""

    def __init__(self, login: Login, owner: Member) -> None:
        super().__init__(_ENDPOINT, login)
        self._owner = owner
        self._take = self._take_message
        #: When data was received last.
        self.heard_at = time.monotonic()
        self.acknowledged = asyncio.Event()
        self._lost = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._lost.set()

    async def lost(self) -> None:
        """Raise ConnectionResetError once the connection has ended."""
        await self._lost.wait()
        raise ConnectionResetError

    async def beat(self) -> None:
        """Raise TimeoutError once the node does not answer, as a page's `Heartbeat` finds out."""
        interval, patience = HEARTBEAT
        while True:
            silence = time.monotonic() - self.heard_at
            if silence < interval:
                await asyncio.sleep(interval - silence)
            else:
                async with asyncio.timeout(patience):
                    await self.ping()

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        super().data_received(data)

    def _take_message(self, body: bytes) -> bytes:
        size = body[0] << 8 | body[1]
        self._owner.take(body[2 : 2 + size].decode(), body[2 + size :])
        return b""

    def _control(self, first: int, body: bytes) -> None:
        if first == _PUBACK:
            self.acknowledged.set()
        else:
            super()._control(first, body)


class Member:
    """A client that stays connected to one of several nodes, with subscriptions to `filters`.

    `node` is the place in `hosts` where it was connected last.
    """

    def __init__(self, login: Login, hosts: Sequence[str], first: int, filters: list[str]) -> None:
        self._home = self.node = first % len(hosts)
        self.filters = filters
        self.link: Link | None = None
        self._login = login
        self._hosts = hosts

    async def run(self) -> None:
        """Stay connected until cancelled."""
        delay = FIRST_DELAY
        while True:
            await asyncio.sleep(random.uniform(delay / 2, delay))
            delay = min(2 * delay, LONGEST_DELAY)
            link: Link | None = None
            try:
                link = Link(await self.login(), self)
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    await link.open(host=self.host)
                    await link.subscribe(self.filters)
                self.link = link
                delay = FIRST_DELAY
                # until the first of them fails
                async with asyncio.TaskGroup() as group:
                    for act in (self.act(link), link.beat(), link.lost()):
                        group.create_task(act)
            except* (OSError, TimeoutError):
                pass
            finally:
                self.link = None
                if link is not None:
                    link.abort()
            self.node = (self.node + 1) % len(self._hosts)

    async def login(self) -> Login:
        """Return its account for the next connection; OSError if there is none now."""
        return self._login

    def go_home(self) -> None:
        """Leave a node that is not the first one, for that."""
        if self.node != self._home:
            self.node = self._home - 1
            if self.link is not None:
                self.link.abort()
                self.link = None

    @property
    def host(self) -> str:
        """Return the host of the node of its last connection."""
        return self._hosts[self.node]

    async def act(self, link: Link) -> None:  # noqa: ARG002 - it only keeps the connection
        """Use a connection until it fails with OSError or TimeoutError."""
        await asyncio.Event().wait()

    def take(self, topic: str, payload: bytes) -> None:
        """Handle a message."""


async def until(condition: Callable[[], bool], what: str, longest: float = LONGEST) -> None:
    """Wait for a condition; ProcessError if it does not hold within `longest` seconds."""
    deadline = time.monotonic() + longest
    while not condition():
        if time.monotonic() > deadline:
            raise ProcessError(f"not within {longest:.0f} s: {what}")
        await asyncio.sleep(0.1)


class Phone(Member):
    """A phone that calls its player again and again; `wake` makes it call at once.

    `calls` has when its last answered calls began and were answered; `began` and `answered` are
    those of the last one.
    """

    pause = PAUSE
    procedure, parameter = PROCEDURE, PARAMETER

    def __init__(self, login: Login, hosts: Sequence[str], first: int, callee: Callee) -> None:
        self._callee = callee
        self._waiting = ("", asyncio.Event())
        self._calls = itertools.count(1)
        self.began = self.answered = 0.0
        self.wake = asyncio.Event()
        self.calls: deque[tuple[float, float]] = deque(maxlen=int(2 * LONGEST / self.pause))
        super().__init__(login, hosts, first, [])
        self.set_client_id(login.client_id)

    def set_client_id(self, client_id: str) -> None:
        """Change the client id of its next connection."""
        self._client_id = client_id
        self.filters = [self._callee.responses(client_id)]

    def again_after(self, moment: float) -> float:
        """Return the seconds from `moment` to the answer of its first call after it."""
        return min([it - moment for at, it in self.calls if at > moment], default=LONGEST)

    async def act(self, link: Link) -> None:
        """Call; call again if the player does not answer."""
        while True:
            call, began, done = f"c{next(self._calls)}", time.monotonic(), asyncio.Event()
            self._waiting = (self._callee.response(self._client_id, call), done)
            request = self._callee.request(self._client_id, call, self.procedure)
            link.publish(request, self.parameter)
            try:
                async with asyncio.timeout(TIMEOUT):
                    await done.wait()
            except TimeoutError:
                continue
            self.began, self.answered = began, time.monotonic()
            self.calls.append((began, self.answered))
            with contextlib.suppress(TimeoutError):
                # at different moments, as a page's ping depends on when it was answered last
                async with asyncio.timeout(random.uniform(self.pause / 2, self.pause)):
                    await self.wake.wait()
            self.wake.clear()

    def take(self, topic: str, payload: bytes) -> None:  # noqa: ARG002 - only the topic counts
        if topic == self._waiting[0]:
            self._waiting[1].set()


class Player(Member):
    """A player that answers each request at once, and publishes a retained state with QoS 1.

    As pages do, it publishes a further state if one was acknowledged late. `state` is its topic,
    and `acknowledged` the number in the last one that a node acknowledged.
    """

    def __init__(self, login: Login, hosts: Sequence[str], first: int, player: str) -> None:
        self._topics = TOPICS.player(player)
        self._numbers = itertools.count(1)
        self.state = self._topics.state
        self.acknowledged = 0
        self.publishing = True
        self._is_sending = self._is_doubtful = False
        super().__init__(login, hosts, first, [self._topics.requests])

    async def act(self, link: Link) -> None:
        """Publish, and wait for each acknowledgement."""
        self._is_sending = False
        while True:
            if self.publishing or self._is_doubtful:
                number, sent_at = next(self._numbers), time.monotonic()
                self._is_sending = True
                link.send(_state(self.state, b"%d" % number))
                link.acknowledged.clear()
                await link.acknowledged.wait()
                self._is_sending = False
                self.acknowledged = number
                self._is_doubtful = time.monotonic() - sent_at >= DOUBTFUL
            await asyncio.sleep(PLAYER_PAUSE)

    def take(self, topic: str, payload: bytes) -> None:  # noqa: ARG002 - the answer is fixed
        request = self._topics.parse(topic)
        if request and request.caller and request.call and self.link is not None:
            self.link.publish(self._topics.response(request.caller, request.call), RESULT)

    @property
    def is_settled(self) -> bool:
        """Return whether no state waits for an acknowledgement, or is to be published again."""
        return self.link is None or not (self._is_sending or self._is_doubtful)


class Reader(Member):
    """Reads the retained states at one node: `found` has their numbers by topic."""

    def __init__(self, login: Login, host: str, states: list[str]) -> None:
        super().__init__(login, [host], 0, states)
        self.found: dict[str, int] = {}

    def take(self, topic: str, payload: bytes) -> None:
        self.found[topic] = int(payload)
