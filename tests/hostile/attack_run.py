"""A home under attack: what it went on doing meanwhile, and what the attackers used up."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import psutil

from bench.page_load.taps import Tapping
from bench.results import Times, percentile
from tests.browser.driving.pages import Pages
from tests.hostile.household_load import Home
from tests.hostile.target import Target
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import SLACK, eventually
from zapette_server.paths import ROOT

FLOODS: Final = ("stranger", "guest", "player")
"""The attackers that flood."""

IDLE: Final = ("idler",)
SETTINGS: Final = {"ZAPETTE_LIMITS": "sys_interval = 0.5"}
"""Of a system under attack: what ``/metrics`` tells of the broker is not old."""

PARTS: Final = ("broker", "web")
ADDRESSES: Final = {
    "stranger": "127.1.1",
    "guest": "127.1.2",
    "player": "127.1.3",
    "idler": "127.1.4",
}
"""Where each attacker comes from, without the last number; the home is on 127.0.0.1."""

BACK_WITHIN: Final = 10.0
"""How soon after an attack all must be as before, in seconds."""

_TAPS: Final = 10
_LOOK_EVERY: Final = 0.25
MIB: Final = 2**20
PAIR: Final = 3
"""Connections of the home: the player, the phone, and the web side."""

FEW: Final = 130
"""Sessions and retained messages that a self-made player may go on having: its remotes'."""


@dataclass
class Used:
    """What a system uses at one moment, or the most it used.

    Attributes:
        memory: resident bytes, by part.
        disk: bytes in its data folder.
    """

    memory: dict[str, int] = field(default_factory=dict)
    disk: int = 0

    def most(self, other: Used) -> None:
        """Take what is more in `other`."""
        self.disk = max(self.disk, other.disk)
        for part, size in other.memory.items():
            self.memory[part] = max(self.memory.get(part, 0), size)


@dataclass
class Outcome:
    """What came of an attack.

    Attributes:
        seconds: how long it lasted.
        taps: seconds from each tap to the button that has turned.
        taps_after: the same, when it was over.
        refused: what of the home did not work, in words.
        slowest: the longest that a round of the home's other doings took, in seconds.
        before, highest, after: what the system used.
        metrics: what the broker has of everything, in the end of the attack.
        metrics_after: the same, when it was over.
        attacks: what came of each attack, by what it is.
        back_after: how soon the attackers' connections were gone, in seconds; None if not in time.
        freed_after: how soon a new code freed what a guest had left; None if not in time.
    """

    seconds: float = 0.0
    taps: list[float] = field(default_factory=list)
    taps_after: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    slowest: float = 0.0
    before: Used = field(default_factory=Used)
    highest: Used = field(default_factory=Used)
    after: Used = field(default_factory=Used)
    metrics: dict[str, float] = field(default_factory=dict)
    metrics_after: dict[str, float] = field(default_factory=dict)
    attacks: dict[str, dict[str, int]] = field(default_factory=dict)
    back_after: float | None = None
    freed_after: float | None = None

    def report(self) -> str:
        """Return it as a table of Markdown."""
        rows = {
            "seconds": f"{self.seconds:.0f}",
            "taps": str(len(self.taps)),
            "tap to button, p50 / p99, ms": _times(self.taps),
            "the same when it was over": _times(self.taps_after),
            "refused to the home": "; ".join(self.refused) or "nothing",
            "all connections gone after, s": _seconds(self.back_after),
            "freed by a new code after, s": _seconds(self.freed_after),
        }
        for part in PARTS:
            sizes = (self.before, self.highest, self.after)
            rows[f"memory of the {part}, before / most / after, MiB"] = " / ".join(
                f"{used.memory.get(part, 0) / MIB:.0f}" for used in sizes
            )
        rows["data folder, before / most / after, MiB"] = " / ".join(
            f"{used.disk / MIB:.1f}" for used in (self.before, self.highest, self.after)
        )
        for name, counts in self.attacks.items():
            rows[name] = ", ".join(f"{what}: {count:,}" for what, count in sorted(counts.items()))
        lines = [f"| {name} | {value} |" for name, value in rows.items()]
        return "\n".join(["| | |", "|---|---|", *lines])


def besiege(system: System, pages: Pages, roles: Sequence[str], seconds: float) -> Outcome:
    """Attack a system for `seconds` while a pair of pages and a home use it."""
    outcome = Outcome(seconds=seconds)
    player = pages.started(system)
    home = Home(system, player.id, player.owner_key)
    link = f"{system.url}remote#{home.player}.{home.remote_key}"
    phone = pages.phone(system, link, viewport={"width": 390, "height": 780})
    times = Times()
    tapping = Tapping(player, phone, times)
    tapping.tap(2)
    home.live()
    outcome.before = used(system)
    metrics = eventually(
        lambda: (now := broker_metrics(system))["clients_connected"] >= PAIR and now,
        "the pair is counted",
    )
    assert isinstance(metrics, dict)
    with ExitStack() as stack:
        processes = [stack.enter_context(_attacker(system, home, role)) for role in roles]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "begins\n"
        with _sampled(system, outcome.highest):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                tapping.tap(_TAPS)
                home.live()
            with suppress(OSError):
                outcome.metrics = broker_metrics(system)
            for process in processes:
                output, _ = process.communicate("", timeout=60)
                outcome.attacks |= json.loads(output)
    outcome.taps = [it / 1000 for it in times["tap to button"][2:]]
    outcome.back_after = _back(lambda: _is_calm(system, metrics))
    tapping.tap(_TAPS)
    outcome.taps_after = [it / 1000 for it in times["tap to button"][-_TAPS:]]
    outcome.metrics_after = broker_metrics(system)
    outcome.after = used(system)
    pages.watch.expect("403")  # the phone's link is an old one now
    home.new_code()
    outcome.freed_after = _back(lambda: _is_freed(system, metrics))
    outcome.refused, outcome.slowest = home.refused, home.slowest
    return outcome


def used(system: System) -> Used:
    """Return what a system uses now."""
    memory = {}
    for part in PARTS:
        with suppress(AssertionError, psutil.Error):
            memory[part] = psutil.Process(system.pid(part)).memory_info().rss
    sizes = []
    for file in system.data.rglob("*"):
        with suppress(OSError):
            sizes.append(file.stat().st_size)
    return Used(memory, sum(sizes))


def broker_metrics(system: System) -> dict[str, float]:
    """Return what ``/metrics`` tells of the broker, by its names there."""
    lines = system.get("metrics").body.decode().splitlines()
    pairs = (line.split(" ") for line in lines if line.startswith("zapette_broker_"))
    return {name.removeprefix("zapette_broker_"): float(value) for name, value in pairs}


@contextmanager
def _attacker(system: System, home: Home, role: str) -> Iterator[subprocess.Popen[str]]:
    target = Target(
        system.http_port, system.mqtt_port, home.player, home.guest_key, ADDRESSES[role]
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile", role, target.to_json()],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with ending(process):
        yield process


@contextmanager
def _sampled(system: System, highest: Used) -> Iterator[None]:
    """Keep the most that a system uses within the block."""
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_LOOK_EVERY):
            highest.most(used(system))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _back(look: Callable[[], bool]) -> float | None:
    """Return how soon something is so, in seconds; None if not in time."""
    began = time.monotonic()
    try:
        eventually(look, "all is as before", BACK_WITHIN + SLACK, every=0.2)
    except AssertionError:
        return None
    return time.monotonic() - began


def _is_calm(system: System, before: dict[str, float]) -> bool:
    """Tell whether everything is up, and the attackers' connections are gone."""
    return (
        system.is_up()
        and broker_metrics(system)["clients_connected"] <= before["clients_connected"]
    )


def _is_freed(system: System, before: dict[str, float]) -> bool:
    """Tell whether a new code has freed what came by the old ones."""
    now = broker_metrics(system)
    return all(now[name] <= before[name] + FEW for name in ("sessions", "retained"))


def _seconds(value: float | None) -> str:
    return "not in time" if value is None else f"{value:.1f}"


def _times(seconds: list[float]) -> str:
    if not seconds:
        return "none"
    return f"{1000 * statistics.median(seconds):.0f} / {1000 * percentile(seconds, 99):.0f}"
