"""The programs of `bench.python_calls`: ``… LIBRARY callee|caller URL HANDLER USER PASSWORD``.

Only Python is needed to import it: Autobahn runs in the environment of Crossbar.io. A caller reads
orders from the standard input, a line of JSON each, and prints their results.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

PROCEDURE: Final = "volume"

Call = Callable[[int], Awaitable[Any]]


def answer(level: int) -> dict[str, int]:
    """Return the result of the procedure."""
    return {"volume": level}


async def answer_async(level: int) -> dict[str, int]:
    return answer(level)


async def load(call: Call, at_once: int, seconds: float) -> dict[str, Any]:
    """Keep `at_once` calls under way for `seconds`; return how many ms each took.

    Raises:
        ValueError: a result was not that of its call.
    """
    numbers = itertools.count(1)
    took: list[float] = []
    clock = time.perf_counter
    began = clock()
    end = began + seconds

    async def keep_calling() -> None:
        while (before := clock()) < end:
            number = next(numbers)
            given = await call(number)
            took.append((clock() - before) * 1e3)
            if given != answer(number):
                raise ValueError(f"{given} is not the result for {number}")

    await asyncio.gather(*(keep_calling() for _ in range(at_once)))
    return {"seconds": clock() - began, "took": took}


async def serve_orders(call: Call | None) -> None:
    """Carry out orders until the standard input ends; without `call`, only wait for that."""
    print("{}", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if call is not None:
            print(json.dumps(await load(call, **json.loads(line))), flush=True)


def ours(role: str, url: str, handler: str, *_: str) -> None:
    from zapette import Application  # noqa: PLC0415 - it is not in the other environment

    app = Application("bench" if role == "callee" else None, url=url, base_topic="zapette")
    if role == "callee":
        app.register(PROCEDURE)(answer_async if handler == "async" else answer)

    def call(level: int) -> Awaitable[Any]:
        return app.call_async(f"bench/{PROCEDURE}", level)

    with app:
        # on the library's own loop, as an `async` handler
        app.client.run(serve_orders(call if role == "caller" else None)).result()


def autobahn(role: str, url: str, _: str, user: str, password: str) -> None:
    import uvloop  # noqa: PLC0415
    from autobahn.asyncio.component import Component  # noqa: PLC0415 - it is in one environment

    name = f"zapette.services.bench.{PROCEDURE}"
    transport: dict[str, Any] = {"type": "websocket", "url": url}
    if url.startswith("rs:"):
        host, _, port = url.removeprefix("rs://").partition(":")
        endpoint = {"type": "tcp", "host": host, "port": int(port)}
        transport = {"type": "rawsocket", "url": url, "endpoint": endpoint, "serializer": "cbor"}
    ticket = {"ticket": {"authid": user, "ticket": password}}
    component = Component(transports=[transport], realm="home", authentication=ticket)

    async def joined(session: Any, _details: object) -> None:
        if role == "callee":
            await session.register(answer, name)
        await serve_orders((lambda it: session.call(name, it)) if role == "caller" else None)
        await session.leave()

    component.on_join(joined)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(component.start(loop))


if __name__ == "__main__":
    (ours if sys.argv[1] == "ours" else autobahn)(*sys.argv[2:])
