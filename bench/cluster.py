"""Compares one NATS server and three with other brokers: ``python -m bench.cluster --help``.

All servers run at once on one core and take turns, as in ``bench.broker``, which has the meaning
of each figure. With ``--kills`` it kills each node of a cluster under phones instead, cuts each off
its network, and exits with 1 if an acknowledged state is lost or nodes differ in the end. With
``--shared`` too, it does so with a web side and the database, which it also stops and freezes, and
exits with 1 if a call of the server has two answers. By default there is a player for each ten
phones; ``--fronts`` are nodes without JetStream, for all clients. With ``--revocations`` it
replaces so many codes, with a phone on each of three nodes.
"""

from __future__ import annotations

from typing import Final

from bench.broker import carry_out
from bench.cluster_load import kills, machines, revocations
from bench.results import command

SERVERS: Final = ("ours", "nats1", "nats3", "mosquitto", "amqtt", "iotcore")
MEASURES: Final = ("connections", "calls", "latency", "fan_out", "memory")


def main() -> None:
    """Run the benchmark from the command line."""
    of_kills = {"kills": False, "shared": False, "phones": 1000, "players": 0, "fronts": 0}
    parser = command(
        "cluster", __doc__, **of_kills, revocations=0, rounds=2, clients=1000, seconds=1.0
    )
    parser.set_defaults(servers=SERVERS, transports=("tcp",), only=MEASURES, mqtt="3.1.1")
    parser.set_defaults(connections=1000, fan_outs=3, hold_seconds=0.0)
    options = parser.parse_args()
    if options.kills:
        machines.enter()
        kills.run(options)
    elif options.revocations:
        revocations.run(options)
    else:
        options.idle, options.repeats = (options.clients,), options.rounds
        carry_out(options)


if __name__ == "__main__":
    main()
