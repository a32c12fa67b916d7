"""A server with its clients: those that are idle, and those that are measured."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import time
from typing import Final

from bench.broker_load.clients import TOPICS, Client, Identity, idle_identity, player_id
from bench.broker_load.idle import IdleClients, IdleProcess
from bench.broker_load.report import Case
from bench.broker_load.servers import Server

_FIRST_PAIR: Final = 1_000_000
_FIRST_NEW: Final = 4_000_000
_FIRST_OTHER: Final = 3_000_000
_QUIET: Final = 0.06
_LOOK: Final = 0.2
_OTHERS_AT_ONCE: Final = 200
_STATE: Final = '{"version": 1, "seq": 41, "name": "Living room", "playing": true, "volume": 40}'


class Driver:
    """Connects clients to a server: the idle ones of `place`, which `idle` keeps, and others.

    `load` are the processes of all clients, this one first.
    """

    def __init__(self, server: Server, place: Case) -> None:
        self.server = server
        self.place = place
        self.label = f"{place.server} {place.transport}, {place.idle} idle, {place.others} others"
        self.idle = IdleProcess(server.maker())
        self.load = [os.getpid()]
        self._pairs: list[tuple[Client, Client]] = []
        self._publisher: Client | None = None
        self._others: list[Client] = []

    def stop(self) -> None:
        """End the clients and the server."""
        self.hang_up()
        for client in self._others:
            client.abort()
        self.idle.stop()
        self.server.process.stop()

    def hang_up(self) -> None:
        """Close the connections of callers, responders and publisher."""
        for client in itertools.chain(*self._pairs, filter(None, [self._publisher])):
            client.abort()
        self._pairs, self._publisher = [], None

    async def grow(self, seconds: float) -> None:
        """Open the idle clients; ProcessError if they do not connect within `seconds`."""
        if self.place.idle:
            identities = [idle_identity(number) for number in range(self.place.idle)]
            members = [(self.server.login(one), one.filters) for one in identities]
            self.load.append(await self.idle.run(IdleClients.open, members, seconds))
            await self.settle()
        self.server.process.refresh()

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

    def new_clients(self, count: int) -> list[Client]:
        """Return `count` clients like the idle ones, which are not open yet."""
        return [self.server.client(idle_identity(_FIRST_NEW + number)) for number in range(count)]

    async def add_others(self, seconds: float) -> None:
        """Add the subscriptions and retained messages unrelated to what is measured.

        TimeoutError after `seconds`, ConnectionError if the server ends a connection.
        """
        numbers = range(_FIRST_OTHER, _FIRST_OTHER + self.place.others)
        async with asyncio.timeout(seconds):
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
