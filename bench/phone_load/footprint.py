"""How large the player's page and the server are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import psutil
from playwright.sync_api import CDPSession

from tests.system import System

_MIB: Final = 2**20

ALLOWED: Final = {
    "heap": 1 * _MIB,
    "nodes": 100,
    "listeners": 50,
    "broker": 8 * _MIB,
    "web": 8 * _MIB,
}
"""By how much each may grow: what allocators and compilers keep."""


@dataclass(frozen=True)
class Footprint:
    """What is held at one moment.

    Attributes:
        heap: bytes of JavaScript objects in the player's page, after a collection.
        nodes: of its documents.
        listeners: for events, in it.
        broker: proportional set size of the broker's process, in bytes.
        web: that of the web side's.
    """

    heap: int
    nodes: int
    listeners: int
    broker: int
    web: int

    def growth(self, later: Footprint) -> list[str]:
        """Return, in words, what has grown by more than is allowed."""
        then = asdict(later)
        return [
            f"{name} has grown from {one} to {then[name]}"
            for name, one in asdict(self).items()
            if then[name] > one + ALLOWED[name]
        ]


def measure(devtools: CDPSession, system: System) -> Footprint:
    """Return the footprint of a player's page, after a garbage collection, and of its system."""
    # what only finalizers hold goes with the second
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {it["name"]: it["value"] for it in devtools.send("Performance.getMetrics")["metrics"]}
    return Footprint(
        heap=round(devtools.send("Runtime.getHeapUsage")["usedSize"]),
        nodes=round(metrics["Nodes"]),
        listeners=round(metrics["JSEventListeners"]),
        broker=_memory(system, "broker"),
        web=_memory(system, "web"),
    )


def _memory(system: System, part: str) -> int:
    process = psutil.Process(system.pid(part))
    tree = [process, *process.children(recursive=True)]
    return sum(it.memory_full_info().pss for it in tree)
