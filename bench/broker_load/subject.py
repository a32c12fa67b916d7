"""A server over one transport with its idle clients: what measurements are taken of."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Final

from bench.broker_load.crowd import Crowd, Grow, Status
from bench.broker_load.dialect import Caller
from bench.broker_load.names import Person, idle_person, player_id
from bench.broker_load.peer import Peer
from bench.broker_load.servers.server import Server

_FIRST_PAIR: Final = 1_000_000
_FIRST_VISITOR: Final = 2_000_000
_QUIET: Final = 0.06
_LOOK: Final = 0.2


class Subject:
    """A server, the clients that are idle on it, and those that call.

    Attributes:
        server: the server.
        idle: how many idle clients it has.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.idle = 0
        self._crowd: Crowd | None = None
        self._pairs: list[tuple[Caller, Peer]] = []
        self._publisher: Peer | None = None

    @property
    def label(self) -> str:
        """What it is called in tables."""
        return f"{self.server.title} {self.server.transport}"

    @property
    def crowd(self) -> Crowd:
        """The idle clients; RuntimeError before `start`."""
        if self._crowd is None:
            raise RuntimeError("there is no crowd yet")
        return self._crowd

    async def start(self) -> None:
        """Start the server, without a client."""
        await self.server.start()
        self._crowd = Crowd(self.server.dialect(), self.server.port)
        self._crowd.start()

    async def stop(self) -> None:
        """End the clients and the server."""
        self.hang_up()
        if self._crowd is not None:
            with contextlib.suppress(OSError):
                await self._crowd.stop()
        await self.server.stop()

    def hang_up(self) -> None:
        """End the connections of those that call, are called and publish; others may follow."""
        for caller, responder in self._pairs:
            caller.abort()
            responder.abort()
        self._pairs.clear()
        if self._publisher is not None:
            self._publisher.abort()
            self._publisher = None

    async def grow(self, idle: int, seconds: float) -> None:
        """Have `idle` idle clients, or as many as connect within `seconds`."""
        people = [idle_person(number) for number in range(self.idle, idle)]
        if people:
            members = [(self.server.login(person), person.filters) for person in people]
            self.idle = await self.crowd.ask(Grow(members, seconds))
            await self.settle()
        self.server.process.refresh()

    async def settle(self, most: float = 10.0) -> None:
        """Return once the server is at rest, or after `most` seconds."""
        deadline = time.monotonic() + most
        while time.monotonic() < deadline:
            before = self.server.process.usage()
            await asyncio.sleep(_LOOK)
            after = self.server.process.usage()
            if (after.cpu - before.cpu) / (after.at - before.at) <= _QUIET:
                return

    async def kept(self) -> int:
        """Return how many idle clients are still connected."""
        connected, _ = await self.crowd.ask(Status())
        return int(connected)

    async def pairs(self, count: int) -> list[tuple[Caller, Peer]]:
        """Return `count` homes, each with a remote that may call its player; kept open."""
        homes = range(_FIRST_PAIR + len(self._pairs), _FIRST_PAIR + count)
        self._pairs += await asyncio.gather(*(self._pair(home) for home in homes))
        return self._pairs[:count]

    async def _pair(self, home: int) -> tuple[Caller, Peer]:
        server, dialect = self.server, self.server.dialect()
        player, remote = Person("player", home), Person("remote", home)
        responder = dialect.responder(server.login(player), player_id(home), [remote.client_id])
        caller = dialect.caller(server.login(remote), player_id(home))
        await responder.open(server.port)
        await responder.prepare()
        await caller.open(server.port)
        await caller.prepare()
        return caller, responder

    async def publisher(self) -> Peer:
        """Return a client that may publish to everybody; kept open."""
        if self._publisher is None:
            person = Person("server", _FIRST_PAIR)
            self._publisher = self.server.dialect().peer(self.server.login(person))
            await self._publisher.open(self.server.port)
        return self._publisher

    def visitors(self, count: int) -> list[Peer]:
        """Return `count` clients of a kind with the idle ones, which are yet to be opened."""
        dialect = self.server.dialect()
        people = (idle_person(2 * _FIRST_VISITOR + number) for number in range(count))
        return [dialect.peer(self.server.login(person)) for person in people]
