"""Kills and cuts off each node in turn, and measures when each phone pilots again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

import uvloop
from nats.errors import Error as NatsError

from bench.broker_load.clients import TOPICS, Identity, Login, player_id
from bench.broker_load.peers import nats_login, tokens_of
from bench.cluster_load import shared_parts
from bench.cluster_load.machines import PORTS, NodeMachine, create
from bench.cluster_load.phones import Phone, Player, Reader, until
from bench.cluster_load.shared_parts import Part, SharedParts
from bench.processes import ProcessError, raise_file_limit
from bench.results import heading, markdown, write_json
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.node_files import KEYS, NODES
from zapette_server.nats.streams import tend

_PHONES_A_PLAYER: Final = 10
_START: Final = 180.0
_TEND_PAUSE: Final = 5.0
_EQUAL_TIMEOUT: Final = 20.0
_STATES: Final = "zapette/players/+/state"
_FAULTS: Final = {
    "lost": "acknowledged states lost",
    "differ": "states differ on nodes",
    "answered twice": "calls of the server answered twice",
}
"""What none may end with, by the head of its column."""


class Kills:
    """The nodes of a cluster, whose files are in `folder`, with phones and players.

    These connect to the nodes without JetStream, if there are any, or else to those that do not
    lead the streams, as web sides tell pages.
    """

    def __init__(
        self, machines: list[NodeMachine], folder: Path, phones: int, players: int
    ) -> None:
        self._machines = machines
        self._keys = ClusterKeys.load(folder / KEYS)
        self._is_led = False
        self._tokens = tokens_of(folder)
        self.hosts = [it.host for it in machines[NODES:] or machines[: NODES - 1]]
        self.players = [
            Player(self._login(Identity("player", n)), self.hosts, n, player_id(n))
            for n in range(players)
        ]
        self.phones = []
        for n in range(phones):
            login = self._login(Identity("remote", n % players, f"-{n}"))
            callee = TOPICS.player(player_id(n % players))
            self.phones.append(Phone(login, self.hosts, n // players, callee))

    async def run(self, shared: SharedParts | None) -> list[Part]:
        """Carry it out; return the figures of the nodes, or of the other parts if given."""
        for machine in self._machines:
            await asyncio.to_thread(machine.wait, self._login(Identity("server", machine.number)))
        async with asyncio.TaskGroup() as group:
            members = [*self.players, *self.phones]
            if shared is not None:
                members += [shared.player, shared.caller, *shared.newcomers]
            tasks = [group.create_task(it.run()) for it in members]
            if shared is None:
                tasks.append(group.create_task(self._tend_streams()))
            await until(lambda: all(it.answered for it in self.phones), "all phones pilot", _START)
            if shared is None:
                parts = []
                for machine in self._machines:
                    parts.append(await self._part(machine, "killed", machine.killed()))
                    parts.append(await self._part(machine, "cut off", machine.cut_off()))
            else:
                parts = await shared.measure(self.phones)
            for task in tasks:
                task.cancel()
        return parts

    async def _part(
        self, machine: NodeMachine, name: str, outage: AbstractContextManager[None]
    ) -> Part:
        members = (*self.players, *self.phones)
        for member in members:
            member.go_home()
        await until(lambda: all(it.link for it in members), "all are connected", _START)
        self._is_led = False
        await until(lambda: self._is_led, "the last node with streams leads them")
        own = {it for it in self.phones if it.host == machine.host}
        # every other player says nothing more: what a node has of its state is not repaired by it
        for player in self.players[::2]:
            player.publishing = False
        began = time.monotonic()
        with outage:
            with contextlib.suppress(ProcessError):
                await until(lambda: self._all_pilot_since(began), "all phones pilot")
            others = set(self.phones) - own
            times = {
                title: [it.again_after(began) for it in phones]
                for title, phones in (("its own", own), ("others", others))
            }
        await asyncio.to_thread(machine.wait, self._login(Identity("server", machine.number)))
        healed = time.monotonic()
        await until(lambda: self._all_pilot_since(healed), "all phones pilot")
        more = await self._compare()
        return Part(f"node {machine.number} {name}", times, more).printed()

    def _all_pilot_since(self, moment: float) -> bool:
        """Wake the phones without an answered call since `moment`; tell if there are none."""
        waiting = [it for it in self.phones if it.began <= moment]
        for phone in waiting:
            phone.wake.set()
        return not waiting

    async def _tend_streams(self) -> None:
        """Do with the streams what the web sides do."""
        nodes = [f"node-{it.number}" for it in self._machines[:NODES]]
        for host in itertools.cycle(it.host for it in self._machines[:NODES]):
            self._is_led = False
            with contextlib.suppress(OSError, NatsError, TimeoutError):
                url = f"nats://{host}:{PORTS.nats}"
                self._is_led = (await tend(url, self._keys, None, nodes)).leads
            await asyncio.sleep(_TEND_PAUSE)

    async def _compare(self) -> dict[str, str]:
        """Compare the retained states of all nodes with what was acknowledged.

        Returns: the players of whom a node has an older state than the last acknowledged one, at
        first and after up to `_EQUAL_TIMEOUT` seconds; how many of those are quiet and how many
        states differ on nodes then, and the seconds until all were equal.
        """
        for player in self.players:
            player.publishing = False
        await until(lambda: all(it.is_settled for it in self.players), "states are settled")
        began = time.monotonic()
        lost, differ = await self._read()
        behind = lost
        while (lost or differ) and time.monotonic() < began + _EQUAL_TIMEOUT:
            await asyncio.sleep(1)
            lost, differ = await self._read()
        equal_after = time.monotonic() - began
        for player in self.players:
            player.publishing = True
        quiet = self.players[::2]
        return {
            "states behind": str(len(behind)),
            "lost": str(len(lost)),
            "of quiet ones": f"{sum(it in lost for it in quiet)} of {len(quiet)}",
            "differ": str(differ),
            "after s": f"{equal_after:.0f}",
        }

    async def _read(self) -> tuple[list[Player], int]:
        """Return whose acknowledged state a node lacks, and how many states differ on nodes."""
        login = self._login(Identity("home", 0, "-reader"))
        names = {f"reader-{it.number}": it.host for it in self._machines}
        readers = [Reader(login._replace(client_id=it), names[it], [_STATES]) for it in names]
        tasks = [asyncio.create_task(it.run()) for it in readers]
        states = [it.state for it in self.players]
        try:
            await until(
                lambda: all(it.found.keys() >= set(states) for it in readers), "states come"
            )
        finally:
            for task in tasks:
                task.cancel()
        seen = {it: [reader.found[it.state] for reader in readers] for it in self.players}
        lost = [it for it in seen if min(seen[it]) < it.acknowledged]
        return lost, sum(len(set(it)) > 1 for it in seen.values())

    def _login(self, identity: Identity) -> Login:
        return nats_login(self._tokens, identity)


def run(options: Namespace) -> None:
    """Run and print a table; exit with 1 if there are faults; ProcessError if it cannot run.

    `options` are those of ``bench.cluster``.
    """
    raise_file_limit()
    players = options.players or max(1, options.phones // _PHONES_A_PLAYER)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "cluster"
        machines = create(folder, options.fronts)
        for machine in machines:
            stack.callback(machine.stop)
        kills = Kills(machines, folder, options.phones, players)
        shared = None
        if options.shared:
            shared = stack.enter_context(shared_parts.running(folder, kills.hosts))
        parts = uvloop.run(kills.run(shared))
    print(heading(f"{options.phones} phones, {players} players"), end="\n\n")
    head = ("", "phones", "n", "p50 s", "p99 s", "longest s", *parts[0].more)
    print(markdown(head, [row for it in parts for row in it.rows]))
    write_json(options.json, parts=[asdict(it) for it in parts])
    sys.exit("\n".join(faults(parts)) or None)


def faults(parts: Iterable[Part]) -> list[str]:
    """Return after which failures a node lacked an acknowledged state, or nodes did not agree."""
    return [
        f"{part.name}: {part.more[what]} {words}"
        for part in parts
        for what, words in _FAULTS.items()
        if part.more.get(what, "0") != "0"
    ]
