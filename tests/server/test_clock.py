"""A time of day that jumps: nobody is forgotten, and nothing that was ended is good again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.database.test_grants import ONE
from zapette_server.storage.tables.clock import Clock
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry

DAY = 86400.0
NOW = 1_795_000_000.0
Y2020 = 1_577_836_800.0
Y2099 = 4_070_908_800.0
IDS = [f"{number:032x}" for number in range(5)]


class Time:
    """A time of day that a test sets, and one that only goes on."""

    def __init__(self, wall: float = NOW) -> None:
        self.wall = wall
        self.steady = 1000.0

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady)

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


@pytest.mark.parametrize(("before", "after"), [(Y2020, NOW), (NOW, Y2099), (Y2099, NOW)])
@pytest.mark.parametrize("restart", [False, True])
def test_a_jump_forgets_nobody(tmp_path: Path, before: float, after: float, restart: bool) -> None:
    time = Time(before)
    registry = PlayerRegistry(tmp_path / "p.db", the_clock=time.clock())
    registry.claim(IDS[0])
    time.passes(10 * DAY)
    registry.claim(IDS[1])
    assert registry.unseen_for(30 * DAY) == []
    time.wall += after - before
    if restart:
        registry.close()
        registry = PlayerRegistry(tmp_path / "p.db", the_clock=time.clock())
    assert registry.unseen_for(30 * DAY) == []
    # their ages go on where they were
    for _ in range(25):
        time.passes(DAY)
        registry.unseen_for(30 * DAY)
    assert registry.unseen_for(30 * DAY) == [IDS[0]]
    registry.close()


def test_time_in_which_nobody_looked_does_not_count(tmp_path: Path) -> None:
    time = Time()
    registry = PlayerRegistry(tmp_path / "p.db", the_clock=time.clock())
    registry.claim(IDS[0])
    registry.close()
    time.wall += 90 * DAY
    registry = PlayerRegistry(tmp_path / "p.db", the_clock=time.clock())
    assert registry.unseen_for(30 * DAY) == []
    registry.close()


def test_who_came_between_a_jump_and_the_look_stays(tmp_path: Path) -> None:
    time = Time(Y2099)
    registry = PlayerRegistry(tmp_path / "p.db", the_clock=time.clock())
    registry.claim(IDS[0])
    time.wall = NOW
    registry._file.write("INSERT INTO players VALUES (?, 'x', ?)", (IDS[1], NOW))
    assert registry.unseen_for(DAY) == []
    assert registry._file.read("SELECT max(seen_at) FROM players") == [(NOW,)]
    registry.close()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("claim"), st.integers(0, 4)),
            st.tuples(st.just("pass"), st.floats(0, 3 * DAY)),
            st.tuples(st.just("jump"), st.floats(-80 * 365 * DAY, 80 * 365 * DAY)),
            st.tuples(st.just("restart"), st.just(0)),
        ),
        max_size=20,
    )
)
@settings(deadline=None, max_examples=60)
def test_nobody_is_forgotten_before_their_time(steps: list[tuple[str, float]]) -> None:
    """Whatever happens: who is called unseen for 10 days was not seen for 10 days."""
    time = Time()
    seen: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "p.db"
        registry = PlayerRegistry(file, the_clock=time.clock())
        for kind, value in steps:
            if kind == "claim":
                registry.claim(IDS[int(value)])
                seen[IDS[int(value)]] = time.steady
            elif kind == "pass":
                time.passes(value)
            elif kind == "jump":
                time.wall += value
            else:
                registry.close()
                registry = PlayerRegistry(file, the_clock=time.clock())
            for player_id in registry.unseen_for(10 * DAY):
                # what is below a minute is no jump
                assert time.steady - seen[player_id] >= 10 * DAY - 60 * len(steps)
        registry.close()


def test_what_was_ended_stays_so_over_a_jump_and_back(tmp_path: Path) -> None:
    time = Time(ONE.since)
    grants = Grants(tmp_path / "v.db", the_clock=time.clock())
    grants.note(ONE)
    assert grants.revoke(ONE)
    for restart in (False, True):
        time.wall = Y2099
        if restart:
            grants.close()
            grants = Grants(tmp_path / "v.db", the_clock=time.clock())
        grants.note(replace(ONE, client_id="remote-9", expires_at=Y2099 + DAY))
        time.wall = ONE.since + 60
        assert ONE.client_id in grants.revoked()
    grants.close()


def test_what_has_expired_goes(tmp_path: Path) -> None:
    time = Time(ONE.since)
    grants = Grants(tmp_path / "v.db", the_clock=time.clock())
    grants.note(ONE)
    for _ in range(5):
        time.passes(DAY / 2)
        grants.note(replace(ONE, client_id="remote-9", expires_at=time.wall + DAY))
    assert grants._file.read("SELECT client_id FROM visitors") == [("remote-9",)]
    grants.close()
