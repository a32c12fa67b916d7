"""Further servers under load: NATS, set up as in a cluster, and rumqttd in a Python process."""

from __future__ import annotations

import re
import socket
import subprocess
import sysconfig
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

from bench.broker_load.clients import (
    TOPICS,
    Client,
    Endpoint,
    Identity,
    Login,
    Transport,
    player_id,
)
from bench.broker_load.mqtt import MqttCaller, MqttClient, MqttResponder
from bench.broker_load.servers import Crossbar, Mosquitto, Ours, Server, StockAmqtt
from bench.environments import Environment
from bench.processes import ProcessError, log_tail
from tests.conformance.wire.packets import Connect
from tests.programs.ports import free_ports
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.nats.cluster import new_cluster
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.new_cluster import Node, Ports
from zapette_server.nats.tokens import NatsTokens

_PROGRAM: Final = Path(sysconfig.get_path("scripts")) / "nats-server"
_IOTCORE: Final = Environment("iotcore")
_READY_TIMEOUT: Final = 60.0
_ANSWER_TIMEOUT: Final = 5.0


class Nats(Server):
    """One NATS server with the files of ``zapette cluster init``, without its cluster."""

    name = "nats1"
    title = "NATS, one node"
    nodes: ClassVar[int] = 1

    @classmethod
    def command(cls, folder: Path) -> list[str]:
        run = [f"{_PROGRAM} -c node-{number}.conf & " for number in range(1, cls.nodes + 1)]
        return ["sh", "-c", f"cd {folder}/cluster && {{ {''.join(run)} wait; }}"]

    def __init__(
        self, transport: Transport, folder: Path, core: int, mqtt_version: int = 4
    ) -> None:
        super().__init__(transport, folder, core, mqtt_version)
        ports = iter(free_ports(4 * self.nodes - 2))
        first = Ports(self.ports["tcp"], self.ports["ws"], next(ports), next(ports))
        others = [Ports(*(next(ports) for _ in range(4))) for _ in range(self.nodes - 1)]
        self._nodes = [Node(n, "127.0.0.1", it) for n, it in enumerate((first, *others), 1)]
        self._endpoints = [
            self.endpoint._replace(port=it.ports.mqtt if transport == "tcp" else it.ports.websocket)
            for it in self._nodes
        ]

    def configure(self) -> None:
        cluster = self.folder / "cluster"
        new_cluster.write(cluster, self._nodes)
        if self.nodes == 1:
            alone = cluster / "node-1.conf"
            text = re.sub(r"\ncluster \{.*?\n\}\n", "\n", alone.read_text(), flags=re.DOTALL)
            alone.write_text(text.replace("stream_replicas: 3", "stream_replicas: 1"))
        keys = ClusterKeys.load(cluster / "keys")
        self._tokens = NatsTokens(Keyring(b"k" * 32, TOPICS), keys, lambda *_: 0)

    def start(self) -> None:
        """Start the nodes, and wait until each accepts a client."""
        super().start()
        login = self.login(Identity("server", 0, "-first"))
        for node in self._nodes:
            wait_for_node("127.0.0.1", node.ports.mqtt, login, self.folder / "log")

    def login(self, identity: Identity) -> Login:
        return nats_login(self._tokens, identity)

    def clients(self) -> Callable[[Login], Client]:
        return partial(_client, self._endpoints)

    def caller(self, login: Login, player: str) -> Client:
        return MqttCaller(_node_of(self._endpoints, login), login, player)

    def responder(self, login: Login, player: str, callers: Sequence[str]) -> Client:
        return MqttResponder(_node_of(self._endpoints, login), login, player, callers)

    @classmethod
    def version(cls) -> str:
        shown = subprocess.run([_PROGRAM, "--version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[-1]


class ThreeNats(Nats):
    """Three nodes, all on the core of the server; the clients are shared out among them."""

    name = "nats3"
    title = "NATS, three nodes"
    nodes = 3


class Iotcore(Server):
    """rumqttd in a Python process, with passwords; it has no access list."""

    name = "iotcore"
    title = "iotcore"
    program = (f"{_IOTCORE.folder}/bin/python", "-m", "iotcore", "--config", "$folder/rumqttd.toml")

    @classmethod
    def install(cls) -> None:
        _IOTCORE.install()

    @classmethod
    def version(cls) -> str:
        return _IOTCORE.version("iotcore")


SERVERS: Final[dict[str, type[Server]]] = {
    kind.name: kind for kind in (Ours, Mosquitto, Crossbar, StockAmqtt, Nats, ThreeNats, Iotcore)
}


def _node_of(endpoints: Sequence[Endpoint], login: Login) -> Endpoint:
    return endpoints[zlib.crc32(login.client_id.encode()) % len(endpoints)]


def _client(endpoints: Sequence[Endpoint], login: Login) -> Client:
    return MqttClient(_node_of(endpoints, login), login)


def nats_login(tokens: NatsTokens, identity: Identity) -> Login:
    """Return a JWT that every node checks by itself."""
    role = Role.HOUSEHOLD if identity.role == "home" else Role(identity.role)
    player = player_id(identity.home) if role in (Role.PLAYER, Role.REMOTE) else ""
    token, _ = tokens.issue(role, identity.client_id, player)
    return Login(identity.client_id, role.value, token)


def wait_for_node(host: str, port: int, login: Login, log: Path) -> None:
    """Wait until a node accepts a client, once the cluster has its leaders.

    Raises:
        ProcessError: it does not within a minute.
    """
    deadline = time.monotonic() + _READY_TIMEOUT
    while not _accepts(host, port, login):
        if time.monotonic() > deadline:
            raise ProcessError(f"{host}:{port} accepts nobody: {log_tail(log)}")
        time.sleep(0.1)


def _accepts(host: str, port: int, login: Login) -> bool:
    packet = Connect(
        login.client_id, username=login.username, password=login.password.encode()
    ).encode()
    try:
        with socket.create_connection((host, port), _ANSWER_TIMEOUT) as connection:
            connection.sendall(packet)
            return connection.recv(4) == b"\x20\x02\x00\x00"
    except OSError:
        return False
