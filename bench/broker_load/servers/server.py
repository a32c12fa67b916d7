"""What every server under load has: a folder, a process, a port, and credentials to give."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Final

from bench.broker_load.dialect import Dialect
from bench.broker_load.mqtt import MqttDialect, Transport
from bench.broker_load.names import Login, Person, Role
from bench.broker_load.process import Process

ROOT: Final = Path(__file__).resolve().parents[3]

PASSWORDS: Final[dict[Role, str]] = {
    "player": "the-players-password",
    "remote": "the-remotes-password",
    "server": "the-servers-password",
    "home": "the-homes-password",
}
"""Of the servers that know roles by name and password only."""


class Server(ABC):
    """One server for one transport.

    Attributes:
        name: what it is called on the command line.
        title: what it is called in tables.
        transports: what it can be reached by.
        port: where it listens, from `prepare` on.
        process: its process.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    transports: ClassVar[tuple[Transport, ...]] = ("ws", "tcp")

    def __init__(self, transport: Transport, folder: Path, core: int, mqtt_version: int) -> None:
        self.transport = transport
        self.folder = folder
        self.port = free_port()
        self.other_port = free_port()
        self.mqtt_version = mqtt_version
        self._core = core
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        """The process; RuntimeError if it was not started."""
        if self._process is None:
            raise RuntimeError(f"{self.title} was not started")
        return self._process

    @property
    def ports(self) -> dict[Transport, int]:
        """The port of each transport, of which one is under load."""
        other: Transport = "tcp" if self.transport == "ws" else "ws"
        return {self.transport: self.port, other: self.other_port}

    async def start(self) -> None:
        """Start the server and return once it listens.

        Raises:
            ProcessError: it does not.
        """
        self.folder.mkdir(parents=True)
        self.configure()
        self._process = Process(
            self.command(), self._core, self.folder / "log", self.folder, self.environment()
        )
        await self._process.start([self.port])

    async def stop(self) -> None:
        """End the server's process."""
        if self._process is not None:
            await self._process.stop()

    @abstractmethod
    def configure(self) -> None:
        """Write what the server needs into `folder`."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the program and its arguments."""

    def environment(self) -> dict[str, str]:
        """Return the variables that the server needs."""
        return {}

    def login(self, person: Person) -> Login:
        """Return the credentials of a client."""
        return Login(person.client_id, person.role, PASSWORDS[person.role])

    def dialect(self) -> Dialect:
        """Return what the server speaks on `port`."""
        return MqttDialect(self.transport, self.port, "/mqtt", self.mqtt_version)

    @classmethod
    async def install(cls) -> None:
        """Make the environment that the server runs in; most need none of their own.

        Raises:
            ProcessError: that failed.
        """
        return

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Return the version of what is installed; OSError if it is not."""


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
