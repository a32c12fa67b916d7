"""Replaces codes, and measures when phones on each node are cut off."""

from __future__ import annotations

import tempfile
import time
from argparse import Namespace
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from paho.mqtt.enums import MQTTProtocolVersion

from bench.results import heading, markdown, spread, write_json
from tests.clients.mqtt_clients import Household
from tests.programs.two_web_sides import TwoWebSides
from tests.waiting import eventually

_V3: Final = MQTTProtocolVersion.MQTTv311


def run(options: Namespace) -> None:
    """Run on three nodes with two web sides and PostgreSQL, and print a table.

    `options` are those of ``bench.cluster``.
    """
    with tempfile.TemporaryDirectory() as folder, TwoWebSides(Path(folder)) as system:
        ports = system.first.cluster.mqtt_ports
        rounds = [_revoke(Household(system), ports) for _ in range(options.revocations)]
    times = {f"node-{number}": list(it) for number, it in enumerate(zip(*rounds, strict=True), 1)}
    times["all nodes"] = [max(it) for it in rounds]
    print(heading(f"{options.revocations} codes replaced, a phone on each node"), end="\n\n")
    rows = [[name, *spread(it, ".0f")] for name, it in times.items()]
    print(markdown(("until cut off", "p50 ms", "p99 ms", "longest ms"), rows))
    write_json(options.json, revocations=times)


def _revoke(home: Household, ports: list[int]) -> list[float]:
    """Return the ms from the request for a new code until each phone's connection ended."""
    ended: dict[int, float] = {}
    with ExitStack() as stack:
        for port in ports:
            phone = stack.enter_context(home.visitor("remote", version=_V3, port=port))
            assert phone.is_in
            phone.mqtt.on_disconnect = partial(_note, ended, port)
        began = time.monotonic()
        home.new_code()
        eventually(lambda: len(ended) == len(ports), "all phones are cut off")
        return [1000 * (ended[port] - began) for port in ports]


def _note(ended: dict[int, float], port: int, *_: object) -> None:
    ended.setdefault(port, time.monotonic())
