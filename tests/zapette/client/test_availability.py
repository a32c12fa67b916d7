"""A player is available when it and the server are online; else a call fails at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.plain_player import PlainPlayer
from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette import Application
from zapette.client.client import Client
from zapette.client.players.player import AsyncPlayer, Player
from zapette.errors import Unavailable
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path).start()
    yield running
    running.stop()


@pytest.fixture
def start() -> Iterator[Callable[[BrokerUrl], Application]]:
    made: list[Application] = []

    def make(url: BrokerUrl) -> Application:
        made.append(Application(url=url, base_topic="zapette"))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def server(url: BrokerUrl) -> Client:
    """Return a client in the server's place, or the bridge's."""
    client = Client(url, callee=Topics().server)
    client.start()
    client.wait(HANG_TIMEOUT)
    return client


def test_the_server_goes_and_comes(
    home: Mosquitto, start: Callable[[BrokerUrl], Application]
) -> None:
    own, player = start(home.url), PlainPlayer(home.url).start()
    of_home = server(home.url)
    own.players.settle()
    seen: list[bool] = []
    own.players.on_change = lambda it: seen.append(it.available)
    remote = own.player(player.id, timeout=60)
    try:
        assert remote.available
        assert own.players.get(player.id).available
        remote.play()
        of_home.stop()
        eventually(lambda: not remote.available, "it is not any more")
        began = time.monotonic()
        with pytest.raises(Unavailable, match="the server is offline"):
            remote.play()
        assert time.monotonic() - began < SLACK
        eventually(lambda: not own.players.get(player.id).available, "known to all")
        assert own.players.get(player.id).online
        assert own.players.online() == []
        of_home = server(home.url)
        eventually(lambda: remote.available, "it comes back")
        remote.pause()
        eventually(lambda: False in seen and seen[-1], "each change was told")
    finally:
        of_home.stop()
        player.stop()


def test_a_call_that_waits_when_the_server_goes(
    home: Mosquitto, start: Callable[[BrokerUrl], Application]
) -> None:
    own, of_home = start(home.url), server(home.url)
    silent = Client(home.url, callee=Topics().player("0" * 32))
    silent.start()
    silent.wait(HANG_TIMEOUT)
    try:
        # nobody answers: what is asked is not ours to answer
        silent.run(_forget_requests(silent)).result(HANG_TIMEOUT)
        call = own.call_later(f"players/{'0' * 32}/play", timeout=60)
        own.client.fence(10)
        assert not call.done()
        of_home.stop()
        with pytest.raises(Unavailable, match="the server is offline"):
            call.result(30)
    finally:
        of_home.stop()
        silent.stop()


async def _forget_requests(client: Client) -> None:
    client._connection.unsubscribe(Topics().player("0" * 32).requests)


def test_nobody_and_without_a_server(
    home: Mosquitto, start: Callable[[BrokerUrl], Application]
) -> None:
    own, player = start(home.url), PlainPlayer(home.url).start()
    assert not own.player("f" * 32).available
    # a broker on which no server ever was: what is not known does not count
    assert own.player(player.id).available
    own.player(player.id).play()
    player.stop()
    eventually(lambda: not own.player(player.id).available, "it is gone")


def test_kill_9_of_the_server(new_system: Callable[..., System]) -> None:
    system = new_system()
    player = PlainPlayer(system.household(), "Den").start()
    own = Application(url=system.household(), base_topic="zapette")
    own.start()
    told: list[bool] = []
    try:
        own.players.settle()
        own.players.on_change = lambda it: told.append(it.available)
        assert own.players.get(player.id).available
        system.kill("web")
        eventually(lambda: told[:1] == [False], "it is unavailable")
        eventually(lambda: told[-1], "and again, when the server is back")
        own.player(player.id, timeout=20).play()
    finally:
        own.stop()
        player.stop()


def test_players_in_the_command(system: System, home: Mosquitto) -> None:
    player, of_home = PlainPlayer(home.url, "Den").start(), server(home.url)
    url = f"mqtt://127.0.0.1:{home.port}"
    of_home.stop()
    try:
        table = system.zapette("players", "--url", url, "--timeout", "20").stdout
        assert "unavailable" in table
        called = system.zapette("call", "Den", "play", "--url", url, "--timeout", "20")
        assert (called.returncode, called.stderr) == (
            3,
            "zapette: unavailable: the server is offline\n",
        )
    finally:
        player.stop()


def test_what_a_player_has_an_awaited_one_has() -> None:
    assert _public(AsyncPlayer) == _public(Player)


def _public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_awaited_on_the_clients_loop_and_on_another(
    home: Mosquitto, start: Callable[[BrokerUrl], Application]
) -> None:
    own, player = start(home.url), PlainPlayer(home.url).start()
    of_home = server(home.url)
    remote, nobody = own.player_async(player.id, timeout=60), own.player_async("f" * 32)

    async def look() -> list[bool]:
        return list(await asyncio.gather(remote.available, nobody.available))

    try:
        for run in (asyncio.run, lambda it: own.client.run(it).result(60)):
            assert run(look()) == [True, False]
        of_home.stop()
        eventually(lambda: not asyncio.run(look())[0], "it is not any more")
        own.stop()
        with pytest.raises(Unavailable):
            asyncio.run(look())
    finally:
        of_home.stop()
        player.stop()
