"""A server with its clients: those that are idle, and those that are measured."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Final

from bench.broker_load.clients import TOPICS, Client, Identity, idle_identity, player_id
from bench.broker_load.idle import IdleClients, IdleProcess
from bench.broker_load.servers import Server

_FIRST_PAIR: Final = 1_000_000
_FIRST_NEW: Final = 4_000_000
_FIRST_OTHER: Final = 3_000_000
_QUIET: Final = 0.06
_LOOK: Final = 0.2
_FILTERS_A_CLIENT: Final = 500
_MESSAGES_AT_ONCE: Final = 200
_STATE: Final = '{"version": 1, "seq": 41, "name": "Living room", "playing": true, "volume": 40}'


class Driver:
    """Connects clients to a server: `idle` ones, which `idle_process` keeps, and others."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.label = f"{server.title} {server.endpoint.transport}"
        self.idle = 0
        self.idle_process = IdleProcess(server.maker())
        self._pairs: list[tuple[Client, Client]] = []
        self._publisher: Client | None = None
        self._others: list[Client] = []

    def stop(self) -> None:
        """End the clients and the server."""
        self.hang_up()
        for client in self._others:
            client.abort()
        self.idle_process.stop()
        self.server.process.stop()

    def hang_up(self) -> None:
        """Close the connections of callers, responders and publisher."""
        for client in (*itertools.chain(*self._pairs), self._publisher):
            if client is not None:
                client.abort()
        self._pairs.clear()
        self._publisher = None

    async def grow(self, idle: int, seconds: float) -> None:
        """Open `idle` idle clients, or as many as connect within `seconds`."""
        if idle:
            identities = [idle_identity(number) for number in range(idle)]
            members = [(self.server.login(one), one.filters) for one in identities]
            self.idle = await self.idle_process.run(IdleClients.open, members, seconds)
            await self.settle()
        self.server.process.refresh()

    async def settle(self, most: float = 10.0) -> None:
        """Wait until the server is at rest, at most `most` seconds."""
        deadline = time.monotonic() + most
        while time.monotonic() < deadline:
            before = self.server.process.usage()
            await asyncio.sleep(_LOOK)
            after = self.server.process.usage()
            if (after.cpu - before.cpu) / (after.at - before.at) <= _QUIET:
                return

    async def callers(self, count: int) -> list[Client]:
        """Return `count` remotes, each of which may call a player of its own; kept open."""
        homes = range(_FIRST_PAIR + len(self._pairs), _FIRST_PAIR + count)
        self._pairs += await asyncio.gather(*(self._pair(home) for home in homes))
        return [caller for caller, _ in self._pairs[:count]]

    async def _pair(self, home: int) -> tuple[Client, Client]:
        player, remote = Identity("player", home), Identity("remote", home)
        caller, responder = self.server.client(remote, 1), self.server.client(player, 2)
        for client in (responder, caller):
            await client.open()
            await client.prepare()
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

    async def add_others(self, count: int, seconds: float) -> None:
        """Add `count` subscriptions and retained messages unrelated to what is measured.

        Raises:
            TimeoutError: that took longer than `seconds`.
            ConnectionError: the server ended a connection.
        """
        if not count:
            return
        async with asyncio.timeout(seconds):
            publisher = await self._other("-states")
            for start in range(0, count, _FILTERS_A_CLIENT):
                numbers = range(start, min(start + _FILTERS_A_CLIENT, count))
                homes = [TOPICS.player(player_id(_FIRST_OTHER + number)) for number in numbers]
                subscriber = await self._other(f"-others-{start}")
                # what a player and a remote subscribe to, in turns
                filters = [(one.requests, one.state)[n % 2] for n, one in enumerate(homes)]
                await subscriber.subscribe(filters)
                for place, home in enumerate(homes, 1):
                    publisher.publish(home.state, _STATE, retain=True)
                    if place % _MESSAGES_AT_ONCE == 0 or place == len(homes):
                        await publisher.ping()
        await self.settle()

    async def _other(self, name: str) -> Client:
        client = self.server.client(Identity("home", 0, name))
        self._others.append(client)
        await client.open()
        return client
