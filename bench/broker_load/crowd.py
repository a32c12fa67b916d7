"""The idle clients of one server, held by a process of their own on the core of the load."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

import uvloop

from bench.broker_load.dialect import Dialect
from bench.broker_load.names import Login
from bench.broker_load.peer import Peer
from bench.broker_load.people import open_all

_AT_ONCE: Final = 64
_PATIENCE: Final = 30.0
_STOP_TIMEOUT: Final = 10.0


class CrowdError(Exception):
    """The idle clients could not be opened, or were not kept."""


@dataclass(frozen=True, slots=True)
class Grow:
    """Open more clients, each with its credentials and subscriptions; how many are there then."""

    members: Sequence[tuple[Login, Sequence[str]]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Listen:
    """Count the messages that arrive from now on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Wait for `count` messages; how many came, and when the last (monotonic nanoseconds)."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ping:
    """Ping with each client every `interval` seconds, for `seconds`; the waits for answers."""

    interval: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """How many clients are connected, and the CPU seconds of their process."""


class Crowd:
    """The other end of the process that holds the clients.

    Args:
        dialect: makes the clients.
        port: the server's.
    """

    def __init__(self, dialect: Dialect, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._child_end = child
        self._process = context.Process(target=_main, args=(child, dialect, port), daemon=True)

    def start(self) -> None:
        """Start the process, without a client."""
        self._process.start()
        self._child_end.close()

    async def ask(self, command: Grow | Listen | Heard | Ping | Status) -> Any:
        """Have a command carried out and return its outcome.

        Raises:
            CrowdError: it failed.
        """
        self._connection.send(command)
        seconds = getattr(command, "seconds", 0.0) + _PATIENCE
        if not await asyncio.to_thread(self._connection.poll, seconds):
            raise CrowdError(f"no outcome of {type(command).__name__} within {seconds:.0f} s")
        try:
            outcome = self._connection.recv()
        except EOFError:
            raise CrowdError("the process of the idle clients ended") from None
        if isinstance(outcome, Exception):
            raise CrowdError(str(outcome)) from outcome
        return outcome

    async def stop(self) -> None:
        """End the process, and with it the connections."""
        if self._process.pid is None:
            return
        self._connection.close()
        await asyncio.to_thread(self._process.join, _STOP_TIMEOUT)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


class _Members:
    """The clients, in the process that holds them."""

    def __init__(self, dialect: Dialect, port: int) -> None:
        self._dialect = dialect
        self._port = port
        self._peers: list[Peer] = []
        self._heard = 0
        self._last = 0

    async def carry_out(self, command: object) -> object:
        """Return the outcome of a command."""
        match command:
            case Grow(members, seconds):
                return await self._grow(members, seconds)
            case Listen():
                self._heard = self._last = 0
                return None
            case Heard(count, seconds):
                return await self._wait_for(count, seconds)
            case Ping(interval, seconds):
                return await self._ping(interval, seconds)
            case Status():
                connected = sum(peer.is_connected for peer in self._peers)
                return connected, time.process_time()
        raise CrowdError(f"{command!r} is no command")

    async def _grow(self, members: Sequence[tuple[Login, Sequence[str]]], seconds: float) -> int:
        peers = [self._dialect.peer(login) for login, _ in members]

        async def subscribe(place: int) -> None:
            await peers[place].subscribe(members[place][1])
            peers[place].arrived = self._count

        deadline = time.monotonic() + seconds
        await open_all(peers, self._port, at_once=_AT_ONCE, deadline=deadline, then=subscribe)
        self._peers += [peer for peer in peers if peer.is_connected and peer.arrived is not None]
        gc.collect()
        gc.freeze()
        return len(self._peers)

    def _count(self) -> None:
        self._heard += 1
        self._last = time.perf_counter_ns()

    async def _wait_for(self, count: int, seconds: float) -> tuple[int, int]:
        deadline = time.monotonic() + seconds
        while self._heard < count and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        return self._heard, self._last

    async def _ping(self, interval: float, seconds: float) -> list[float]:
        waits: list[float] = []
        until = time.monotonic() + seconds

        async def keep_on(peer: Peer, delay: float) -> None:
            await asyncio.sleep(delay)
            while time.monotonic() < until:
                began = time.perf_counter()
                await peer.ping()
                waits.append(time.perf_counter() - began)
                await asyncio.sleep(interval)

        count = len(self._peers)
        outcomes = await asyncio.gather(
            *(keep_on(peer, interval * n / count) for n, peer in enumerate(self._peers)),
            return_exceptions=True,
        )
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if failed:
            raise CrowdError(f"{len(failed)} of {count} clients got no answer: {failed[0]}")
        return waits


def _main(connection: Connection, dialect: Dialect, port: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()
    uvloop.run(_serve(connection, _Members(dialect, port)))


async def _serve(connection: Connection, members: _Members) -> None:
    """Carry out commands until the other end is closed."""
    while True:
        try:
            command = await asyncio.to_thread(connection.recv)
        except (EOFError, OSError):
            return
        try:
            outcome = await members.carry_out(command)
        except (ConnectionError, CrowdError, PermissionError, OSError) as error:
            outcome = CrowdError(f"{type(error).__name__}: {error}")
        connection.send(outcome)
