"""A machine with a network of its own: a namespace, as root of it, which a process keeps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.programs.processes import ending_with_us
from tests.waiting import eventually


class Machine:
    """One machine; `inside` is what stands before a command that runs on it."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(ending_with_us(["unshare", "--net", "sleep", "infinity"]))
        self.pid = self._keeper.pid
        self.inside = ("nsenter", "--net", f"--target={self.pid}")
        # until then its network is still ours
        eventually(lambda: _network(self.pid) != _network(os.getpid()), "it has its own")

    def ip(self, line: str) -> None:
        """Run ``ip`` on it."""
        ip(line, self.inside)

    def stop(self) -> None:
        """End it; its network goes with its last process."""
        self._keeper.kill()
        self._keeper.wait()


def ip(line: str, inside: tuple[str, ...] = ()) -> None:
    """Run ``ip`` here, or on a machine."""
    subprocess.run([*inside, "ip", *line.split()], check=True, stdout=sys.stderr)


def _network(pid: int) -> Path:
    """Return the name of the network namespace that a process is in."""
    return Path(f"/proc/{pid}/ns/net").readlink()
