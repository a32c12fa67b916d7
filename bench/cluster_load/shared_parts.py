"""Takes away what the web sides share, and one of them, while phones come through them."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final, Self

from bench.broker_load.clients import TOPICS, Identity, Login
from bench.broker_load.peers import nats_login, tokens_of
from bench.cluster_load.machines import BRIDGE, JoinedMachine, joined
from bench.cluster_load.phones import Phone, Player, until
from bench.results import progress, spread
from tests.clients.mqtt_clients import Household
from tests.programs.ports import free_port
from tests.programs.postgresql import NOT_ROOT, PostgresqlServer
from tests.programs.system import System
from tests.programs.two_web_sides import Nginx
from zapette_server.nats.cluster.node_files import SETTINGS

_NEWCOMERS: Final = 20
_DOWN: Final = 10.0
"""Seconds that each part is away, and that it is watched afterwards."""
_ASK_TIMEOUT: Final = 5.0
"""Seconds that a page waits for an answer."""


class Newcomer(Phone):
    """A phone that asks for its token at `port` before each connection, as pages do."""

    def __init__(self, number: int, hosts: Sequence[str], home: Household, port: int) -> None:
        super().__init__(Login("newcomer", "", ""), hosts, number, TOPICS.player(home.id))
        self._body = json.dumps({"id": home.id, "key": home.key("remote")}).encode()
        # each has limits of its own
        self._address = f"127.1.0.{number + 1}"
        self._port = port

    async def login(self) -> Login:
        given = await asyncio.to_thread(self._ask)
        login = Login(given["client_id"], given["username"], given["password"])
        self.set_client_id(login.client_id)
        return login

    def leave(self) -> None:
        """End its connection, and have it noticed at once."""
        if self.link is not None:
            self.link.abort()
        self.wake.set()

    def _ask(self) -> dict[str, str]:
        asked = HTTPConnection("127.0.0.1", self._port, _ASK_TIMEOUT, (self._address, 0))
        with closing(asked):
            kind = {"Content-Type": "application/json"}
            asked.request("POST", "/api/credentials", self._body, kind)
            answer = asked.getresponse()
            if answer.status != HTTPStatus.OK:
                raise ConnectionError(answer.reason)
            return dict(json.load(answer))


class Caller(Phone):
    """A program that calls the server all the time; one of the web sides answers."""

    pause = 0.1
    procedure, parameter = "id", ""

    def __init__(self, login: Login, hosts: Sequence[str]) -> None:
        super().__init__(login, hosts, 0, TOPICS.server)
        self._answers: Counter[str] = Counter()

    def take(self, topic: str, payload: bytes) -> None:
        self._answers[topic] += 1
        super().take(topic, payload)

    def answered_twice(self) -> int:
        """Return how many calls had more than one answer, since this was asked last."""
        answers, self._answers = self._answers, Counter()
        return sum(it > 1 for it in answers.values())

    def silence_after(self, moment: float) -> float:
        """Return the longest time without an answer since `moment`, in seconds."""
        times = [moment, *(it for _, it in self.calls if it > moment), time.monotonic()]
        return max(after - before for before, after in itertools.pairwise(times))


class DistantSide(System):
    """A web side on a machine of its own."""

    def __init__(self, folder: Path, settings: dict[str, str], machine: JoinedMachine) -> None:
        own = {"ZAPETTE_BIND": machine.host}
        super().__init__(folder, settings | own, before=machine.inside)
        self._host = machine.host

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.http_port}/"


@dataclass(frozen=True)
class Part:
    """What one failure has done: seconds until a press worked, by whose it was, and further cells.

    For callers of the server, they are the longest time without an answer. `more` has the further
    cells by the head of their column.
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
    """Two web sides behind nginx, their database, and a player with phones that come through them.

    `machines` are those of the first web side and of the database. What `thread` starts ends with
    it.
    """

    sides: list[System]
    postgresql: PostgresqlServer
    machines: list[JoinedMachine]
    caller: Caller
    player: Player
    newcomers: list[Newcomer]
    thread: Executor

    async def measure(self, connected: Sequence[Phone]) -> list[Part]:
        """Return the figures of each part; the phones `connected` stay so."""
        of_side, of_database = self.machines
        # each of them is the server when it goes
        killed = self.sides[1].kept_dead("web")
        return [
            await self._part("a web side cut off", of_side.cut_off(), connected, is_replaced=True),
            await self._part("a web side killed", killed, connected, is_replaced=True),
            await self._part("database cut off", of_database.cut_off(), connected),
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
        for side in self.sides:
            while not await asyncio.to_thread(side.is_up):
                await asyncio.sleep(0.2)
        await asyncio.sleep(returned + _DOWN - time.monotonic())
        times = {
            "newcomers": [it.again_after(since) for it in self.newcomers],
            "connected": [it.again_after(began) for it in connected],
            "callers of the server": [self.caller.silence_after(began)],
        }
        return Part(name, times, {"answered twice": str(self.caller.answered_twice())}).printed()


@contextmanager
def running(folder: Path, hosts: Sequence[str]) -> Iterator[SharedParts]:
    """Run web sides on the cluster in `folder`, with a database; phones connect to `hosts`."""
    with ExitStack() as stack:
        thread = stack.enter_context(ThreadPoolExecutor(1))
        of_side = stack.enter_context(joined("side", 101))
        of_database = stack.enter_context(joined("database", 102))
        before = (*of_database.inside, *NOT_ROOT)
        postgresql = PostgresqlServer(before, host=of_database.host)
        stack.callback(postgresql.close)
        settings = {
            "ZAPETTE_CONFIG": str(folder / SETTINGS),
            "ZAPETTE_DATABASE": stack.enter_context(postgresql.database()),
            "ZAPETTE_BIND": "127.0.0.1",
            "ZAPETTE_TRUSTED_PROXY": f"127.0.0.1, {BRIDGE}",
            "ZAPETTE_PUBLIC_URL": "http://localhost/",
        }
        folders = [folder / "web-1", folder / "web-2"]
        for each in folders:
            each.mkdir()
        sides = [DistantSide(folders[0], settings, of_side), System(folders[1], settings)]
        for side in sides:
            stack.enter_context(side)
        port = free_port()
        nginx = Nginx(
            folder / "nginx",
            port,
            [f"{of_side.host}:{sides[0].http_port}", f"127.0.0.1:{sides[1].http_port}"],
        )
        stack.callback(nginx.stop)
        home = Household(sides[0])
        given = home.given
        login = Login(given["client_id"], given["username"], given["password"])
        yield SharedParts(
            sides,
            postgresql,
            [of_side, of_database],
            Caller(nats_login(tokens_of(folder), Identity("home", 0, "-caller")), hosts),
            Player(login, hosts, 0, home.id),
            [Newcomer(number, hosts, home, port) for number in range(_NEWCOMERS)],
            thread,
        )
