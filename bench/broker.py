"""Compares our broker with others under the same load: ``python -m bench.broker --help``.

Each server is a process on one core, the load is on another. Compare ratios within one run;
docs/performance.md has the meaning of each figure, and results.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import get_args

import uvloop

from bench.broker_load.clients import Transport
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import Results, tables
from bench.broker_load.run import USUAL, Plan, Run
from bench.processes import exit_code, raise_file_limit, two_cores
from bench.results import about, command, counts, names_of, write_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, 2 if it cannot be run here, 130 if interrupted."""
    parser = command("broker", __doc__)
    parser.add_argument("--quick", action="store_true", help="few clients, one short round")
    for option, known, usual in (
        ("--servers", list(SERVERS), ",".join(Plan().servers)),
        ("--transports", get_args(Transport), "both"),
        ("--only", (*USUAL, "hold"), "all but the last"),
    ):
        text = f"of {', '.join(known)}; default: {usual}"
        parser.add_argument(option, type=names_of(known), metavar="NAME,…", help=text)
    parser.add_argument("--idle", type=counts, metavar="N,…", help="default: 0,1000,6000")
    parser.add_argument("--others", type=counts, metavar="N,…", help="default: 0,5000,20000")
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds; default: 3")
    parser.add_argument("--seconds", type=float, metavar="S", help="of a sample; default: 1.5")
    parser.add_argument("--held", type=int, metavar="N", help="clients to hold; default: 15000")
    parser.add_argument("--hold-seconds", type=float, metavar="S", help="default: 45")
    parser.add_argument("--mqtt", choices=("3.1.1", "5"), help="default: 3.1.1")
    parser.add_argument("--silent", action="store_true", help="report no progress")
    quick = parser.parse_args(arguments).quick
    return carry_out(parser.parse_args(arguments, Plan.quick() if quick else Plan()), tables)


def carry_out(plan: Plan, tables_of: Callable[[Results], str]) -> int:
    """Carry out a plan and show its results; return what `main` returns."""
    return exit_code(lambda: uvloop.run(_run(plan, tables_of)))


async def _run(plan: Plan, tables_of: Callable[[Results], str]) -> None:
    task = asyncio.current_task()
    if task is not None:
        # as SIGINT does, so that started processes are ended
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    raise_file_limit()
    server_core, load_core = two_cores()
    os.sched_setaffinity(0, {load_core})
    for name in plan.servers:
        SERVERS[name].install()
    results = Results(
        about(
            cores={"servers": server_core, "load": load_core, "machine": os.cpu_count()},
            versions={name: SERVERS[name].version() for name in plan.servers},
            mqtt=plan.mqtt,
            repeats=plan.repeats,
            seconds=plan.seconds,
        )
    )
    began = time.monotonic()

    def say(text: str) -> None:
        if not plan.silent:
            print(f"{time.monotonic() - began:6.1f} s  {text}", file=sys.stderr, flush=True)

    try:
        await Run(plan, server_core, results, say).carry_out()
    finally:
        # after an interruption, show what was measured before it
        print(tables_of(results))
        write_json(plan.json, results.document())


if __name__ == "__main__":
    sys.exit(main())
