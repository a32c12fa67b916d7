"""Compares one NATS server and three with other brokers: ``python -m bench.cluster --help``.

All servers run at once on one core and take turns, as in ``bench.broker``, which has the meaning
of each figure. With ``--kills`` it kills each node of a cluster under phones instead, and cuts
each off its network; or a web side and the database, which it also stops and freezes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import Final

from bench.broker import carry_out
from bench.broker_load.measures import Effort
from bench.broker_load.report import ratios_to_others, tables
from bench.broker_load.run import Plan
from bench.cluster_load import kills, machines
from bench.processes import exit_code
from bench.results import command

SERVERS: Final = ("ours", "nats1", "nats3", "mosquitto", "amqtt", "iotcore")
MEASURES: Final = ("connections", "calls", "latency", "fan_out", "memory")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, 2 if it cannot be run here, 130 if interrupted."""
    parser = command("cluster", __doc__)
    parser.add_argument("--kills", action="store_true", help="kill and cut off each node instead")
    parser.add_argument(
        "--shared",
        action="store_true",
        help="with --kills: a web side and the database instead of the nodes",
    )
    parser.add_argument("--phones", type=int, default=1000, help="with --kills; default: 1000")
    parser.add_argument(
        "--players", type=int, default=0, help="with --kills; default: one for each ten phones"
    )
    parser.add_argument(
        "--fronts",
        type=int,
        default=0,
        help="with --kills: nodes without JetStream, for all clients",
    )
    parser.add_argument("--rounds", type=int, default=2, help="default: 2")
    parser.add_argument("--clients", type=int, default=1000, help="idle ones; default: 1000")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a sample; default: 1")
    options = parser.parse_args(arguments)
    if options.kills:
        machines.enter(sys.argv[1:] if arguments is None else arguments)
        given = (options.phones, options.players, options.fronts, options.json)
        return exit_code(lambda: kills.run(*given, of_nodes=not options.shared))
    plan = Plan(
        servers=SERVERS,
        transports=("tcp",),
        only=MEASURES,
        idle=(options.clients,),
        repeats=options.rounds,
        seconds=options.seconds,
        json=options.json,
        effort=Effort(connections=1000, fan_outs=3),
        retakes=0,
    )
    return carry_out(plan, partial(tables, compare=ratios_to_others))


if __name__ == "__main__":
    sys.exit(main())
