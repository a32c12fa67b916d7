"""A server with its clients: those that are idle, and those that are measured."""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import time
from typing import Final

from bench.broker_load.clients import (
    AT_ONCE,
    TOPICS,
    Client,
    Identity,
    idle_identity,
    open_all,
    player_id,
)
from bench.broker_load.servers import Server
from bench.processes import ProcessError

_FIRST_PAIR: Final = 1_000_000
_FIRST_NEW: Final = 4_000_000
_FIRST_OTHER: Final = 3_000_000
_QUIET: Final = 0.06
_LOOK: Final = 0.2
_OTHERS_AT_ONCE: Final = 200
_STATE: Final = '{"version": 1, "seq": 41, "name": "Living room", "playing": true, "volume": 40}'


class Driver:
    """Starts a server and connects clients to it, of which `idle` do nothing."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.idle: list[Client] = []
        self._received = 0
        self._arrived: asyncio.Future[int] | None = None
        self._pairs: list[tuple[Client, Client]] = []
        self._publisher: Client | None = None
        self._others: list[Client] = []

    def hang_up(self) -> None:
        """Close the connections of callers, responders and publisher."""
        for client in itertools.chain(*self._pairs, filter(None, [self._publisher])):
            client.abort()
        self._pairs, self._publisher = [], None

    async def grow(self, count: int, seconds: float) -> None:
        """Open `count` idle clients; ProcessError if they do not connect within `seconds`."""
        identities = [idle_identity(number) for number in range(count)]
        self.idle = [self.server.client(one) for one in identities]

        async def subscribe(place: int) -> None:
            await self.idle[place].subscribe(identities[place].filters)
            self.idle[place].on_message = self._count

        deadline = time.monotonic() + seconds
        opened = await open_all(self.idle, at_once=AT_ONCE, deadline=deadline, then=subscribe)
        if opened != count:
            raise ProcessError(f"only {opened} idle clients within {seconds:.0f} s")
        gc.collect()
        gc.freeze()
        await self.settle()

    async def settle(self, most: float = 10.0) -> None:
        """Wait until the server is at rest, at most `most` seconds."""
        deadline = time.monotonic() + most
        cpu, before = math.inf, 0.0
        while cpu - before > _QUIET * _LOOK and time.monotonic() < deadline:
            before = self.server.process.usage()[0]
            await asyncio.sleep(_LOOK)
            cpu = self.server.process.usage()[0]

    async def callers(self, count: int) -> list[Client]:
        """Return `count` remotes, each of which may call a player of its own; kept open."""
        homes = range(_FIRST_PAIR + len(self._pairs), _FIRST_PAIR + count)
        self._pairs += await asyncio.gather(*(self._pair(home) for home in homes))
        return [caller for caller, _ in self._pairs[:count]]

    async def _pair(self, home: int) -> tuple[Client, Client]:
        caller, responder = (self.server.client(Identity(it, home)) for it in ("remote", "player"))
        await responder.open()
        await responder.answer_calls(player_id(home))
        await caller.open()
        await caller.prepare_calls(player_id(home))
        return caller, responder

    async def publisher(self) -> Client:
        """Return a client that may publish to all idle clients; kept open."""
        if self._publisher is None:
            self._publisher = self.server.client(Identity("server", _FIRST_PAIR))
            await self._publisher.open()
        return self._publisher

    async def all_have_one(self, seconds: float) -> int:
        """Wait until the idle clients have got a message each; return when, in ns.

        ProcessError if they have not within `seconds`.
        """
        self._received, self._arrived = 0, asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(self._arrived, seconds)
        except TimeoutError:
            text = f"{self._received} of {len(self.idle)} clients got the message"
            raise ProcessError(text) from None

    def _count(self) -> None:
        self._received += 1
        if self._received == len(self.idle) and self._arrived is not None:
            self._arrived.set_result(time.perf_counter_ns())

    def new_clients(self, count: int) -> list[Client]:
        """Return `count` clients like the idle ones, which are not open yet."""
        return [self.server.client(idle_identity(_FIRST_NEW + number)) for number in range(count)]

    async def add_others(self, count: int) -> None:
        """Add the subscriptions and retained messages unrelated to what is measured.

        ConnectionError if the server ends a connection.
        """
        numbers = range(_FIRST_OTHER, _FIRST_OTHER + count)
        for start in range(0, len(numbers), _OTHERS_AT_ONCE):
            homes = [
                TOPICS.player(player_id(number))
                for number in numbers[start : start + _OTHERS_AT_ONCE]
            ]
            client = self.server.client(Identity("home", 0, f"-others-{start}"))
            self._others.append(client)
            await client.open()
            # what a player and a remote subscribe to, in turns
            filters = [(one.requests, one.state)[n % 2] for n, one in enumerate(homes)]
            await client.subscribe(filters)
            for home in homes:
                client.publish(home.state, _STATE, retain=True)
            await client.ping()
