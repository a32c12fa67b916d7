"""A program that uses Autobahn, run in the environment of Crossbar.io.

``python -m bench.python_load.autobahn_program callee|caller URL USER PASSWORD``
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

import uvloop
from autobahn.asyncio.component import Component

from bench.python_load.load import PROCEDURE, answer, say, serve_orders

NAME: Final = f"zapette.services.bench.{PROCEDURE}"


def main() -> None:
    """Serve until the standard input ends, or make the calls that it orders."""
    role, url, user, password = sys.argv[1:]
    transport: dict[str, Any] = {"type": "websocket", "url": url}
    if url.startswith("rs:"):
        host, _, port = url.removeprefix("rs://").partition(":")
        endpoint = {"type": "tcp", "host": host, "port": int(port)}
        transport = {"type": "rawsocket", "url": url, "endpoint": endpoint, "serializer": "cbor"}
    component = Component(
        transports=[transport],
        realm="home",
        authentication={"ticket": {"authid": user, "ticket": password}},
    )

    async def serve(session: Any, _details: object) -> None:
        await session.register(answer, NAME)
        say({"ready": True})
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await session.leave()

    async def call(session: Any, _details: object) -> None:
        await serve_orders(lambda level: session.call(NAME, level))
        await session.leave()

    component.on_join(serve if role == "callee" else call)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(component.start(loop))


if __name__ == "__main__":
    main()
