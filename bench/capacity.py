"""Says what many screens need: ``python -m bench.cluster --json FILE``, then
``python -m bench.capacity FILE``.

It multiplies measured figures; docs/scaling.md says what it was checked against.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from bench.results import markdown, number

SCREENS: Final = (10_000, 100_000, 1_000_000)
WITHIN: Final = 5.0
"""Seconds in which the clients of a lost node are to be back."""
CORES: Final = 8
MEMORY: Final = 16
"""GiB of a machine, which has `CORES`; half of both may be in use."""
_MEASURES: Final = ("calls", "fan_out", "memory", "connections")


@dataclass(frozen=True, slots=True)
class Habits:
    """How often people use their screens and phones."""

    phones: float = 0.2  # connected ones for each screen, on average
    calls: float = 0.1  # a second, of a connected phone
    states: float = 0.05  # a second, that a player publishes
    arrivals: float = 1 / 600  # phones a second that scan a code, for each screen
    token_lifetime: float = 43_200.0  # seconds; a page gets the next token before
    rows: float = 3.0  # of the database, that a token reads or writes


def figures_of(document: Mapping[str, Any], server: str) -> dict[str, float]:
    """Return what the results of ``bench.cluster`` say of one server or cluster."""
    return {
        name: value
        for case in document["cases"]
        if case["server"] == server and case["measure"] in _MEASURES
        for name, value in case["median"].items()
    }


def need(screens: int, figures: Mapping[str, float], habits: Habits) -> dict[str, float]:
    """Return what `screens` need; one machine may fail. KeyError if a figure is missing."""
    phones = screens * habits.phones
    clients = screens + phones
    calls = phones * habits.calls
    states = screens * habits.states
    deliveries = states * habits.phones
    of_calls = calls * figures["cpu_us_per_call"]
    cores = (of_calls + (states + deliveries) * figures["cpu_us_per_delivery"]) / 1e6
    # a server that reuses freed memory may seem to need none
    memory = clients * max(figures["kib_per_client"], 1) / 2**20
    tokens = screens * _tokens(habits)
    nodes = max(3, math.ceil(2 * max(cores / CORES, memory / MEMORY)) + 1)
    back = "s until the clients of a lost node are back, after the election"
    return {
        "connections": clients,
        "messages a second": 4 * calls + states + deliveries,
        "cores for the messages": cores,
        "memory of the connections, GiB": memory,
        f"nodes of {CORES} cores and {MEMORY} GiB, half used": nodes,
        "tokens a second": tokens,
        "database rows a second": tokens * habits.rows,
        back: clients / nodes / figures["connections_per_s"],
    }


def _tokens(habits: Habits) -> float:
    """Return the tokens a second for each screen and its phones."""
    return (1 + habits.phones) / habits.token_lifetime + habits.arrivals


def wall_of_database(rate: float, habits: Habits) -> float:
    """Return the screens that need `rate` tokens a second: each is a write, one at a time."""
    return rate / _tokens(habits)


def wall(figures: Mapping[str, float], habits: Habits, nodes: int = 3) -> float:
    """Return the screens at which the clients of a lost node need `WITHIN` to come back.

    Every connection is a write to one stream of sessions, with one leader: its rate is that of the
    whole cluster, however many nodes there are.
    """
    return WITHIN * figures["connections_per_s"] * nodes / (1 + habits.phones)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("file", type=Path, help="what bench.cluster has written")
    parser.add_argument("--server", default="nats3", help="default: nats3")
    parser.add_argument(
        "--database", type=float, default=100.0, help="tokens/s, from bench.tokens; default: 100"
    )
    for habit in fields(Habits):
        name = f"--{habit.name.replace('_', '-')}"
        parser.add_argument(name, type=float, default=habit.default, help="default: %(default).3g")
    given = vars(parser.parse_args(arguments))
    file, server, rate = given.pop("file"), given.pop("server"), given.pop("database")
    habits, figures = Habits(**given), figures_of(json.loads(file.read_text()), server)
    needs = [need(screens, figures, habits) for screens in SCREENS]
    rows = [(title, *(number(it[title]) for it in needs)) for title in needs[0]]
    print(markdown(("screens", *(f"{it:,}" for it in SCREENS)), rows))
    print(f"\nWall of connecting: {wall(figures, habits):,.0f} screens on three nodes")
    print(f"Wall of the database: {wall_of_database(rate, habits):,.0f} screens")


if __name__ == "__main__":
    main()
