"""Ports of TCP: free ones on the loopback interface, and whether somebody listens.

The free ones lie below the range from which the system takes the ports of outgoing connections
(32768 and above on Linux), so that nobody's connection takes a port between its choice and its use,
or while what listens on it is killed and started again.
"""

from __future__ import annotations

import os
import random
import socket

# Tests that run in several processes share the range out among themselves.
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_unused = list(range(20_000 + _PROCESS, 32_000, _PROCESSES))
random.shuffle(_unused)


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on and that were not returned before."""
    found: list[int] = []
    while len(found) < count:
        port = _unused.pop()
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether somebody takes connections there; within a second."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """Return a port as :func:`free_ports` does."""
    return free_ports(1)[0]
