"""The servers under load: how each is started, and the credentials it accepts.

Their configurations are in `config/`, a folder each.
"""

from __future__ import annotations

import getpass
import subprocess
import sys
import zlib
from contextlib import closing
from functools import cache
from pathlib import Path
from string import Template
from typing import ClassVar, Final

from argon2 import PasswordHasher

from bench.broker_load import clients
from bench.broker_load.clients import TOPICS, Client, Endpoint, Identity, Login, Transport
from bench.broker_load.mqtt import MqttClient
from bench.broker_load.wamp import WampClient
from bench.environments import Environment
from bench.processes import Process, pinned
from tests.programs.ports import free_ports
from zapette_server.access import rights
from zapette_server.access.credentials import Keyring
from zapette_server.storage.data_folder import HOME, DataFolder
from zapette_server.storage.tables.player_registry import PlayerRegistry

ROOT: Final = Path(__file__).resolve().parents[2]
PASSWORDS: Final[dict[clients.Role, str]] = {
    "player": "the-players-password",
    "remote": "the-remotes-password",
    "server": "the-servers-password",
    "home": "the-homes-password",
}
"""For the servers that know roles by name and password only."""


class Server:
    """One server, reached over one transport at the `endpoints` of its nodes."""

    name: ClassVar[str]  # on the command line
    nodes: ClassVar[int] = 1
    transports: ClassVar[tuple[Transport, ...]] = ("ws", "tcp")
    program: ClassVar[tuple[str, ...]]  # with its arguments; `$folder` is its folder
    packages: ClassVar[Environment | None] = None  # if it needs one of its own
    protocol: ClassVar[type[MqttClient | WampClient]] = MqttClient

    def __init__(
        self, transport: Transport, folder: Path, core: int, mqtt_version: int = 4
    ) -> None:
        # those of each node: MQTT over TCP and WebSocket, and two more of NATS
        ports = free_ports(4 * self.nodes)
        self.node_ports = [ports[first : first + 4] for first in range(0, len(ports), 4)]
        self.ports: dict[Transport, int] = {"tcp": ports[0], "ws": ports[1]}
        own = ("tcp", "ws").index(transport)
        self.endpoints = [Endpoint(transport, it[own], mqtt_version) for it in self.node_ports]
        self.endpoint = self.endpoints[0]
        self.folder = folder
        program, port = pinned(core, self.command(folder)), self.endpoint.port
        self.process = Process(program, port, folder / "log", self.environment())

    def start(self) -> None:
        """Start it and wait until it listens; ProcessError if it does not."""
        self.folder.mkdir(parents=True)
        self.configure()
        self.process.start()

    def configure(self) -> None:
        """Write what the server needs into `folder`."""
        values = {"folder": self.folder, "user": getpass.getuser()} | PASSWORDS | self.ports
        for file in Path(__file__).with_name("config").joinpath(self.name).iterdir():
            text = Template(file.read_text()).substitute(values)
            (self.folder / file.name).write_text(text)

    @classmethod
    def command(cls, folder: Path) -> list[str]:
        return [Template(word).substitute(folder=folder) for word in cls.program]

    def environment(self) -> dict[str, str]:
        return {}

    def login(self, identity: Identity) -> Login:
        return Login(identity.client_id, identity.role, PASSWORDS[identity.role])

    def client(self, identity: Identity) -> Client:
        # shared out among the nodes
        node = zlib.crc32(identity.client_id.encode()) % len(self.endpoints)
        return self.protocol(self.endpoints[node], self.login(identity))

    @classmethod
    def install(cls) -> None:
        """Make the environment of the server, if it needs one; ProcessError if that fails."""
        if cls.packages is not None:
            cls.packages.install()


class Ours(Server):
    """``zapette broker`` with its defaults on a data folder of its own: tokens, rights, limits."""

    name = "ours"
    program = (sys.executable, "-m", "zapette_cli", "broker")

    def configure(self) -> None:
        self._data = DataFolder.open(self.folder / "data")
        self._keyring = Keyring(self._data.secret, TOPICS)
        self._generation = cache(self._claim)

    def environment(self) -> dict[str, str]:
        return {
            "ZAPETTE_BIND": "127.0.0.1",
            "ZAPETTE_MQTT_PORT": str(self.ports["tcp"]),
            "ZAPETTE_WS_PORT": str(self.ports["ws"]),
            "ZAPETTE_DATA_DIR": str(self.folder / "data"),
            "ZAPETTE_LOG_LEVEL": "warning",
        }

    def login(self, identity: Identity) -> Login:
        """Return a signed token, or the password for the household."""
        client_id = identity.client_id
        if identity.role == "home":
            return Login(client_id, HOME, self._data.home_password)
        role = rights.Role(identity.role)
        player = generation = ""
        if role is not rights.Role.SERVER:
            player, generation = clients.player_id(identity.home), self._generation(identity.home)
        token, _ = self._keyring.issue(role, client_id, player, generation)
        return Login(client_id, role.value, token)

    def _claim(self, home: int) -> str:
        """Register the player of a home; return the generation of its codes."""
        with closing(PlayerRegistry(self._data.registry)) as registry:
            return registry.claim(clients.player_id(home))


class OnePort(Ours):
    """``zapette run``: its web side hands WebSockets over, and is on the same core."""

    name = "one-port"
    transports = ("ws",)
    program = (sys.executable, "-m", "zapette_cli", "run")

    def environment(self) -> dict[str, str]:
        # without films, no process but these is started
        return super().environment() | {
            "ZAPETTE_HTTP_PORT": str(self.ports["ws"]),
            "ZAPETTE_WS_PORT": "0",
            "ZAPETTE_MEDIA_DIR": str(self.folder),
            "ZAPETTE_CONVERT": "never",
        }


class Mosquitto(Server):
    """Eclipse Mosquitto, written in C, with a password file and an access control list."""

    name = "mosquitto"
    program = ("mosquitto", "-c", "$folder/mosquitto.conf")

    def configure(self) -> None:
        super().configure()
        passwords = self.folder / "passwords"
        passwords.touch()
        for role, password in PASSWORDS.items():
            command = ["mosquitto_passwd", "-b", str(passwords), role, password]
            subprocess.run(command, check=True, capture_output=True)


class Crossbar(Server):
    """Crossbar.io (WAMP) in an environment of its own, with tickets and roles.

    It listens on a WebSocket, and on ``ports["tcp"]`` with WAMP's own framing.
    """

    name = "crossbar"
    transports = ("ws",)
    packages = Environment("crossbar")
    programs = packages.folder / "bin"
    program = (f"{programs}/crossbar", "start", "--cbdir", "$folder", "--loglevel", "warn")
    protocol = WampClient


class Iotcore(Server):
    """rumqttd in a Python process, with passwords; it has no access list."""

    name = "iotcore"
    packages = Environment("iotcore")
    program = (f"{packages.folder}/bin/python", "-m", "iotcore", "--config", "$folder/rumqttd.toml")


class StockAmqtt(Server):
    """amqtt without changes, with its own plugins for password file and topic access."""

    name = "amqtt"
    program = (str(Path(sys.executable).with_name("amqtt")), "-c", "$folder/amqtt.yaml")

    def configure(self) -> None:
        super().configure()
        # logging in is to cost next to nothing: the plugin does not remember a login
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        lines = [f"{role}:{cheap.hash(text)}\n" for role, text in PASSWORDS.items()]
        (self.folder / "passwords").write_text("".join(lines))
