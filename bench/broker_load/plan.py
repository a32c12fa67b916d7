"""What a run consists of; no measuring here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.broker_load.measures import Effort
from bench.broker_load.mqtt import Transport
from bench.broker_load.servers.server import Server


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured.

    Attributes:
        servers: the kinds of server.
        transports: what they are reached by, as far as each can be.
        idle: numbers of idle clients, each on servers that were started for it.
        measures: names of `measures.MEASURES`, and ``memory``, ``growth`` and ``hold``.
        repeats: samples of each measure.
        effort: how much is done for one sample.
        retakes: further tries at a sample while other programs disturb.
        held: clients that ``hold`` holds at once.
        hold_seconds: how long it holds them.
        others: numbers of other subscriptions and retained messages for ``growth``.
        patience: seconds within which the idle clients of a server must be connected.
        core: the core of the servers; the load is on another.
        mqtt_version: 4 (MQTT 3.1.1) or 5; stock amqtt only knows the first.
    """

    servers: Sequence[type[Server]]
    transports: Sequence[Transport]
    idle: Sequence[int]
    measures: Sequence[str]
    repeats: int
    retakes: int
    effort: Effort
    held: int
    hold_seconds: float
    others: Sequence[int]
    patience: float
    core: int
    mqtt_version: int
