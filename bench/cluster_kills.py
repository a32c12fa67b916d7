"""Kill the nodes of a cluster under phones.

Three real NATS servers, one web side, a player and its phones, shared out among the nodes. Each
node is killed with SIGKILL in turn, and comes back. It reports the seconds from the kill to the
first call of each phone that works again, for the phones of the killed node and for the others.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.mqtt_clients import Household
from tests.nats_cluster import SystemOnNats
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Callee, Topics

TIMING: Final = Timing(connect=2.0, longest_delay=1.0)
CALL_TIMEOUT: Final = 1.0
PAUSE: Final = 0.05
LONGEST: Final = 60.0


def nodes_from(system: SystemOnNats, first: int, given: dict[str, Any]) -> list[BrokerUrl]:
    """Return the nodes, from the one with the number `first` on."""
    urls = system.cluster.settings.programs(given["username"], given["password"])
    return urls[first - 1 :] + urls[: first - 1]


@dataclass
class Phone:
    """A phone that calls the player again and again.

    Attributes:
        node: the number of its first node.
        client: its client.
        player: whom it calls.
        worked_at: when its last call began that worked.
    """

    node: int
    client: Client
    player: Callee
    worked_at: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Call until `stopping`."""
        while not self.stopping.wait(PAUSE):
            began = time.monotonic()
            try:
                self.client.call(self.player, "status", timeout=CALL_TIMEOUT)
            except CallError:
                continue
            self.worked_at = began


@contextmanager
def calling(phone: Phone) -> Iterator[Phone]:
    """Let a phone call while the block runs."""
    phone.client.start()
    thread = threading.Thread(target=phone.run, daemon=True)
    thread.start()
    try:
        yield phone
    finally:
        phone.stopping.set()
        thread.join(5)
        phone.client.stop()


def works(phones: list[Phone], since: float) -> bool:
    """Tell whether a call of each phone has worked that began after `since`."""
    return all(it.worked_at > since for it in phones)


def kill(system: SystemOnNats, node: int, phones: list[Phone]) -> list[float]:
    """Kill a node; return for each phone the seconds until a call works; start the node again."""
    system.cluster.kill_node(node)
    killed = time.monotonic()
    found: dict[int, float] = {}
    while len(found) < len(phones) and time.monotonic() - killed < LONGEST:
        for number, phone in enumerate(phones):
            if number not in found and phone.worked_at > killed:
                found[number] = phone.worked_at - killed
        time.sleep(0.01)
    system.cluster.start_node(node)
    again = time.monotonic()
    eventually(lambda: works(phones, again), "all phones work", LONGEST)
    return [found.get(number, LONGEST) for number in range(len(phones))]


def run(count: int, rounds: int) -> None:
    """Run with `count` phones, and print a table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        system = SystemOnNats(folder)
        stack.enter_context(system)
        home = Household(system)
        player = Topics().player(home.id)
        player_client = Client(
            # it stays there until its own node is killed, the last one
            *nodes_from(system, 3, home.given),
            client_id=home.given["client_id"],
            callee=player,
            procedures={"status": lambda: {"version": 1}},
            timing=TIMING,
        )
        player_client.start()
        stack.callback(player_client.stop)
        phones = []
        for number in range(count):
            node = number % 3 + 1
            given = system.post("api/credentials", {"id": home.id, "key": home.key("remote")}).json
            client = Client(
                *nodes_from(system, node, given), client_id=given["client_id"], timing=TIMING
            )
            phones.append(stack.enter_context(calling(Phone(node, client, player))))
        eventually(lambda: works(phones, 0.0), "all phones work", LONGEST)
        print(f"| killed | phones of | n | p50 s | longest s |\n|{'---|' * 5}")
        for node in [*(1, 2, 3)] * rounds:
            report(node, phones, kill(system, node, phones))


def report(node: int, phones: list[Phone], found: list[float]) -> None:
    """Print a row for the phones of the killed node, and one for the others."""
    for name, is_own in (("it", True), ("others", False)):
        times = [found[number] for number, it in enumerate(phones) if (it.node == node) is is_own]
        print(
            f"| node {node} | {name} | {len(times)} | {statistics.median(times):.2f} "
            f"| {max(times):.2f} |",
            flush=True,
        )
