"""Two web sides on one PostgreSQL: nothing is lost, made twice or used twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from subprocess import PIPE
from typing import Any

import pytest

from tests.database.test_grants import ONE
from tests.programs.processes import ending
from zapette_server.access.rights import Role
from zapette_server.postgresql.database import Database
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_webapp.access.pairing import Pairing

pytestmark = pytest.mark.slow

KEY = bytes(32)
_SIDE = """
import json, sys
from dataclasses import replace
from tests.database.test_grants import ONE
from zapette_server.access.rights import Role
from zapette_server.errors import PlayersFull
from zapette_server.postgresql.database import Database
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_webapp.access.pairing import Pairing

database = Database(sys.argv[1])
registry, grants = PlayerRegistry(database, most_of_client=5), Grants(database)
pairing = Pairing(database, bytes(32))

def claim(number, client):
    try:
        return registry.claim(f"{number:032x}", client)
    except PlayersFull:
        return None

doings = {
    "claim": lambda number: claim(number, ""),
    "claim_as_one": lambda number: claim(number, "one client"),
    "accept": lambda code: pairing.accept(code) is not None,
    "note": lambda name: grants.note(replace(ONE, client_id=name, device="")),
    "revoke": lambda name: grants.revoke(replace(ONE, client_id=name, device="")),
}
print("ready", flush=True)
for line in sys.stdin:
    doing, values = json.loads(line)
    print(json.dumps([doings[doing](it) for it in values]), flush=True)
"""


class Sides:
    """Two processes that do the same at the same time."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def do(self, doing: str, *values: list[Any]) -> list[list[Any]]:
        """Let each do something for each of its values; return their results."""
        for process, of_one in zip(self._processes, values, strict=True):
            assert process.stdin is not None
            process.stdin.write(json.dumps([doing, of_one]) + "\n")
            process.stdin.flush()
        answers = [it.stdout.readline() for it in self._processes if it.stdout]
        return [json.loads(it) for it in answers]


@pytest.fixture(scope="module")
def both(server: Any) -> Iterator[tuple[Sides, Database]]:
    with server.database() as url, ExitStack() as stack:
        command = [sys.executable, "-c", _SIDE, url]
        started = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(2)]
        processes = [stack.enter_context(ending(it)) for it in started]
        assert [it.stdout.readline() for it in processes if it.stdout] == ["ready\n"] * 2
        database = Database(url)
        stack.callback(database.close)
        yield Sides(processes), database
        for process in processes:
            process.communicate(timeout=30)


def test_a_player_is_made_once(both: tuple[Sides, Database]) -> None:
    sides, database = both
    numbers = list(range(60))
    one, other = sides.do("claim", numbers, numbers)
    assert one == other
    assert len(PlayerRegistry(database).everybody(100) or {}) == 60


def test_a_limit_holds_for_both(both: tuple[Sides, Database]) -> None:
    sides, _ = both
    one, other = sides.do("claim_as_one", list(range(100, 110)), list(range(110, 120)))
    assert sum(it is not None for it in one + other) == 5


def test_a_code_is_used_once(both: tuple[Sides, Database]) -> None:
    sides, database = both
    pairing = Pairing(database, KEY)
    codes = [pairing.invite(f"{number:032x}", "g", Role.REMOTE) for number in range(40)]
    one, other = sides.do("accept", codes, codes)
    assert [a + b for a, b in zip(one, other, strict=True)] == [1] * 40
    assert pairing.accept(codes[0]) is None


def test_wrong_guesses_at_both_count_together(both: tuple[Sides, Database]) -> None:
    sides, database = both
    pairing = Pairing(database, KEY)
    code = pairing.invite("a" * 32, "g", Role.REMOTE)
    wrong = [it for it in (f"{number:08}" for number in range(46)) if it != code][:45]
    sides.do("accept", wrong, wrong)
    assert [it.player_id for it in pairing.guessed()] == ["a" * 32]
    assert pairing.accept(code) is None


def test_no_grant_and_no_revocation_is_lost(both: tuple[Sides, Database]) -> None:
    sides, database = both
    names = [[f"remote-{side}-{number}" for number in range(40)] for side in (1, 2)]
    sides.do("note", *names)
    grants = Grants(database)
    assert len(grants.of(ONE.player_id)) == 80
    sides.do("revoke", *names)
    assert grants.revoked() == {name for each in names for name in each}
    moments = [at for each in grants.revocations().values() for at in each]
    assert len(set(moments)) == 80
