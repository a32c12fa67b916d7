"""Three real NATS servers, from the files that ``zapette cluster init`` writes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path

from tests.programs.ports import free_port, free_ports, listens
from tests.programs.processes import ending, started
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.engine.create import create_tokens
from zapette_server.engine.engine import Tokens
from zapette_server.nats.cluster.node_file_edits import NodeFile
from zapette_server.settings.broker_settings import BrokerSettings, listed
from zapette_server.settings.sources import load
from zapette_server.storage.data_folder import HOME

SERVER = str(Path(sysconfig.get_path("scripts")) / "nats-server")


def consecutive_ports(count: int) -> int:
    """Return the first of `count` free ports in a row."""
    while True:
        ports = sorted(free_ports(count))
        if ports[-1] - ports[0] == count - 1:
            return ports[0]


@dataclass
class NatsCluster:
    """Three nodes on this machine, whose files are in `folder`, which must not exist."""

    folder: Path
    nodes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _monitors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        options = [
            text
            for name in ("mqtt", "ws", "nats", "route")
            for text in (f"--{name}-port", str(consecutive_ports(3)))
        ]
        made = subprocess.run(
            [sys.executable, "-m", "zapette_cli", "cluster", "init", str(self.folder), *options],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert made.returncode == 0, made.stderr
        self.settings_file = self.folder / "zapette.toml"

    @property
    def settings(self) -> BrokerSettings:
        """Return what the settings of its web sides say now."""
        return load(self.settings_file, {}).broker

    @property
    def mqtt_ports(self) -> list[int]:
        """Return the ports of MQTT over TCP."""
        return [it.port for it in self.settings.programs("")]

    def start(self) -> NatsCluster:
        """Start the nodes that do not run, and wait until each takes connections."""
        for number in (1, 2, 3):
            if f"node-{number}" not in self.nodes:
                self.start_node(number)
        return self

    def start_node(self, number: int) -> None:
        """Start a node, and wait until it listens."""
        name = f"node-{number}"
        node = NodeFile((self.folder / f"{name}.conf").read_text()).node
        monitor = free_port()
        self._monitors[name] = f"http://{node.host}:{monitor}"
        command = [SERVER, "-c", f"{name}.conf", "-m", str(monitor)]
        self.nodes[name] = started(command, self.folder / f"{name}.log", cwd=self.folder)
        eventually(lambda: listens(node.ports.mqtt, node.host), f"{name} listens")

    def kill_node(self, number: int) -> None:
        """End a node with SIGKILL."""
        node = self.nodes.pop(f"node-{number}")
        node.kill()
        node.wait(HANG_TIMEOUT)

    def is_healthy(self, number: int) -> bool:
        """Tell whether a node has a leader, and all that is in its streams."""
        try:
            with self._ask(number, "healthz") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def neighbours(self, number: int) -> set[str]:
        """Return the names of the nodes to which a node is connected."""
        with self._ask(number, "routez") as answer:
            return {str(it["remote_name"]) for it in json.load(answer)["routes"]}

    def has(self, number: int, client_id: str) -> bool:
        """Tell whether an MQTT client is connected to a node."""
        with self._ask(number, f"connz?mqtt_client={client_id}") as answer:
            return bool(json.load(answer)["connections"])

    def _ask(self, number: int, what: str) -> HTTPResponse:
        found: HTTPResponse = urllib.request.urlopen(
            f"{self._monitors[f'node-{number}']}/{what}", timeout=5
        )
        return found

    def stop_node(self, number: int) -> None:
        """Stop a node as an operator does."""
        node = self.nodes.pop(f"node-{number}")
        node.terminate()
        with ending(node):
            node.wait(20)

    @contextmanager
    def without(self, number: int) -> Iterator[None]:
        """Kill a node, and start it again after the block."""
        self.kill_node(number)
        try:
            yield
        finally:
            self.start_node(number)

    @contextmanager
    def frozen(self, number: int) -> Iterator[None]:
        """Keep a node from doing anything, as a cut of its network does; its sockets stay."""
        node = self.nodes[f"node-{number}"]
        node.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            node.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the nodes."""
        for node in self.nodes.values():
            node.terminate()
        for node in self.nodes.values():
            with ending(node):
                node.wait(HANG_TIMEOUT)
        self.nodes.clear()

    @property
    def ws_ports(self) -> list[int]:
        """Return the ports of MQTT over WebSocket."""
        return [BrokerUrl.parse(url).port for url in listed(self.settings.page_urls)]


class SystemOnNats(System):
    """``zapette run`` on a cluster of NATS servers of its own."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.cluster = NatsCluster(folder / "cluster")
        # A page of another address may not reach nodes on the loopback.
        config = {"ZAPETTE_CONFIG": str(self.cluster.settings_file), "ZAPETTE_BIND": "127.0.0.1"}
        super().__init__(folder, config | (settings or {}))
        self.mqtt_port, self.ws_port = self.cluster.mqtt_ports[0], self.cluster.ws_ports[0]

    @property
    def ports(self) -> set[int]:
        """Return the ports that pages turn to."""
        return {self.http_port, *self.cluster.ws_ports}

    @property
    def tokens(self) -> Tokens:
        """Return what issues tokens of the server and the household."""
        secret = bytes.fromhex((self.data / "secret").read_text().strip())
        return create_tokens(load(self.cluster.settings_file, {}), Keyring(secret, Topics()))

    def start(self) -> System:
        """Start the nodes, then the web side, and wait until the last node leads."""
        self.cluster.start()
        try:
            super().start()
            self.wait_for_lead()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> int:
        """Stop all."""
        try:
            return super().stop()
        finally:
            self.cluster.stop()

    def home_password(self) -> str:
        """Return a token, which is the password on NATS."""
        return self.tokens.issue(Role.HOUSEHOLD, HOME)[0]

    def household(self, node: int = 1) -> BrokerUrl:
        """Return a node with the account ``home``."""
        port = self.cluster.mqtt_ports[node - 1]
        return BrokerUrl("mqtt", "127.0.0.1", port, username="home", password=self.home_password())

    def leader(self) -> int:
        """Return the node that leads the stream of retained messages."""

        def found() -> int:
            lines = self.zapette("cluster", "status").stdout.splitlines()
            leading = [it for it in lines if it.startswith("node-") and "$MQTT_rmsgs" in it]
            return int(leading[0][len("node-")])

        return eventually(found, "a node leads", 60)

    def leads(self, node: int) -> bool:
        """Tell whether a node leads all streams that clients wait for."""
        lines = self.zapette("cluster", "status").stdout.splitlines()
        of_node = "".join(it for it in lines if it.startswith(f"node-{node}:"))
        return {"$MQTT_sess", "$MQTT_msgs", "$MQTT_rmsgs"} <= set(re.findall(r"\$\w+", of_node))

    def wait_for_lead(self) -> None:
        """Return once the last node leads: the hand-over may cost clients their connections."""
        last = len(self.cluster.ws_ports)
        eventually(lambda: self.leads(last), f"node-{last} leads", 60)

    def retained(self, node: int, topic_filter: str) -> dict[str, bytes]:
        """Return what a node has retained, by topic; nothing if it cannot be asked now."""
        found: dict[str, bytes] = {}
        reader = Client(self.household(node))
        reader.subscribe(topic_filter, lambda it: found.update({it.topic: it.payload}))
        reader.start()
        try:
            reader.wait(20)
            reader.fence(5)
        except Unavailable:
            return {}
        finally:
            reader.stop()
        return found
