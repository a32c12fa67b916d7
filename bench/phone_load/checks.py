"""What must hold: each phone shows what the player does, and nothing grows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import unquote

from playwright.sync_api import CDPSession

from bench.phone_load.phone import Phone
from bench.processes import memory_of
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System

POSITION: Final = 2.5
"""Seconds by which a phone's position may be off while the player plays; it draws every second."""

_MIB: Final = 2**20
ALLOWED: Final = {"heap": _MIB, "nodes": 100, "listeners": 50, "broker": 8 * _MIB, "web": 8 * _MIB}
"""By how much each may grow: what allocators and compilers keep."""

_SHOWN: Final = """(() => {
  const one = (selector) => document.querySelector(selector);
  const texts = (selector) => Array.from(document.querySelectorAll(selector), (it) =>
    it.textContent);
  const labels = Array.from(document.querySelectorAll("play-button button"), (it) => it.ariaLabel);
  return {
    live: document.body.dataset.live === "true",
    playing: labels.every((it) => it === "Pause") || (labels.some((it) => it === "Pause") && null),
    volume: one("volume-control input").valueAsNumber,
    muted: one("volume-control .mute").ariaLabel === "Unmute",
    title: one("#title").textContent,
    position: one("seek-bar input").valueAsNumber,
    queue: texts("queue-view .name"),
    current: texts("queue-view [aria-current] .name"),
  };
})()"""


def differences(player: PlayerPage, state: dict[str, Any], phones: list[Phone]) -> list[str]:
    """Return, in words, where a phone does not show what the ``<video>`` does.

    Titles and queue are those of the last state the player published; each phone shows its queue.
    """
    video = player.video
    items = [it["title"] for it in state["queue"]["items"]]
    index = state["queue"]["index"]
    real = {
        "live": True,
        "playing": not video["paused"] and not video["ended"],
        "volume": round(video["volume"] * 100),
        "muted": video["muted"],
        "title": state["title"] or "Nothing to play yet",
        "queue": items,
        "current": [] if index is None else [items[index]],
    }
    found = []
    if not unquote(video["currentSrc"]).endswith(state["source"] or ""):
        found.append(f"the player reports {state['source']}, but has {video['currentSrc']}")
    for phone in phones:
        shown = phone.page.see(_SHOWN)
        found += [
            f"phone {phone.number} shows {key} as {shown[key]!r}, not {value!r}"
            for key, value in real.items()
            if shown[key] != value
        ]
        if abs(shown["position"] - player.time) > POSITION:
            found.append(f"phone {phone.number} shows {shown['position']} s, not {player.time} s")
    return found


@dataclass(frozen=True)
class Footprint:
    """What the player's page and the servers hold at one moment."""

    heap: int  # bytes of JavaScript objects in the page, after a garbage collection
    nodes: int
    listeners: int
    broker: int  # proportional set size, in bytes
    web: int

    def growth(self, later: Footprint) -> list[str]:
        """Return, in words, what has grown by more than is allowed."""
        then = asdict(later)
        return [
            f"{name} has grown from {one} to {then[name]}"
            for name, one in asdict(self).items()
            if then[name] > one + ALLOWED[name]
        ]


def footprint(devtools: CDPSession, system: System) -> Footprint:
    """Return the footprint of a player's page and its system."""
    # the second collection frees what finalizers held
    for _ in range(2):
        devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = {it["name"]: it["value"] for it in devtools.send("Performance.getMetrics")["metrics"]}
    return Footprint(
        heap=round(devtools.send("Runtime.getHeapUsage")["usedSize"]),
        nodes=round(metrics["Nodes"]),
        listeners=round(metrics["JSEventListeners"]),
        broker=memory_of(system.pid("broker")),
        web=memory_of(system.pid("web")),
    )
