"""What is compared: a server, a library, and two programs that use it."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote

from bench.broker_load.mqtt import Transport
from bench.broker_load.names import Person, Role
from bench.broker_load.servers.crossbar import Crossbar
from bench.broker_load.servers.ours import Ours
from bench.broker_load.servers.server import PASSWORDS, Server
from bench.python_load.party import Party

_USER: Final[Role] = "home"


class Side(ABC):
    """One library in one way of using it.

    Attributes:
        name: what it is called on the command line.
        title: what it is called in tables.
        server: what the two programs speak through.
        callee: the program that is called.
        caller: the one that calls.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, folder: Path, server_core: int, core: int) -> None:
        self.server = self._new_server(folder, server_core)
        self._parties: dict[str, Party] = {}
        self._folder = folder
        self._core = core

    @property
    def caller(self) -> Party:
        """The program that calls."""
        return self._parties["caller"]

    async def start(self) -> None:
        """Start the server, then the callee, then the caller.

        Raises:
            ProcessError: one of them does not start.
        """
        await self.server.start()
        for role in ("callee", "caller"):
            log = self._folder / f"{role}.log"
            party = Party(*self._program(role), self._core, log)
            self._parties[role] = party
            await party.start()

    async def stop(self) -> None:
        """End all three."""
        for party in self._parties.values():
            await party.stop()
        await self.server.stop()

    def cpu(self) -> dict[str, float]:
        """Return how long each of the three has run so far, in seconds."""
        used = {role: party.cpu() for role, party in self._parties.items()}
        return {"server": self.server.process.usage().cpu} | used

    @abstractmethod
    def _new_server(self, folder: Path, core: int) -> Server:
        """Return the server."""

    @abstractmethod
    def _program(self, role: str) -> tuple[Path, list[str]]:
        """Return the interpreter of a program and its arguments."""


class OursTcp(Side):
    """Our library on our broker, MQTT over TCP, with an ``async`` handler."""

    name = "ours-tcp"
    title = "ours, TCP, async"
    scheme: ClassVar[Transport] = "tcp"
    handler = "async"

    def _new_server(self, folder: Path, core: int) -> Server:
        return Ours(self.scheme, folder, core, 5)

    def _program(self, role: str) -> tuple[Path, list[str]]:
        login = self.server.login(Person(_USER, 0))
        scheme = {"tcp": "mqtt", "ws": "ws"}[self.scheme]
        url = f"{scheme}://{login.username}:{quote(login.password)}@127.0.0.1:{self.server.port}"
        module = ["-m", "bench.python_load.ours"]
        return Path(sys.executable), [*module, role, self.handler, url]


class OursWebSocket(OursTcp):
    """The same over WebSocket."""

    name = "ours-ws"
    title = "ours, WebSocket, async"
    scheme = "ws"


class OursThreads(OursTcp):
    """The same with a handler that is a plain function, which runs on a thread."""

    name = "ours-threads"
    title = "ours, TCP, plain function"
    handler = "plain"


class Router(Crossbar):
    """Crossbar.io with what Autobahn chooses by itself, and a raw socket beside the WebSocket."""

    def listeners(self) -> list[dict[str, Any]]:
        """Return what the router listens on."""
        raw = {
            "type": "rawsocket",
            "endpoint": {"type": "tcp", "interface": "127.0.0.1", "port": self.other_port},
            "serializers": ["cbor", "msgpack", "json"],
            "auth": self.authentication(),
        }
        return [self.websocket(), raw]


class AutobahnWebSocket(Side):
    """Autobahn on Crossbar.io over WebSocket."""

    name = "autobahn-ws"
    title = "Autobahn, WebSocket"

    def _new_server(self, folder: Path, core: int) -> Server:
        return Router("ws", folder, core, 5)

    def _url(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/"

    def _program(self, role: str) -> tuple[Path, list[str]]:
        module = ["-m", "bench.python_load.wamp"]
        return Router.programs() / "python", [
            *module,
            role,
            self._url(),
            _USER,
            PASSWORDS[_USER],
        ]


class AutobahnRaw(AutobahnWebSocket):
    """Autobahn on Crossbar.io over TCP, with WAMP's own framing."""

    name = "autobahn-raw"
    title = "Autobahn, raw socket"

    def _url(self) -> str:
        return f"rs://127.0.0.1:{self.server.other_port}"


SIDES: Final[dict[str, type[Side]]] = {
    kind.name: kind
    for kind in (OursTcp, OursWebSocket, OursThreads, AutobahnWebSocket, AutobahnRaw)
}
