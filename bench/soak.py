"""Soak test: clients come and go for a long time, then the broker must be as before.

``python -m bench.soak`` has pairs of clients count their messages at QoS 1 and 2 while their
connections are cut and their sessions taken over. Other clients come and go meanwhile: killed,
stalled, silent, refused, with malformed packets, twice under one id, leaving sessions. No message
may be lost, none may come twice at QoS 2, and the broker may not grow; otherwise it exits with 1.
"""

from __future__ import annotations

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
from typing import Any, Final

import psutil

from bench.broker_load.clients import Identity, Login
from bench.broker_load.servers import Ours, Server
from bench.churn import PREFIX, TOPICS, Churn, connected
from bench.processes import raise_file_limit
from bench.results import command, write_json
from tests.broker.reliable_clients import Reader, Writer
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.stream import Stream
from tests.waiting import eventually

GROWTH: Final = 8 * 2**20
"""Bytes by which the broker may grow: what its allocator keeps."""

_PAIRS: Final = 4
_THREADS: Final = 4
_CUT_EVERY: Final = 0.7
_TIMEOUT: Final = 120.0
_LEFT: Final = ("clients_connected", "sessions", "subscriptions", "messages_waiting",
                "messages_inflight", "uptime_seconds")  # fmt: skip


@dataclass(frozen=True)
class State:
    """The broker at rest: its proportional set size in bytes, open files, sessions and so on."""

    memory: int
    descriptors: int
    counts: dict[str, int]


@dataclass(frozen=True)
class Outcome:
    """The result of a soak test."""

    seconds: float
    before: State  # at rest after the warm-up
    after: State  # at rest in the end
    highest: int  # the most memory in bytes
    messages: int
    lost: int
    twice: int
    reconnects: int
    churn: dict[str, int]  # the clients that came and went, by kind

    @property
    def faults(self) -> list[str]:
        before, after = self.before, self.after
        found = {
            f"{self.lost} messages were lost": self.lost,
            f"{self.twice} messages of QoS 2 came twice": self.twice,
            f"it is {_mib(after.memory - before.memory)} MiB larger": (
                after.memory > before.memory + GROWTH
            ),
            f"{after.descriptors - before.descriptors} more descriptors are open": (
                after.descriptors > before.descriptors
            ),
            f"left of {before.counts}: {after.counts}": after.counts != before.counts,
        }
        return [fault for fault, is_so in found.items() if is_so]

    def report(self) -> str:
        before, after = self.before, self.after
        churn = ", ".join(f"{count} {kind}" for kind, count in sorted(self.churn.items()))
        sizes = " / ".join(_mib(it) for it in (before.memory, after.memory, self.highest))
        return (
            f"{self.seconds:.0f} s; clients that came and went: {churn}\n"
            f"{self.messages} messages, {self.reconnects} reconnections of the counting clients\n"
            f"lost: {self.lost}; twice at QoS 2: {self.twice}\n"
            f"MiB at rest before / at rest after / at most: {sizes}\n"
            f"descriptors: {before.descriptors} before, {after.descriptors} after\n"
            f"left: {after.counts}"
        )


def main() -> None:
    """Run it; exit with 1 if there are faults."""
    options = command("soak", __doc__, seconds=600.0).parse_args()
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="broker-soak-") as folder:
        os.environ["ZAPETTE_LIMITS"] = "sys_interval = 0.2"
        server = Ours("tcp", Path(folder, "ours"), max(os.sched_getaffinity(0)))
        try:
            server.start()
            outcome = soak(server, options.seconds)
            log = (server.folder / "log").read_text(errors="replace")
        finally:
            server.process.stop()
    print(outcome.report())
    faults = outcome.faults
    if "Traceback" in log or "internal_error" in log:
        faults.append(f"the broker had an error:\n{log[-4000:]}")
    write_json(options.json, **asdict(outcome), faults=faults)
    sys.exit("\n".join(faults) or None)


def soak(server: Server, seconds: float) -> Outcome:
    """Let clients come and go for `seconds`, after a tenth of them to warm up."""
    began = time.monotonic()
    login = server.login(Identity("home", 0))
    _round(server, login, seconds / 10)
    before = at_rest(server, login)
    pairs, churn, highest = _round(server, login, seconds)
    after = at_rest(server, login)
    lost = twice = 0
    for writer, reader in pairs:
        expected = {(1 + number % 2, number) for number in range(writer.sent)}
        lost += len(expected - reader.received.keys())
        twice += sum(count > 1 for (qos, _), count in reader.received.items() if qos == 2)
    messages = sum(writer.sent for writer, _ in pairs)
    reconnects = sum(one.connects - 1 for pair in pairs for one in pair)
    seconds = time.monotonic() - began
    return Outcome(seconds, before, after, highest, messages, lost, twice, reconnects, dict(churn))


def _round(
    server: Server, login: Login, seconds: float
) -> tuple[list[tuple[Writer, Reader]], Counter[str], int]:
    """Let clients come and go; return the counting pairs, the others, and the most memory."""
    pairs = []
    for number in range(_PAIRS):
        of_both: dict[str, Any] = {
            "port": server.ports["tcp"],
            "topic": f"{PREFIX}/counted/{number}",
            "version": list(Version)[number % 2],
            "username": login.username,
            "password": login.password.encode(),
        }
        pair = Writer(f"writer-{number}", **of_both), Reader(f"reader-{number}", **of_both)
        pairs.append(pair)
    counting = [one for pair in pairs for one in pair]
    victims = [one.client_id for one in counting]
    threads = [Churn(number, server, login, victims) for number in range(_THREADS)]
    highest = turn = 0
    try:
        for _, reader in pairs:
            reader.start()
        for writer, reader in pairs:
            eventually(reader.ready.is_set, "a reader has subscribed", _TIMEOUT)
            writer.start()
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(min(_CUT_EVERY, seconds / 10))
            counting[turn % len(counting)].cut()
            turn += 1
            highest = max(highest, server.process.memory())
    finally:
        for thread in threads:
            thread.stop()
        for writer, _ in pairs:
            writer.paused.set()
        for writer, reader in pairs:
            eventually(lambda writer=writer: writer.done, "all is acknowledged", _TIMEOUT)  # type: ignore[misc]
            with suppress(AssertionError):  # counted as lost
                eventually(partial(reader.has, writer.sent), "all has come", _TIMEOUT)
        for one in counting:
            one.stop()
    _clear(server, login, victims)
    return pairs, sum((one.done for one in threads), Counter()), highest


def _clear(server: Server, login: Login, sessions: Sequence[str]) -> None:
    """End sessions, and delete the retained messages."""
    port = server.ports["tcp"]
    for client_id in sessions:
        with Stream(port) as stream:
            connected(stream, login, client_id).leave()
    with Stream(port) as stream:
        client = connected(stream, login, "clears")
        for topic in TOPICS:
            client.publish(topic, b"", qos=1, retain=True)
        client.leave()


def at_rest(server: Server, login: Login) -> State:
    """Wait until abandoned sessions have expired, and return what the broker has then."""
    counts: dict[str, int] = {}

    def is_calm() -> bool:
        nonlocal counts
        counts = _counts(server, login)
        # the broker has a client of its own in its process
        away = counts["sessions"] - counts["clients_connected"]
        return not (away or counts["messages_waiting"]) and counts["clients_connected"] <= 1

    with suppress(AssertionError):  # what is left is reported
        eventually(is_calm, "nobody is left", _TIMEOUT, every=0.5)
        # and until the broker has looked which memory it can give back
        until = counts["uptime_seconds"] + 3
        eventually(lambda: _counts(server, login)["uptime_seconds"] >= until, "a while", _TIMEOUT)
    counts.pop("uptime_seconds", None)
    looks = []
    for _ in range(20):
        # the fewest in two seconds: the broker may notice late that a client left
        looks.append(psutil.Process(server.process.pid).num_fds())
        time.sleep(0.1)
    return State(server.process.memory(), min(looks), counts)


def _counts(server: Server, login: Login) -> dict[str, int]:
    """Return how many of each there are, without the client that asks."""
    with Stream(server.ports["tcp"]) as stream:
        client = connected(stream, login, "counts")
        client.subscribe("$SYS/broker/metrics")
        metrics = json.loads(client.message(_TIMEOUT).payload)
    return {name: metrics[name] for name in _LEFT}


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f}"


if __name__ == "__main__":
    main()
