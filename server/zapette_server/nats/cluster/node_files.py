"""The files of a new cluster: its keys, a configuration a node, and the settings of a web side."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette.mqtt.retained_repeats import DOUBTFUL
from zapette.mqtt.url import bracketed
from zapette_server.nats.cluster.cluster_keys import NewCluster
from zapette_server.storage import private_file

NODES: Final = 3
"""The nodes of a new cluster: the fewest of which one may fail."""

KEYS: Final = "keys"
SETTINGS: Final = "zapette.toml"
OPERATOR_SEED: Final = "operator/operator.seed"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a node.

    Attributes:
        mqtt: of MQTT over TCP.
        websocket: of MQTT over WebSocket.
        nats: of the web sides' system user.
        route: of the other nodes.
    """

    mqtt: int = 1883
    websocket: int = 8083
    nats: int = 4222
    route: int = 6222

    def plus(self, number: int) -> Ports:
        """Return the ports of a further node on the same machine."""
        return Ports(
            self.mqtt + number, self.websocket + number, self.nats + number, self.route + number
        )


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the cluster: its number from 1, the address it listens on, and its ports."""

    number: int
    host: str
    ports: Ports

    @property
    def name(self) -> str:
        """Its name in the cluster, and the beginning of its files."""
        return f"node-{self.number}"

    def url(self, scheme: str, port: int, account: str = "") -> str:
        """Return the URL of one of its ports."""
        return f"{scheme}://{account}{bracketed(self.host)}:{port}"


def nodes(hosts: list[str], first: Ports) -> list[Node]:
    """Return the nodes: on three hosts with the same ports, or on one with consecutive ports."""
    if len(hosts) == NODES:
        return [Node(number, host, first) for number, host in enumerate(hosts, 1)]
    (host,) = hosts
    return [Node(number, host, first.plus(number - 1)) for number in range(1, NODES + 1)]


def write(folder: Path, of: list[Node]) -> None:
    """Write a new cluster into a folder that does not exist yet; all files have mode 0600.

    The folder appears with all of them or not at all.

    Raises:
        OSError: the folder exists, or cannot be written.
    """
    if os.path.lexists(folder):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    draft = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    new = NewCluster.create()
    new.keys.write(draft / KEYS)
    seed = draft / OPERATOR_SEED
    seed.parent.mkdir(mode=0o700)
    private_file.write(seed, new.root.seed + "\n")
    route_password = secrets.token_urlsafe(24)
    for node in of:
        text = _configuration(node, of, new, route_password)
        private_file.write(draft / f"{node.name}.conf", text)
    private_file.write(draft / SETTINGS, _settings(of))
    draft.rename(folder)


def _configuration(node: Node, of: list[Node], new: NewCluster, route_password: str) -> str:
    host, ports = bracketed(node.host), node.ports
    routes = "\n".join(
        f"    {it.url('nats-route', it.ports.route, f'route:{route_password}@')}"
        for it in of
        if it != node
    )
    accounts = "\n".join(f"  {name}: {jwt}" for name, jwt in new.accounts.items())
    return f"""\
# One node. Start it in this folder: nats-server -c {node.name}.conf
server_name: {node.name}
listen: "{host}:{ports.nats}"

# TLS of the web sides' connections:
# tls {{ cert_file: "cert.pem", key_file: "key.pem" }}

operator: {new.operator}
system_account: {new.system}
resolver: {{ type: full, dir: "./{node.name}/accounts", allow_delete: false, interval: "10s" }}
resolver_preload: {{
{accounts}
}}

# MQTT keeps sessions and retained messages in streams, of which three nodes have copies.
jetstream {{ store_dir: "./{node.name}/streams" }}

cluster {{
  name: zapette
  # Give a silent node up before its clients do: what they sent to it must not arrive later.
  ping_interval: "500ms"
  ping_max: 2
  listen: "{host}:{ports.route}"
  authorization {{ user: route, password: "{route_password}", timeout: 2 }}
  # TLS between the nodes; without it, keep this port on a network of their own:
  # tls {{ cert_file: "cert.pem", key_file: "key.pem", ca_file: "ca.pem", verify: true }}
  routes: [
{routes}
  ]
}}

mqtt {{
  listen: "{host}:{ports.mqtt}"
  stream_replicas: {NODES}
  # After the loss of a node, CONNECT fails until the others have elected leaders: fail soon.
  # Clients rely on this time, after which a node acknowledges what it could not retain.
  js_api_timeout: "{DOUBTFUL:.0f}s"
  # TLS of programs and Home Assistant:
  # tls {{ cert_file: "cert.pem", key_file: "key.pem" }}
}}

websocket {{
  listen: "{host}:{ports.websocket}"
  # TLS of pages: remove no_tls, or leave TLS to a reverse proxy.
  no_tls: true
  # tls {{ cert_file: "cert.pem", key_file: "key.pem" }}
}}
"""


def _settings(of: list[Node]) -> str:
    programs = ", ".join(it.url("mqtt", it.ports.mqtt) for it in of)
    pages = ", ".join(f"{it.url('ws', it.ports.websocket)}/mqtt" for it in of)
    system = ", ".join(it.url("nats", it.ports.nats) for it in of)
    return f"""\
# Settings for `zapette run --config`; add others of config/zapette.toml above the table.

[broker]
kind = "nats"
urls = "{programs}"
page_urls = "{pages}"
system_urls = "{system}"
keys = "{KEYS}"
"""
