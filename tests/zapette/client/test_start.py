"""Starting and stopping, in plain and in ``async`` programs, once and again."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.programs.ports import free_ports
from tests.waiting import SLACK, eventually
from zapette import Application
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl

Make = Callable[..., Application]
numbers = itertools.count(1)


def service(application: Make) -> Application:
    made = application(f"start-{next(numbers)}")
    made.register("double")(lambda number: number * 2)
    return made


async def meanwhile(work: Coroutine[Any, Any, Any]) -> int:
    """Await `work`, and return how often another task had its turn meanwhile."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    other = asyncio.create_task(count())
    try:
        await work
    finally:
        other.cancel()
    return turns


def test_a_node_that_is_down_is_passed_over(url: BrokerUrl) -> None:
    (nobody,) = free_ports(1)
    account = f"{url.username}:{url.password}@" if url.username else ""
    nodes = f"mqtt://{account}127.0.0.1:{nobody},mqtt://{account}{url.host}:{url.port}"
    own = Application(url=nodes, base_topic="zapette", timing=Timing(insist=False))
    own.start()
    assert own.is_live
    own.stop()


def test_async_with(application: Make) -> None:
    offered, own = service(application), application()

    async def main() -> Any:
        async with offered, own as entered:
            assert entered is own
            assert offered.is_live
            return await own.call_async(f"{offered.name}/double", 4, timeout=20)

    assert asyncio.run(main()) == 8
    assert not own.is_live


def test_start_and_stop_awaited(application: Make) -> None:
    offered, own = service(application), application()

    async def main() -> Any:
        await asyncio.gather(offered.start(), own.start(20))
        try:
            return await own.call_async(f"{offered.name}/double", 4, timeout=20)
        finally:
            await own.stop()
            await offered.stop()

    assert asyncio.run(main()) == 8


def test_no_broker_and_no_patience() -> None:
    (port,) = free_ports(1)
    own = Application(url=BrokerUrl("mqtt", "127.0.0.1", port), base_topic="zapette")

    async def refused() -> int:
        async def enter() -> None:
            with pytest.raises(Unavailable, match="Connection refused"):
                await own.start(0.5)

        return await meanwhile(enter())

    assert asyncio.run(refused()) > 10
    assert not own.is_live

    async def cancelled() -> None:
        async with asyncio.timeout(0.2):
            async with own:
                raise AssertionError("there is no broker")

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(cancelled())
    assert time.monotonic() - began < 0.2 + SLACK


def test_plain_with_in_an_async_function(application: Make) -> None:
    """As before: it blocks, and is live within."""
    offered = service(application)

    async def main() -> None:
        with offered:
            assert offered.is_live

    asyncio.run(main())


@pytest.mark.parametrize("is_async", [False, True])
def test_again_and_again(application: Make, is_async: bool) -> None:
    offered, own = service(application), application()
    noted: list[int] = []
    offered.register("note")(noted.append)

    async def once() -> None:
        async with offered, own:
            await own.call_async(f"{offered.name}/note", 4, timeout=20)
            assert await own.call_async(f"{offered.name}/double", 4, timeout=20) == 8

    for _ in range(3):
        if is_async:
            asyncio.run(once())
            continue
        own.start()
        offered.start()
        offered.start()
        own.call(f"{offered.name}/note", 4, timeout=20)
        assert own.call(f"{offered.name}/double", 4, timeout=20) == 8
        own.stop()
        offered.stop()
        with pytest.raises(Unavailable):
            own.call(f"{offered.name}/double", 4)
    # one caller's requests are handled in order: a second handling would come before "double"
    assert noted == [4, 4, 4]


def test_a_handler_that_stops_its_own_application(application: Make) -> None:
    own = application(f"start-{next(numbers)}")

    @own.register()
    async def leave() -> None:
        await own.stop()

    other = application()
    other.start()
    own.start()
    other.call(f"{own.name}/leave", timeout=20)
    with pytest.raises(Unavailable, match="is offline"):
        other.call(f"{own.name}/leave", timeout=20)
    own.start()
    other.call(f"{own.name}/leave", timeout=20)


def test_stopped_while_it_connects(caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = Client(BrokerUrl("mqtts", "127.0.0.1", server.getsockname()[1]))
        client.start()
        silent, _ = server.accept()
        new = set(threading.enumerate()) - before
        dialing = [it for it in new if it.name.startswith("zapette-dialer")]
        client.stop()
        # only now the handshake fails, on a thread that has nobody to tell
        silent.close()
    eventually(lambda: not any(it.is_alive() for it in dialing), "its threads have ended")
    assert "a handler failed" not in caplog.text
