"""Who is evicted from the registry of players, and who is not."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.conftest import Place
from zapette_server.errors import PlayersFull
from zapette_server.storage.tables.player_registry import PlayerRegistry

DAY = 86400.0
Opener = Callable[..., PlayerRegistry]


@pytest.fixture
def opened(place: Place) -> Iterator[Opener]:
    made: list[PlayerRegistry] = []

    def opener(**limits: float) -> PlayerRegistry:
        made.append(PlayerRegistry(place(), **limits))  # type: ignore[arg-type]
        return made[-1]

    yield opener
    for each in made:
        each.close()


def player(number: int) -> str:
    return f"{number:032x}"


def seen(registry: PlayerRegistry, player_id: str, ago: float) -> None:
    """Have a player been seen some seconds ago."""
    moment = time.time() - ago
    registry._file.write("UPDATE players SET seen_at = ? WHERE id = ?", (moment, player_id))


def test_one_client_evicts_none_but_its_own(opened: Opener) -> None:
    registry = opened(most_of_client=3)
    registry.claim(player(0), "honest")
    seen(registry, player(0), 20 * DAY)
    for number in (1, 2, 3):
        registry.claim(player(number), "stranger")
    for number in (4, 5, 6):
        with pytest.raises(PlayersFull) as refused:
            registry.claim(player(number), "stranger")
        assert refused.value.client == "stranger"
        assert registry.generation(player(number)) is None
    assert registry.claim(player(1), "stranger") == registry.generation(player(1))
    seen(registry, player(2), 2 * DAY)
    registry.claim(player(4), "stranger")
    known = [number for number in range(7) if registry.generation(player(number))]
    assert known == [0, 1, 3, 4]
    registry.claim(player(7), "another")


def test_a_player_seen_lately_is_never_evicted(opened: Opener) -> None:
    registry = opened(most=3, recent=1000.0)
    for number in range(3):
        registry.claim(player(number), f"client {number}")
    with pytest.raises(PlayersFull) as refused:
        registry.claim(player(3), "client 3")
    assert refused.value.client == ""
    seen(registry, player(1), 1001)
    registry.claim(player(3), "client 3")
    assert registry.removals == 1
    assert [bool(registry.generation(player(number))) for number in range(4)] == [1, 0, 1, 1]


def test_a_new_code_is_for_those_who_are_known(opened: Opener) -> None:
    registry = opened()
    assert registry.renew(player(1)) is None
    assert registry.generation(player(1)) is None


def test_a_forgotten_player_leaves_room(opened: Opener) -> None:
    registry = opened(most_of_client=1)
    for number in range(5):
        registry.claim(player(number), "one")
        assert registry.forget(player(number))


def test_a_file_of_an_earlier_version(tmp_path: Path) -> None:
    """It has no table of who made a player, and no application id."""
    file = tmp_path / "players.db"
    with sqlite3.connect(file) as database:
        database.execute(
            "CREATE TABLE players (id TEXT PRIMARY KEY, generation TEXT NOT NULL, "
            "seen_at REAL NOT NULL) WITHOUT ROWID"
        )
        database.execute("INSERT INTO players VALUES (?, 'old', ?)", (player(1), time.time()))
        database.execute("PRAGMA user_version = 1")
    database.close()
    registry = PlayerRegistry(file)
    assert registry.claim(player(1), "one") == "old"
    registry.claim(player(2), "one")
    registry.close()


CALLS = st.lists(
    st.tuples(st.sampled_from(["claim", "forget", "renew"]), st.integers(0, 8), st.integers(0, 2)),
    max_size=40,
)


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(CALLS)
def test_whatever_is_called(opened: Opener, calls: list[tuple[str, int, int]]) -> None:
    """Nobody who was seen lately is lost, and no limit is exceeded."""
    registry = opened(most=6, most_of_client=3)
    for number in range(9):
        registry.forget(player(number))
    known: dict[str, int] = {}
    for call, number, client in calls:
        name = player(number)
        if call == "claim":
            try:
                registry.claim(name, f"client {client}")
                known.setdefault(name, client)
            except PlayersFull:
                assert name not in known
                assert len(known) == 6 or list(known.values()).count(client) == 3
        elif call == "forget":
            assert registry.forget(name) == (name in known)
            known.pop(name, None)
        else:
            assert (registry.renew(name) is None) == (name not in known)
        assert {it for it in map(player, range(9)) if registry.generation(it)} == set(known)
    registry.close()
