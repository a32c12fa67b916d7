"""Our broker, started as Paho's tests start theirs: in a thread, and stopped by its server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace

from zapette_broker import Broker, Limits
from zapette_broker.access.acl import Rights
from zapette_broker.access.authenticator import ConnectRequest, Grant


class Server:
    """What the tests know of the server: its socket, and how it is shut down."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop) -> None:
        port = broker.ports["default"]
        self.socket = SimpleNamespace(getsockname=lambda: ("127.0.0.1", port))
        self.stopping = asyncio.Event()
        self._loop = loop

    def shutdown(self) -> None:
        """Have the broker stop."""
        self._loop.call_soon_threadsafe(self.stopping.set)

    def server_close(self) -> None:
        """Do nothing: the broker closes its sockets itself."""


class _Everybody:
    """Lets in everybody, to all topics."""

    def authenticate(self, _: ConnectRequest) -> Grant:
        """Return the rights."""
        return Grant(Rights.everything())


listeners = SimpleNamespace(TCPListeners=SimpleNamespace(server=None))


def run(config: Sequence[str]) -> None:
    """Run the broker on the port that ``listener PORT`` names until its server is shut down."""
    asyncio.run(_run(int(config[0].split()[1])))


async def _run(port: int) -> None:
    broker = Broker(
        {"listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}, "plugins": {}},
        authenticator=_Everybody(),
        limits=Limits(max_session_expiry=0xFFFF_FFFF),
    )
    await broker.start()
    server = Server(broker, asyncio.get_running_loop())
    listeners.TCPListeners.server = server
    try:
        await server.stopping.wait()
    finally:
        listeners.TCPListeners.server = None
        await broker.shutdown()
