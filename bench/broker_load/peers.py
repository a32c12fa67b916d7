"""NATS under load, set up as in a cluster, and all servers by name."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Final

from bench.broker_load.clients import TOPICS, Identity, Login, player_id
from bench.broker_load.servers import (
    Crossbar,
    Iotcore,
    Mosquitto,
    OnePort,
    Ours,
    Server,
    StockAmqtt,
)
from bench.processes import ProcessError, log_tail
from tests.conformance.wire.packets import Connect
from tests.programs.nats_cluster import SERVER
from tests.waiting import eventually
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.nats.cluster import node_files
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.node_files import Node, Ports
from zapette_server.nats.tokens import NatsTokens

_READY_TIMEOUT: Final = 60.0
_ANSWER_TIMEOUT: Final = 5.0


class Nats(Server):
    """One NATS server with the files of ``zapette cluster init``, without its cluster."""

    name = "nats1"

    @classmethod
    def command(cls, folder: Path) -> list[str]:
        run = [f"{SERVER} -c node-{number}.conf & " for number in range(1, cls.nodes + 1)]
        return ["sh", "-c", f"cd {folder}/cluster && {{ {''.join(run)} wait; }}"]

    def configure(self) -> None:
        cluster = self.folder / "cluster"
        ports = enumerate(self.node_ports, 1)
        node_files.write(cluster, [Node(n, "127.0.0.1", Ports(*it)) for n, it in ports])
        if self.nodes == 1:
            alone = cluster / "node-1.conf"
            text = re.sub(r"\ncluster \{.*?\n\}\n", "\n", alone.read_text(), flags=re.DOTALL)
            alone.write_text(text.replace("stream_replicas: 3", "stream_replicas: 1"))
        self._tokens = tokens_of(cluster)

    def start(self) -> None:
        """Start the nodes, and wait until each accepts a client."""
        super().start()
        login = self.login(Identity("server", 0, "-first"))
        for mqtt, *_ in self.node_ports:
            wait_for_node("127.0.0.1", mqtt, login, self.folder / "log")

    def login(self, identity: Identity) -> Login:
        return nats_login(self._tokens, identity)


class ThreeNats(Nats):
    """Three nodes, all on the core of the server; the clients are shared out among them."""

    name = "nats3"
    nodes = 3


SERVERS: Final[dict[str, type[Server]]] = {
    kind.name: kind
    for kind in (Ours, Mosquitto, Crossbar, StockAmqtt, Nats, ThreeNats, Iotcore, OnePort)
}


def tokens_of(cluster: Path) -> NatsTokens:
    """Return what gives tokens for the cluster in a folder."""
    keys = ClusterKeys.load(cluster / node_files.KEYS)
    return NatsTokens(Keyring(b"k" * 32, TOPICS), keys, lambda *_: 0)


def nats_login(tokens: NatsTokens, identity: Identity) -> Login:
    """Return a JWT that every node checks by itself."""
    role = Role.HOUSEHOLD if identity.role == "home" else Role(identity.role)
    player = player_id(identity.home) if role in (Role.PLAYER, Role.REMOTE) else ""
    token, _ = tokens.issue(role, identity.client_id, player)
    return Login(identity.client_id, role.value, token)


def wait_for_node(host: str, port: int, login: Login, log: Path) -> None:
    """Wait until a node accepts a client; ProcessError if it does not within a minute."""
    name, password = login.username, login.password.encode()
    packet = Connect(login.client_id, username=name, password=password).encode()

    def accepts() -> bool:
        try:
            with socket.create_connection((host, port), _ANSWER_TIMEOUT) as connection:
                connection.sendall(packet)
                return connection.recv(4) == b"\x20\x02\x00\x00"
        except OSError:
            return False

    try:
        eventually(accepts, f"{host}:{port} accepts a client", _READY_TIMEOUT)
    except AssertionError as error:
        raise ProcessError(f"{error}: {log_tail(log)}") from None
