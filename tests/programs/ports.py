"""Ports of TCP: free ones that nobody else takes, and whether somebody listens.

A port that is only looked at can be taken by another process before it is used, or while what
listens on it is killed and started again. So they come in blocks: the process that binds the first
port of a block, and keeps it bound, has the others. The kernel hands the block on when the process
ends, however it ends; test runs of several checkouts and users, and their workers, share one
machine.
The blocks lie outside of the range from which the system takes the ports of outgoing connections.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

_BLOCK = 64
_LINUX_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_RANGE = (32_768, 60_999)
_kept: list[socket.socket] = []
_left: list[int] = []


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on and that nobody else is given.

    Raises:
        RuntimeError: other processes have all of them.
    """
    found: list[int] = []
    while len(found) < count:
        if not _left:
            _left.extend(_take_block())
        port = _left.pop()
        if (probe := _bind(port)) is not None:
            probe.close()
            found.append(port)
    return found


def free_port() -> int:
    """Return a port as :func:`free_ports` does."""
    return free_ports(1)[0]


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody takes connections there; within a second."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _take_block() -> list[int]:
    """Take a block of ports for this process, for as long as it runs."""
    blocks = [range(first, first + _BLOCK) for first in _first_ports(*_outgoing())]
    # not each from the same one on, and never by a seed that a test has set
    random.SystemRandom().shuffle(blocks)
    for block in blocks:
        if (lock := _bind(block[0])) is not None:
            _kept.append(lock)
            return list(block[1:])
    raise RuntimeError("other processes have all ports that tests may take")


def _first_ports(lowest: int, highest: int) -> list[int]:
    """Return the first port of each block, given the range of outgoing connections."""
    below = range(max(10_000, lowest - 12_000), lowest - _BLOCK + 1, _BLOCK)
    above = range(highest + 1, 65_536 - _BLOCK + 1, _BLOCK)
    return [*below] or [*above]


def _outgoing() -> tuple[int, int]:
    """Return the range from which the system takes ports itself."""
    try:
        lowest, highest = map(int, _LINUX_RANGE.read_text().split())
    except OSError:
        return _USUAL_RANGE
    return lowest, highest


def _bind(port: int) -> socket.socket | None:
    """Return a socket that has the port on every address, None if another has it on one."""
    bound = socket.socket()
    try:
        bound.bind(("", port))
    except OSError:
        bound.close()
        return None
    return bound
