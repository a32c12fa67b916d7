"""A network of two machines: namespaces joined by a pair of interfaces, as root of both.

The script of a test runs in the first; `there(...)` starts a program in the second.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.programs.processes import ending_with_us
from tests.waiting import eventually

HERE = "192.168.77.1"
THERE = "192.168.77.2"


@dataclass
class Pair:
    """Two machines, this one with `HERE` and another with `THERE`."""

    far: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Pair:
        self.far = subprocess.Popen(ending_with_us(["unshare", "--net", "sleep", "infinity"]))
        # until then its network is still ours
        eventually(lambda: _network(self.far.pid) != _network(os.getpid()), "it has its own")
        ip("link set lo up")
        ip("link add near type veth peer name far")
        return self

    def __exit__(self, *_: object) -> None:
        self.far.kill()
        self.far.wait()

    def join(self) -> None:
        """Bring the cable up on both sides."""
        ip(f"link set far netns {self.far.pid}")
        up("near", HERE)
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", "far", "up")
        self.run("ip", "addr", "add", f"{THERE}/24", "dev", "far")

    def there(self, *command: str) -> list[str]:
        """Return the command that runs another in the second machine."""
        return ["nsenter", "--net", f"--target={self.far.pid}", *command]

    def run(self, *command: str) -> str:
        done = subprocess.run(self.there(*command), capture_output=True, text=True, check=True)
        return done.stdout


def _network(pid: int) -> Path:
    """Return the name of the network namespace that a process is in."""
    return Path(f"/proc/{pid}/ns/net").readlink()


def up(interface: str, address: str) -> None:
    """Bring an interface up with an address, and routes to the multicast of mDNS and the rest."""
    ip(f"link set {interface} up")
    ip(f"addr add {address}/24 dev {interface}")
    ip(f"route add default dev {interface}")


def ip(line: str) -> None:
    subprocess.run(["ip", *line.split()], check=True, stdout=sys.stderr)
