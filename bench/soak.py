"""Lets clients come and go for a long time, and sees what is left: ``python -m bench.soak``.

Pairs of clients count their messages at QoS 1 and 2 while their connections are cut and their
sessions taken over. Around them others come and go: killed, stalled, silent, refused, with wrong
packets, twice under one id, with sessions they never come back to. In the end nothing may be lost,
nothing may have come twice at QoS 2, and the broker must be as large as it was. Ends with 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from bench.broker_load.names import Login, Person
from bench.broker_load.servers.ours import Ours
from bench.soak_load.passers import PREFIX, Passers, clear_retained
from tests.broker.stubborn import Reader, Writer
from tests.conformance.client import Client
from tests.conformance.packets import Connect
from tests.conformance.stream import Stream
from tests.conformance.wire import Version
from tests.waiting import eventually

GROWTH: Final = 8 * 2**20
"""Bytes by which the broker may be larger in the end: what its allocator keeps."""

_PAIRS: Final = 4
_PASSERS: Final = 4
_CUT_EVERY: Final = 0.7
_PATIENCE: Final = 120.0
_LEFT: Final = (
    "clients_connected", "sessions", "subscriptions", "messages_waiting", "messages_inflight",
    "uptime_seconds",
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """What the broker is at rest.

    Attributes:
        memory: its proportional set size in bytes.
        descriptors: how many files and sockets it has open.
        counts: its clients, sessions, subscriptions.
    """

    memory: int
    descriptors: int
    counts: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """What a soak found.

    Attributes:
        seconds: how long it took.
        before: the broker at rest, when all kinds of clients had been there once.
        after: the broker at rest in the end.
        highest: the most memory it had, in bytes.
        messages: how many were published at QoS 1 and 2.
        lost: how many of them never came.
        twice: how many of QoS 2 came more than once.
        reconnects: how often those who counted had to connect again.
        passers: how many clients of each kind came and went.
    """

    seconds: float
    before: State
    after: State
    highest: int
    messages: int
    lost: int
    twice: int
    reconnects: int
    passers: dict[str, int]

    @property
    def faults(self) -> list[str]:
        """What is not as it must be."""
        before, after = self.before, self.after
        found = []
        if self.lost:
            found.append(f"{self.lost} messages were lost")
        if self.twice:
            found.append(f"{self.twice} messages of QoS 2 came twice")
        if after.memory > before.memory + GROWTH:
            found.append(f"it is {(after.memory - before.memory) / 2**20:.1f} MiB larger")
        if after.descriptors > before.descriptors:
            found.append(f"{after.descriptors - before.descriptors} more descriptors are open")
        if after.counts != before.counts:
            found.append(f"left of {before.counts}: {after.counts}")
        return found


class Soaked(Ours):
    """The broker, which tells often how much of everything it has."""

    def environment(self) -> dict[str, str]:
        """Return the settings."""
        return super().environment() | {"ZAPETTE_LIMITS": "sys_interval = 0.2"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return 0, or 1 if something was not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long (600)")
    parser.add_argument("--json", type=Path, help="where to keep the figures")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="broker-soak-") as folder:
        server = Soaked("tcp", Path(folder, "ours"), max(os.sched_getaffinity(0)), 4)
        try:
            asyncio.run(server.start())
            outcome = soak(server, options.seconds)
            log = (server.folder / "log").read_text(errors="replace")
        finally:
            asyncio.run(server.stop())
    print(report(outcome))
    faults = outcome.faults
    if "Traceback" in log or "internal_error" in log:
        faults.append(f"the broker had an error:\n{log[-4000:]}")
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(outcome) | {"faults": faults}, indent=1) + "\n")
    for fault in faults:
        sys.stderr.write(f"soak: {fault}\n")
    return 1 if faults else 0


def soak(server: Ours, seconds: float) -> Outcome:
    """Let clients come and go for `seconds`, after a tenth of them to warm up."""
    began = time.monotonic()
    login = server.login(Person("home", 0))
    _round(server, login, seconds / 10)
    before = at_rest(server, login)
    pairs, passers, highest = _round(server, login, seconds)
    after = at_rest(server, login)
    lost = twice = 0
    for writer, reader in pairs:
        expected = {(1 + number % 2, number) for number in range(writer.sent)}
        lost += len(expected - reader.received.keys())
        twice += sum(count > 1 for (qos, _), count in reader.received.items() if qos == 2)
    return Outcome(
        seconds=time.monotonic() - began,
        before=before,
        after=after,
        highest=highest,
        messages=sum(writer.sent for writer, _ in pairs),
        lost=lost,
        twice=twice,
        reconnects=sum(one.connects - 1 for pair in pairs for one in pair),
        passers=dict(sum((one.done for one in passers), Counter())),
    )


def _round(
    server: Ours, login: Login, seconds: float
) -> tuple[list[tuple[Writer, Reader]], list[Passers], int]:
    """Let clients come and go, and return those who counted, the others, and the most memory."""
    pairs = [_pair(server.port, login, number) for number in range(_PAIRS)]
    everybody = [one for pair in pairs for one in pair]
    victims = [one.client_id for one in everybody]
    passers = [
        Passers(number, server.ports["tcp"], server.ports["ws"], login, victims)
        for number in range(_PASSERS)
    ]
    highest = 0
    try:
        for _, reader in pairs:
            reader.start()
        for writer, reader in pairs:
            eventually(reader.ready.is_set, "a reader has subscribed", _PATIENCE)
            writer.start()
        for one in passers:
            one.start()
        until = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < until:
            time.sleep(min(_CUT_EVERY, seconds / 10))
            everybody[turn % len(everybody)].cut()
            turn += 1
            highest = max(highest, server.process.memory())
    finally:
        for one in passers:
            one.stop()
        for writer, _ in pairs:
            writer.paused.set()
        for writer, reader in pairs:
            eventually(lambda writer=writer: writer.done, "all is acknowledged", _PATIENCE)  # type: ignore[misc]
            _wait_for_all(writer, reader)
        for party in everybody:
            party.stop()
    for client_id in victims:
        _forget(server.port, login, client_id)
    clear_retained(server.port, login)
    return pairs, passers, highest


def _pair(port: int, login: Login, number: int) -> tuple[Writer, Reader]:
    version = list(Version)[number % 2]
    topic = f"{PREFIX}/counted/{number}"
    more = {
        "version": version,
        "username": login.username,
        "password": login.password.encode(),
    }
    return (
        Writer(f"writer-{number}", port, topic, **more),
        Reader(f"reader-{number}", port, topic, **more),
    )


def _wait_for_all(writer: Writer, reader: Reader) -> None:
    """Wait until as many messages have come as were sent, or none comes any more."""
    try:
        eventually(partial(reader.has, writer.sent), "all has come", _PATIENCE)
    except AssertionError:
        return  # counted as lost


def _forget(port: int, login: Login, client_id: str) -> None:
    """End a session."""
    with Stream(port) as stream:
        client = Client(stream, Version.V311)
        name, password = login.username, login.password.encode()
        assert client.connect(Connect(client_id, username=name, password=password)).code == 0
        client.leave()


def at_rest(server: Ours, login: Login) -> State:
    """Wait until the sessions that were left have expired, and return what the broker is then."""
    counts: dict[str, int] = {}

    def look() -> bool:
        nonlocal counts
        counts = _counts(server.port, login)
        # the broker has a client of its own in its process
        away = counts["sessions"] - counts["clients_connected"]
        return not (away or counts["messages_waiting"]) and counts["clients_connected"] <= 1

    with suppress(AssertionError):  # what is left then is told
        eventually(look, "nobody is left", _PATIENCE, every=0.5)
        # and until the broker has looked what memory it can give back
        until = counts["uptime_seconds"] + 3
        eventually(
            lambda: _counts(server.port, login)["uptime_seconds"] >= until, "a while", _PATIENCE
        )
    counts.pop("uptime_seconds", None)
    return State(server.process.memory(), _descriptors(server.process.pid), counts)


def _descriptors(pid: int) -> int:
    """Return the fewest open in two seconds: it may not have noticed yet that who counted left."""
    broker = psutil.Process(pid)
    looks = []
    for _ in range(20):
        looks.append(broker.num_fds())
        time.sleep(0.1)
    return min(looks)


def _counts(port: int, login: Login) -> dict[str, int]:
    """Return how many of each there are, without the client that asks."""
    with Stream(port) as stream:
        client = Client(stream, Version.V311)
        name, password = login.username, login.password.encode()
        assert client.connect(Connect("counts", username=name, password=password)).code == 0
        client.subscribe("$SYS/broker/metrics")
        metrics = json.loads(client.message(_PATIENCE).payload)
    return {name: metrics[name] for name in _LEFT}


def report(outcome: Outcome) -> str:
    """Return what was found, for people."""
    before, after = outcome.before, outcome.after
    passers = ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.passers.items()))
    lines = (
        f"{outcome.seconds:.0f} s; clients that came and went: {passers}",
        f"{outcome.messages} messages, {outcome.reconnects} reconnections of those who count them",
        f"lost: {outcome.lost}; twice at QoS 2: {outcome.twice}",
        f"MiB at rest: {_mib(before.memory)} before, {_mib(after.memory)} after",
        f"MiB at most: {_mib(outcome.highest)}",
        f"descriptors: {before.descriptors} before, {after.descriptors} after",
        f"left: {after.counts}",
    )
    return "\n".join(lines)


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f}"


if __name__ == "__main__":
    sys.exit(main())
