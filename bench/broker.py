"""Compares our broker with others under the same load: ``python -m bench.broker --help``.

Each server is a process on one core, the load is on another. Compare ratios within one run;
docs/performance.md has the meaning of each figure, and results. ``--quick`` is one short round with
few clients.
"""

from __future__ import annotations

import os
from argparse import Namespace
from typing import get_args

from bench.broker_load.clients import Transport
from bench.broker_load.measures import MEASURES
from bench.broker_load.peers import SERVERS
from bench.broker_load.report import Results, tables
from bench.broker_load.run import Run
from bench.processes import raise_file_limit, two_cores
from bench.results import command, counts, names_of, write_json


def main() -> None:
    """Run the benchmark from the command line."""
    usual = {"repeats": 3, "seconds": 1.5, "held": 15_000, "hold_seconds": 45.0}
    parser = command("broker", __doc__, **usual, quick=False)
    parser.set_defaults(connections=2000, fan_outs=5)
    measures = [*MEASURES, "memory", "growth"]
    for option, known, names in (
        ("--servers", list(SERVERS), ["ours", "mosquitto", "crossbar", "amqtt"]),
        ("--transports", get_args(Transport), ["ws", "tcp"]),
        ("--only", measures, [it for it in measures if it != "hold"]),
    ):
        text = f"of {', '.join(known)}; default: {','.join(names)}"
        kind = names_of(known)
        parser.add_argument(option, type=kind, default=names, metavar="NAME,…", help=text)
    for option, numbers in (("--idle", [0, 1000, 6000]), ("--others", [0, 5000, 20_000])):
        text = f"default: {','.join(map(str, numbers))}"
        parser.add_argument(option, type=counts, default=numbers, metavar="N,…", help=text)
    parser.add_argument("--mqtt", choices=("3.1.1", "5"), default="3.1.1")
    if parser.parse_args().quick:
        parser.set_defaults(idle=[0, 300], others=[0, 1000], repeats=1, seconds=0.3)
        parser.set_defaults(connections=100, fan_outs=3)
    carry_out(parser.parse_args())


def carry_out(plan: Namespace) -> None:
    """Carry out a plan and show its results."""
    raise_file_limit()
    server_core, load_core = two_cores()
    os.sched_setaffinity(0, {load_core})
    for name in plan.servers:
        SERVERS[name].install()
    results = Results()
    try:
        Run(plan, server_core, results).carry_out()
    finally:
        # after an interruption, show what was measured before it
        print(tables(results))
        write_json(plan.json, cases=results.cases(), failures=results.noted())


if __name__ == "__main__":
    main()
