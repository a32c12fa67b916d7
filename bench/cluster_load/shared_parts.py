"""Kills and freezes what the web sides share, and one of them, while phones come through them."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from bench.broker_load.clients import Login
from bench.cluster_load.phones import Phone, Player, until
from bench.results import progress, spread
from tests.clients.mqtt_clients import Household
from tests.programs.postgresql import PostgresqlServer
from tests.programs.system import System
from zapette_server.nats.cluster.node_files import SETTINGS

_NEWCOMERS: Final = 20
_DOWN: Final = 10.0
"""Seconds that each part is away."""
_ASK_TIMEOUT: Final = 5.0
"""Seconds that a page waits for the web side."""
_NOT_ROOT: Final = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""PostgreSQL does not run as root, which the benchmark is in its namespace."""


class Newcomer(Phone):
    """A phone that asks a web side for its token before each connection, as pages do."""

    def __init__(
        self, number: int, hosts: Sequence[str], home: Household, sides: Sequence[System]
    ) -> None:
        super().__init__(Login("newcomer", "", ""), hosts, number, home.id)
        self._body = json.dumps({"id": home.id, "key": home.key("remote")}).encode()
        # each has limits of its own
        self._address = f"10.78.0.{number + 1}"
        self._sides = itertools.cycle(sides)

    async def login(self) -> Login:
        given = await asyncio.to_thread(self._ask, next(self._sides))
        login = Login(given["client_id"], given["username"], given["password"])
        self.set_client_id(login.client_id)
        return login

    def leave(self) -> None:
        """End its connection, and have it noticed at once."""
        if self.link is not None:
            self.link.abort()
        self.wake.set()

    def _ask(self, side: System) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": self._address}
        request = urllib.request.Request(f"{side.url}api/credentials", self._body, headers)
        with urllib.request.urlopen(request, timeout=_ASK_TIMEOUT) as answer:
            return dict(json.load(answer))


@dataclass(frozen=True)
class Part:
    """What one failure has done: seconds until a press worked, by whose it was, and further cells.

    `more` has those by the head of their column.
    """

    name: str
    times: dict[str, list[float]]
    more: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[list[str]]:
        return [
            [self.name, whose, str(len(times)), *spread(times), *self.more.values()]
            for whose, times in self.times.items()
            if times
        ]

    def printed(self) -> Self:
        for row in self.rows:
            progress(" ".join(row))
        return self


@dataclass(frozen=True)
class SharedParts:
    """Two web sides, their database, and a player with phones that come through them.

    What `thread` starts ends with it.
    """

    sides: list[System]
    postgresql: PostgresqlServer
    player: Player
    newcomers: list[Newcomer]
    thread: Executor

    async def measure(self, connected: Sequence[Phone]) -> list[Part]:
        """Return the figures of each part; the phones `connected` stay so."""
        side = self.sides[0].kept_dead("web")
        return [
            await self._part("a web side killed", side, connected, is_replaced=True),
            await self._part("database killed", self.postgresql.killed(), connected),
            await self._part("database stopped", self.postgresql.stopped(), connected),
            await self._part("database frozen", self.postgresql.frozen(), connected),
        ]

    async def _part(
        self,
        name: str,
        outage: AbstractContextManager[None],
        connected: Sequence[Phone],
        *,
        is_replaced: bool = False,
    ) -> Part:
        await until(lambda: all(it.link for it in self.newcomers), "all have come")
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.thread, outage.__enter__)
        for newcomer in self.newcomers:
            newcomer.leave()
        for phone in connected:
            phone.wake.set()
        left = time.monotonic()
        await asyncio.sleep(_DOWN)
        returned = time.monotonic()
        await loop.run_in_executor(self.thread, outage.__exit__, None, None, None)
        since = left if is_replaced else returned
        await until(lambda: all(it.began > since for it in self.newcomers), f"{name}: all came")
        await until(lambda: all(it.began > began for it in connected), f"{name}: all pilot")
        part = Part(
            name,
            {
                "newcomers": [it.again_after(since) for it in self.newcomers],
                "connected": [it.again_after(began) for it in connected],
            },
        )
        for side in self.sides:
            while not await asyncio.to_thread(side.is_up):
                await asyncio.sleep(0.2)
        return part.printed()


@contextmanager
def running(folder: Path, hosts: Sequence[str]) -> Iterator[SharedParts]:
    """Run web sides on the cluster in `folder`, with a database; phones connect to `hosts`."""
    with ExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1))
        postgresql = PostgresqlServer(_NOT_ROOT)
        stack.callback(postgresql.close)
        settings = {
            "ZAPETTE_CONFIG": str(folder / SETTINGS),
            "ZAPETTE_DATABASE": stack.enter_context(postgresql.database()),
            "ZAPETTE_BIND": "127.0.0.1",
            "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
            "ZAPETTE_PUBLIC_URL": "http://localhost/",
        }
        sides = []
        for name in ("web-1", "web-2"):
            (folder / name).mkdir()
            sides.append(stack.enter_context(System(folder / name, settings)))
        home = Household(sides[0])
        given = home.given
        login = Login(given["client_id"], given["username"], given["password"])
        yield SharedParts(
            sides,
            postgresql,
            Player(login, hosts, 0, home.id),
            [Newcomer(number, hosts, home, sides) for number in range(_NEWCOMERS)],
            thread,
        )
