"""Compares our broker with others under the same load: ``python -m bench.broker --help``.

Each server is a process on one core, the load is on another. Compare ratios within one run;
docs/performance.md has the meaning of each figure, and results.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Final, get_args

import uvloop

from bench.broker_load.clients import Transport
from bench.broker_load.measures import MEASURES, Effort
from bench.broker_load.report import Results, tables
from bench.broker_load.run import Plan, Run
from bench.broker_load.servers import SERVERS
from bench.processes import ProcessError, raise_file_limit, two_cores
from bench.results import about, command, counts, names_of, write_json

_USUAL: Final = (*MEASURES, "memory", "growth")
_ONLY: Final = (*_USUAL, "hold")


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
        # as SIGINT does, so that started processes are ended
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    raise_file_limit()
    server_core, load_core = two_cores()
    os.sched_setaffinity(0, {load_core})
    plan = _plan(options, server_core)
    for kind in plan.servers:
        kind.install()
    results = Results(
        about(
            cores={"servers": server_core, "load": load_core, "machine": os.cpu_count()},
            versions={kind.name: kind.version() for kind in plan.servers},
            mqtt=options.mqtt,
            repeats=plan.repeats,
            seconds=plan.effort.seconds,
        )
    )
    began = time.monotonic()

    def say(text: str) -> None:
        if not options.silent:
            print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        await Run(plan, results, say).carry_out()
    finally:
        # after an interruption, show what was measured before it
        print(tables(results))
        write_json(options.json, results.document())
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
        core=core,
        mqtt_version={"3.1.1": 4, "5": 5}[options.mqtt],
    )


def _parser() -> argparse.ArgumentParser:
    parser = command("broker", __doc__)

    def names(option: str, known: Sequence[str], usual: Sequence[str], usually: str) -> None:
        parser.add_argument(
            option,
            type=names_of(known),
            default=list(usual),
            metavar="NAME,…",
            help=f"of {', '.join(known)}; {usually}",
        )

    parser.add_argument("--quick", action="store_true", help="few clients, one short round")
    names("--servers", list(SERVERS), list(SERVERS), "default: all")
    names("--transports", get_args(Transport), ("ws", "tcp"), "default: both")
    names("--only", _ONLY, _USUAL, "default: all but the last")
    parser.add_argument("--idle", type=counts, metavar="N,…", help="default: 0,1000,6000")
    parser.add_argument("--others", type=counts, metavar="N,…", help="default: 0,5000,20000")
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds; default: 3")
    parser.add_argument("--seconds", type=float, metavar="S", help="of a sample; default: 1.5")
    parser.add_argument("--held", type=int, default=15_000, metavar="N", help="clients to hold")
    parser.add_argument("--hold-seconds", type=float, default=45, help="how long to hold them")
    parser.add_argument("--mqtt", choices=("3.1.1", "5"), default="3.1.1", help="MQTT version")
    parser.add_argument("--silent", action="store_true", help="report no progress")
    return parser


if __name__ == "__main__":
    sys.exit(main())
