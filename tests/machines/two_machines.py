"""A network of two machines: namespaces joined by a pair of interfaces, as root of both.

The script of a test runs in the first; `there(...)` starts a program in the second.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field

from tests.machines.machine import Machine, ip

HERE = "192.168.77.1"
THERE = "192.168.77.2"


@dataclass
class Pair:
    """Two machines, this one with `HERE` and another with `THERE`."""

    far: Machine = field(init=False)

    def __enter__(self) -> Pair:
        self.far = Machine()
        ip("link set lo up")
        ip("link add near type veth peer name far")
        return self

    def __exit__(self, *_: object) -> None:
        self.far.stop()

    def join(self) -> None:
        """Bring the cable up on both sides."""
        ip(f"link set far netns {self.far.pid}")
        up("near", HERE)
        for line in ("link set lo up", "link set far up", f"addr add {THERE}/24 dev far"):
            self.far.ip(line)

    def there(self, *command: str) -> list[str]:
        """Return the command that runs another in the second machine."""
        return [*self.far.inside, *command]

    def run(self, *command: str) -> str:
        done = subprocess.run(self.there(*command), capture_output=True, text=True, check=True)
        return done.stdout


def up(interface: str, address: str) -> None:
    """Bring an interface up with an address, and routes to the multicast of mDNS and the rest."""
    ip(f"link set {interface} up")
    ip(f"addr add {address}/24 dev {interface}")
    ip(f"route add default dev {interface}")
