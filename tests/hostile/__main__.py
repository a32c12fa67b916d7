"""One attacker as a process: ``python -m tests.hostile ROLE TARGET``; ends with its input.

Prints a line when it begins, and in the end what came of its attacks, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from dataclasses import replace
from typing import Final

from tests.hostile.attack import Attack
from tests.hostile.http_attacks import GuessesCodes, MakesRows, SendsBodies, TricklesHeaders
from tests.hostile.idle import Idles
from tests.hostile.mqtt_attacks import GoesOn, LeavesSessions, QueuesForAbsent, Retains
from tests.hostile.target import Target

ROLES: Final[dict[str, tuple[type[Attack], ...]]] = {
    "stranger": (MakesRows, TricklesHeaders, SendsBodies, GuessesCodes),
    "guest": (Retains, LeavesSessions, GoesOn),
    "player": (QueuesForAbsent,),
    "idler": (Idles,),
}


async def attack(role: str, target: Target) -> dict[str, dict[str, int]]:
    """Run all attacks of a role until the input ends; return what came of each."""
    # each from an address of its own, so that one is not cut off for what another does
    attacks = [
        kind(replace(target, address=f"{target.address}.{number}"))
        for number, kind in enumerate(ROLES[role], 1)
    ]
    tasks = [asyncio.create_task(one.run()) for one in attacks]
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {one.name: dict(one.counts) for one in attacks}


def main() -> None:
    """Run one role."""
    role, target = sys.argv[1:]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sys.stdout.write(json.dumps(asyncio.run(attack(role, Target.from_json(target)))) + "\n")


if __name__ == "__main__":
    main()
