"""Puts the same load on our broker and on others: ``python -m bench.broker --help``.

Each server is a process on one core, the load is on another. What is compared are ratios within
one run; docs/performance.md says what each figure means and what was found.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import platform
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

import uvloop

from bench.broker_load.measures import MEASURES, Effort
from bench.broker_load.mqtt import Transport
from bench.broker_load.picture import picture
from bench.broker_load.plan import Plan
from bench.broker_load.process import ProcessError
from bench.broker_load.results import Results
from bench.broker_load.run import Run
from bench.broker_load.servers.crossbar import Crossbar
from bench.broker_load.servers.mosquitto import Mosquitto
from bench.broker_load.servers.ours import Ours
from bench.broker_load.servers.server import Server
from bench.broker_load.servers.stock_amqtt import StockAmqtt
from bench.broker_load.table import tables

SERVERS: Final[dict[str, type[Server]]] = {
    kind.name: kind for kind in (Ours, Mosquitto, Crossbar, StockAmqtt)
}
_USUAL: Final = (*MEASURES, "memory", "growth")
_ONLY: Final = (*_USUAL, "hold")
_PATIENCE: Final = 300.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, 2 if it cannot be run here, 130 if interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return uvloop.run(_run(options))
    except ProcessError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.stderr.write("bench: interrupted\n")
        return 130


async def _run(options: argparse.Namespace) -> int:
    task = asyncio.current_task()
    if task is not None:
        # as SIGINT does already: so that whatever was started is ended
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server_core, load_core = _cores()
    os.sched_setaffinity(0, {load_core})
    plan = _plan(options, server_core)
    for kind in plan.servers:
        await kind.install()
    results = Results(_about(options, plan, server_core, load_core))
    began = time.monotonic()

    def say(text: str) -> None:
        if not options.silent:
            print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        await Run(plan, results, say).carry_out()
    finally:
        # what was measured before an interruption is worth having too
        print(tables(results))
        if options.json is not None:
            results.write(options.json)
        if options.picture is not None:
            options.picture.write_text(picture(results))
    return 0


def _plan(options: argparse.Namespace, core: int) -> Plan:
    quick = options.quick
    return Plan(
        servers=[SERVERS[name] for name in options.servers],
        transports=options.transports,
        idle=options.idle or ([0, 300] if quick else [0, 1000, 6000]),
        measures=options.only,
        repeats=options.repeats or (1 if quick else 3),
        retakes=1 if quick else 2,
        held=options.held,
        hold_seconds=options.hold_seconds,
        effort=Effort(options.seconds or 0.6, 200, 3) if quick else Effort(options.seconds or 1.5),
        others=options.others or ([0, 1000] if quick else [0, 5000, 20_000]),
        patience=_PATIENCE,
        core=core,
        mqtt_version={"3.1.1": 4, "5": 5}[options.mqtt],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.broker", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few clients, one short round")
    parser.add_argument(
        "--servers",
        type=_names(SERVERS),
        default=list(SERVERS),
        metavar="NAME,…",
        help=f"of {', '.join(SERVERS)}; all of them if not given",
    )
    parser.add_argument(
        "--transports",
        type=_names(get_args(Transport)),
        default=["ws", "tcp"],
        metavar="NAME,…",
        help="of ws, tcp",
    )
    parser.add_argument(
        "--only",
        type=_names(_ONLY),
        default=list(_USUAL),
        metavar="NAME,…",
        help=f"of {', '.join(_ONLY)}; all but the last if not given",
    )
    parser.add_argument("--idle", type=_counts, metavar="N,…", help="0,1000,6000 if not given")
    parser.add_argument("--others", type=_counts, metavar="N,…", help="0,5000,20000 if not given")
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds; 3 if not given")
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="of one sample; 1.5 if not given"
    )
    parser.add_argument("--held", type=int, default=15_000, metavar="N", help="clients to hold")
    parser.add_argument("--hold-seconds", type=float, default=45, help="how long to hold them")
    parser.add_argument(
        "--mqtt", choices=("3.1.1", "5"), default="3.1.1", help="what clients speak"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep everything")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the most idle case")
    parser.add_argument("--silent", action="store_true", help="tell nothing until the end")
    return parser


def _names(known: Any) -> Any:
    def parse(text: str) -> list[str]:
        names = text.split(",")
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return names

    return parse


def _counts(text: str) -> list[int]:
    try:
        return sorted(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers and commas are needed") from None


def _cores() -> tuple[int, int]:
    """Return the core of the servers and that of the load."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise ProcessError("two cores are needed: one for the servers, one for the load")
    return cores[0], cores[-1]


def _about(
    options: argparse.Namespace, plan: Plan, server_core: int, load_core: int
) -> dict[str, object]:
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "cores": {"servers": server_core, "load": load_core, "machine": os.cpu_count()},
        "load_average": os.getloadavg(),
        "versions": {kind.name: kind.version() for kind in plan.servers},
        "mqtt": options.mqtt,
        "repeats": plan.repeats,
        "seconds": plan.effort.seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
