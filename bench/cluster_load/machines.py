"""Nodes of a cluster as machines of their own: network namespaces, joined by a bridge.

The benchmark runs in a namespace too, as root of it; nothing of the system's network is touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bench.broker_load.clients import Login
from bench.broker_load.peers import PROGRAM, wait_for_node
from zapette_server.nats.cluster import node_files
from zapette_server.nats.cluster.cluster_folder import ClusterFolder
from zapette_server.nats.cluster.node_files import NODES, Node, Ports

PORTS: Final = Ports()
_INSIDE: Final = "ZAPETTE_BENCH_NAMESPACE"


def enter() -> None:
    """Run ``bench.cluster`` with the same arguments in a network namespace, unless it is in one."""
    if os.environ.get(_INSIDE):
        return
    os.environ[_INSIDE] = "1"
    namespace = ["unshare", "--user", "--map-root-user", "--net"]
    os.execvp(namespace[0], [*namespace, sys.executable, "-m", "bench.cluster", *sys.argv[1:]])


def ip(line: str, pid: int | None = None) -> None:
    """Run ``ip``, in the namespace of the process `pid`."""
    prefix = [] if pid is None else ["nsenter", "--net", f"--target={pid}"]
    subprocess.run([*prefix, "ip", *line.split()], check=True)


class Machine:
    """One node with a network of its own."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.host = f"10.77.0.{number}"
        self._folder = folder
        self._cable = f"node{number}"
        # it keeps the namespace
        self._keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._node: subprocess.Popen[bytes] | None = None

    def join(self) -> None:
        pid = self._keeper.pid
        ours, its = Path("/proc/self/ns/net"), Path(f"/proc/{pid}/ns/net")
        while its.readlink() == ours.readlink():
            time.sleep(0.01)
        ip(f"link add {self._cable} type veth peer name cable netns {pid}")
        ip(f"link set {self._cable} master bridge up")
        for line in ("link set lo up", f"addr add {self.host}/24 dev cable", "link set cable up"):
            ip(line, pid)

    def start(self) -> None:
        command = ["nsenter", "--net", f"--target={self._keeper.pid}", PROGRAM]
        with (self._folder / f"node-{self.number}.log").open("ab") as log:
            self._node = subprocess.Popen(
                [*command, "-c", f"node-{self.number}.conf"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self._node is not None:
            self._node.kill()
            self._node.wait()

    def cut(self) -> None:
        """Unplug it from the network without closing its connections."""
        ip(f"link set {self._cable} down")

    def heal(self) -> None:
        ip(f"link set {self._cable} up")

    def wait(self, login: Login) -> None:
        """Wait until it lets a client in; ProcessError after a minute."""
        log = self._folder / f"node-{self.number}.log"
        wait_for_node(self.host, PORTS.mqtt, login, log)

    def stop(self) -> None:
        self.kill()
        self._keeper.kill()
        self._keeper.wait()


def create(folder: Path, fronts: int) -> list[Machine]:
    """Return the machines of a new cluster in `folder`: three with JetStream, `fronts` without."""
    ip("link set lo up")
    ip("link add bridge type bridge")
    ip("addr add 10.77.0.254/24 dev bridge")
    ip("link set bridge up")
    machines = [Machine(number, folder) for number in range(1, NODES + fronts + 1)]
    with_streams = [Node(it.number, it.host, PORTS) for it in machines[:NODES]]
    node_files.write(folder, with_streams)
    files = ClusterFolder(folder)
    for it in machines[NODES:]:
        files.add(it.host, streams=False)
    for it in machines:
        it.join()
        it.start()
    return machines
