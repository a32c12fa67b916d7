"""Parts of a cluster as machines of their own: network namespaces, joined by a bridge.

The benchmark runs in a namespace too, as root of it; nothing of the system's network is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.broker_load.clients import Login
from bench.broker_load.peers import wait_for_node
from tests.machines.machine import Machine, ip
from tests.programs.nats_cluster import SERVER
from tests.programs.processes import started
from zapette_server.nats.cluster import node_files
from zapette_server.nats.cluster.cluster_folder import ClusterFolder
from zapette_server.nats.cluster.node_files import NODES, Node, Ports

PORTS: Final = Ports()
_NETWORK: Final = "10.77.0"
BRIDGE: Final = f"{_NETWORK}.254"
"""The address of the benchmark itself."""

_INSIDE: Final = "ZAPETTE_BENCH_NAMESPACE"


def enter() -> None:
    """Run ``bench.cluster`` with the same arguments in a network namespace, unless it is in one."""
    if os.environ.get(_INSIDE):
        return
    os.environ[_INSIDE] = "1"
    namespace = ["unshare", "--user", "--map-root-user", "--net"]
    os.execvp(namespace[0], [*namespace, sys.executable, "-m", "bench.cluster", *sys.argv[1:]])


class JoinedMachine(Machine):
    """A machine at the address `host`, on the bridge."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__()
        self.host = f"{_NETWORK}.{number}"
        self._cable = name

    def join(self) -> None:
        ip(f"link add {self._cable} type veth peer name cable netns {self.pid}")
        ip(f"link set {self._cable} master bridge up")
        for line in ("link set lo up", f"addr add {self.host}/24 dev cable", "link set cable up"):
            self.ip(line)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Keep it off the network while the block runs, without closing its connections."""
        ip(f"link set {self._cable} down")
        try:
            yield
        finally:
            ip(f"link set {self._cable} up")


class NodeMachine(JoinedMachine):
    """The machine of one node."""

    def __init__(self, number: int, folder: Path) -> None:
        super().__init__(f"node{number}", number)
        self.number = number
        self._folder = folder
        self._log = folder / f"node-{number}.log"
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*self.inside, SERVER, "-c", f"node-{self.number}.conf"]
        self._node = started(command, self._log, cwd=self._folder)

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Keep the node dead while the block runs."""
        self._kill()
        try:
            yield
        finally:
            self.start()

    def wait(self, login: Login) -> None:
        """Wait until it lets a client in; ProcessError after a minute."""
        wait_for_node(self.host, PORTS.mqtt, login, self._log)

    def stop(self) -> None:
        self._kill()
        super().stop()

    def _kill(self) -> None:
        if self._node is not None:
            self._node.kill()
            self._node.wait()


@contextmanager
def joined(name: str, number: int) -> Iterator[JoinedMachine]:
    """Provide a machine on the network of the cluster."""
    machine = JoinedMachine(name, number)
    try:
        machine.join()
        yield machine
    finally:
        machine.stop()


def create(folder: Path, fronts: int) -> list[NodeMachine]:
    """Return the machines of a new cluster in `folder`: three with JetStream, `fronts` without."""
    ip("link set lo up")
    ip("link add bridge type bridge")
    ip(f"addr add {BRIDGE}/24 dev bridge")
    ip("link set bridge up")
    machines = [NodeMachine(number, folder) for number in range(1, NODES + fronts + 1)]
    with_streams = [Node(it.number, it.host, PORTS) for it in machines[:NODES]]
    node_files.write(folder, with_streams)
    files = ClusterFolder(folder)
    for it in machines[NODES:]:
        files.add(it.host, streams=False)
    for it in machines:
        it.join()
        it.start()
    return machines
