"""Says what many screens need: ``python -m bench.cluster --json FILE``, then
``python -m bench.capacity FILE``.

It multiplies measured figures; docs/scaling.md says what it was checked against.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.results import markdown, number

SCREENS: Final = (10_000, 100_000, 1_000_000)
WITHIN: Final = 5.0
"""Seconds in which the clients of a lost node are to be back."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How often people use their screens and phones."""

    phones: float = 0.2  # connected ones for each screen, on average
    calls: float = 0.1  # a second, of a connected phone
    states: float = 0.05  # a second, that a player publishes
    arrivals: float = 1 / 600  # phones a second that scan a code, for each screen
    token_lifetime: float = 43_200.0  # seconds; a page gets the next token before
    rows: float = 3.0  # of the database, that a token reads or writes


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine: its cores, its memory in GiB, and the share of both that may be in use."""

    cores: int = 8
    memory: float = 16.0
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one server or cluster."""

    call: float  # CPU seconds of a call, which is four messages
    delivery: float  # CPU seconds of a message delivered
    memory: float  # bytes of an idle client
    connections: float  # a second, of the whole cluster

    @classmethod
    def read(cls, document: Mapping[str, Any], server: str) -> Figures:
        """Return those in the results of ``bench.cluster``; ValueError if one is missing."""
        cases = [case for case in document["cases"] if case["server"] == server]
        found = {case["measure"]: case["median"] for case in cases}
        try:
            return cls(
                found["calls"]["cpu_us_per_call"] / 1e6,
                found["fan_out"]["cpu_us_per_delivery"] / 1e6,
                # a server that reuses freed memory may seem to need none
                max(found["memory"]["kib_per_client"], 1) * 1024,
                found["connections"]["connections_per_s"],
            )
        except KeyError as missing:
            raise ValueError(f"{server} has no figure {missing}") from None


def need(screens: int, figures: Figures, habits: Habits, machine: Machine) -> dict[str, float]:
    """Return what `screens` need; one machine may fail."""
    phones = screens * habits.phones
    clients = screens + phones
    calls = phones * habits.calls
    states = screens * habits.states
    deliveries = states * habits.phones
    cores = calls * figures.call + (states + deliveries) * figures.delivery
    memory = clients * figures.memory / 2**30
    tokens = clients / habits.token_lifetime + screens * habits.arrivals
    busy = max(cores / machine.cores, memory / machine.memory) / machine.share
    nodes = max(3, math.ceil(busy) + 1)
    back = "s until the clients of a lost node are back, after the election"
    return {
        "connections": clients,
        "messages a second": 4 * calls + states + deliveries,
        "cores for the messages": cores,
        "memory of the connections, GiB": memory,
        f"nodes of {machine.cores} cores and {machine.memory:g} GiB, half used": nodes,
        "tokens a second": tokens,
        "database rows a second": tokens * habits.rows,
        back: clients / nodes / figures.connections,
    }


def wall(figures: Figures, habits: Habits, nodes: int = 3) -> float:
    """Return the screens at which the clients of a lost node need `WITHIN` to come back.

    Every connection is a write to one stream of sessions, with one leader: its rate is that of the
    whole cluster, however many nodes there are.
    """
    return WITHIN * figures.connections * nodes / (1 + habits.phones)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 0, 2 if the file has not what it needs."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity", description=__doc__)
    parser.add_argument("file", type=Path, help="what bench.cluster has written")
    parser.add_argument("--server", default="nats3", help="default: nats3")
    for name in ("phones", "calls", "states", "arrivals"):
        text = "see Habits in this file; default: %(default).3g"
        parser.add_argument(f"--{name}", type=float, default=getattr(Habits(), name), help=text)
    options = parser.parse_args(arguments)
    habits = Habits(options.phones, options.calls, options.states, options.arrivals)
    try:
        figures = Figures.read(json.loads(options.file.read_text()), options.server)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{options.file}: {error}\n")
        return 2
    needs = [need(screens, figures, habits, Machine()) for screens in SCREENS]
    rows = [(title, *(number(it[title]) for it in needs)) for title in needs[0]]
    print(markdown(("screens", *(f"{it:,}" for it in SCREENS)), rows))
    print(f"\nFirst wall: {wall(figures, habits):,.0f} screens on three nodes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
