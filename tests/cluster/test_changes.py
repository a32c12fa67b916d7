"""Other nodes and other keys by commands, while a phone keeps calling a player.

Only `make test-cluster` has these tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.nats_cluster import SystemOnNats
from tests.programs.system import System
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.dialing import Timing
from zapette.protocol.topics import Topics
from zapette_server.nats import claims

V3 = MQTTProtocolVersion.MQTTv311


class Calling:
    """A phone that keeps calling a player; both reconnect to another node, as pages do.

    The phone keeps its token, the player gets a new one each time.

    Attributes:
        lost: why the phone has lost its connections.
        token: the phone's.
    """

    def __init__(self, system: SystemOnNats) -> None:
        self.lost: list[str] = []
        self.home = Household(system)
        self._answered = 0
        self._ending = threading.Event()
        home, callee = self.home, Topics().player(self.home.id)
        body = {"id": home.id, "key": home.key("remote")}
        given = system.post("api/credentials", body).json
        self.token = str(given["password"])
        made = {"id": home.id, "owner_key": home.owner_key}

        def token() -> str:
            return str(system.post("api/credentials", made).json["password"])

        programs, timing = system.cluster.settings.programs, Timing(longest_delay=1)
        self._player = Client(
            *programs("player"),
            client_id=home.given["client_id"],
            password=token,
            callee=callee,
            procedures={"status": lambda: {"version": 1}},
            timing=timing,
        )
        self._phone = Client(
            *programs("remote"),
            client_id=given["client_id"],
            password=lambda: self.token,
            timing=timing,
        )
        self._phone.on_lost = self.lost.append
        self._ask = partial(self._phone.call, callee, "status", timeout=1)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Calling:
        for client in (self._player, self._phone):
            client.start()
            client.wait(30)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(30)
        self._phone.stop()
        self._player.stop()

    def goes_on(self) -> None:
        """Wait for further answers."""
        before = self._answered
        eventually(lambda: self._answered > before + 2, "the phone's calls are answered", 60)

    def _run(self) -> None:
        while not self._ending.wait(0.1):
            try:
                self._ask()
            except CallError:
                continue
            self._answered += 1


@pytest.fixture
def system(tmp_path: Path) -> Iterator[SystemOnNats]:
    with SystemOnNats(tmp_path) as running:
        yield running


def zapette(system: SystemOnNats, *arguments: str) -> str:
    """Run a command of the cluster's folder that succeeds; return what it says."""
    command, *others = arguments
    done = system.zapette("cluster", command, str(system.cluster.folder), *others)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(system: SystemOnNats, *numbers: int) -> None:
    """Wait until these nodes have everything."""
    for number in numbers:
        eventually(
            lambda it=number: system.cluster.is_healthy(it),  # type: ignore[misc]
            f"node-{number} has everything",
            60,
        )


def restart_nodes(system: SystemOnNats) -> None:
    for number in (1, 2, 3):
        system.cluster.stop_node(number)
        system.cluster.start_node(number)
        wait_for(system, 1, 2, 3)


def restart_web_side(system: SystemOnNats) -> None:
    system.kill("web")
    eventually(system.is_up, "the web side is up", 60)


def status(system: SystemOnNats, **settings: str) -> str:
    """Return what ``zapette cluster status`` says."""
    return subprocess.run(
        [sys.executable, "-m", "zapette_cli", "cluster", "status"],
        env=system.environment | settings | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


def takes(system: SystemOnNats, port: int, client: MqttClient) -> bool:
    name, password = client.username, client.password
    with MqttClient(system, client.client_id, name, password, V3, port=port) as again:
        return again.is_in


def test_keys_are_renewed_without_a_cut(system: SystemOnNats) -> None:
    gone = Household(system)
    revoked = gone.visitor("remote", version=V3)
    gone.new_code()
    before = system.folder / "before"
    shutil.copytree(system.cluster.folder / "keys", before)
    with Calling(system) as calling:
        calling.goes_on()
        assert "1 of 3" in zapette(system, "renew")
        restart_nodes(system)
        restart_web_side(system)
        calling.goes_on()
        lost = list(calling.lost)
        assert "2 of 3" in zapette(system, "renew")
        restart_web_side(system)
        new = calling.home.visitor("remote", version=V3)
        assert new.password is not None
        assert claims.unchecked(new.password)["iss"] != claims.unchecked(calling.token)["iss"]
        ports = system.cluster.mqtt_ports
        eventually(lambda: all(takes(system, it, new) for it in ports), "all take new tokens")
        calling.goes_on()
        assert calling.lost == lost
        old = MqttClient(system, "remote-old", "remote", calling.token)
    assert "3 of 3" in zapette(system, "renew", "--finish")
    restart_web_side(system)
    restart_nodes(system)
    for port in ports:
        eventually(lambda it=port: takes(system, it, new), "it takes new tokens", 60)  # type: ignore[misc]
        assert not takes(system, port, old)
        assert not takes(system, port, revoked)
    assert status(system, ZAPETTE_BROKER_KEYS=str(before)).count("does not answer") == 3
    with Calling(system) as calling:
        calling.goes_on()


def test_a_node_comes_and_another_goes(system: SystemOnNats, tmp_path: Path) -> None:
    cluster = system.cluster
    with Calling(system) as calling:
        calling.goes_on()
        # an address of its own: the ports next to those of node-3 may be taken
        assert "node-4" in zapette(system, "add", "--host", "127.0.0.2")
        cluster.start_node(4)
        wait_for(system, 1, 2, 3, 4)
        refused = system.zapette("cluster", "remove", str(cluster.folder), "node-2")
        assert refused.returncode == 2
        assert "stop it first" in refused.stderr
        cluster.stop_node(2)
        before = shutil.copytree(cluster.folder, tmp_path / "before")
        eventually(
            lambda: (
                system.zapette("cluster", "remove", str(cluster.folder), "node-2").returncode == 0
            ),
            "the others have a leader, and let it go",
            60,
        )
        # as after a run that was cut off before it changed the files
        shutil.copytree(before, cluster.folder, dirs_exist_ok=True)
        assert "no longer in the cluster" in zapette(system, "remove", "node-2")
        # with other settings, not the nodes
        System.stop(system)
        System.start(system)
        wait_for(system, 1, 3, 4)

    def nodes() -> list[str]:
        lines = status(system).splitlines()
        if lines[-1] != "All is well.":
            raise LookupError(lines)
        return [it.partition(":")[0] for it in lines if it.startswith("node-")]

    assert eventually(nodes, "all is well", 60) == ["node-1", "node-3", "node-4"]
    with Calling(system) as calling:
        calling.goes_on()
        # two of three are enough only if the new one has what the one that went had
        with cluster.without(1):
            calling.goes_on()
