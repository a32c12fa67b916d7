"""The duty of one web side: one has it, and another takes over, by real leases in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import eventually
from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite_file import Schema
from zapette_server import duty
from zapette_server.duty import Duty
from zapette_server.storage.connection import Connection
from zapette_server.storage.tables.leases import TABLE, Leases


class Side:
    """A web side that notes when it begins and ends."""

    def __init__(self, database: Connection) -> None:
        self.noted: list[str] = []
        self.duty = Duty(
            Leases(database),
            lambda: self.noted.append("begin"),
            lambda: self.noted.append("end"),
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Connection]:
    opened = sqlite.open_(tmp_path / "store.db", Schema(1, 1, TABLE, claims_unnamed=True))
    yield opened
    opened.close()


def let_pass(database: Connection) -> None:
    """Let the time of a lease pass."""
    database.write("UPDATE leases SET expires_at = 0")


@pytest.fixture
def one(database: Connection) -> Side:
    """Return the one that has the duty."""
    side = Side(database)
    side.duty.look()
    assert side.noted == ["begin"]
    return side


@pytest.fixture
def other(database: Connection) -> Side:
    return Side(database)


def test_one_keeps_it_until_it_stops_and_the_other_has_it_at_once(one: Side, other: Side) -> None:
    for _ in range(2):
        one.duty.look()
        other.duty.look()
    assert (one.noted, other.noted) == (["begin"], [])
    one.duty.stop()
    other.duty.look()
    assert (one.noted, other.noted) == (["begin", "end"], ["begin"])


def test_one_that_was_frozen_ends_when_it_returns(
    database: Connection, one: Side, other: Side
) -> None:
    let_pass(database)
    other.duty.look()
    for _ in range(2):
        one.duty.look()
        other.duty.look()
    assert (one.noted, other.noted) == (["begin", "end"], ["begin"])
    one.duty.stop()
    other.duty.look()
    assert other.noted == ["begin"]


def test_without_the_database_one_continues_and_no_other_begins(
    database: Connection, one: Side, other: Side
) -> None:
    database.write("ALTER TABLE leases RENAME TO away")
    for side in (one, other):
        side.duty.look()
    assert (one.noted, other.noted) == (["begin"], [])
    # another one has taken over all the same
    one.duty.give_way()
    one.duty.look()
    assert one.noted == ["begin", "end"]
    database.write("ALTER TABLE away RENAME TO leases")
    one.duty.look()
    assert one.noted == ["begin", "end", "begin"]


def test_one_that_is_replaced_ends(database: Connection, one: Side, other: Side) -> None:
    let_pass(database)
    other.duty.look()
    one.duty.give_way()
    one.duty.look()
    assert (one.noted, other.noted) == (["begin", "end"], ["begin"])


def test_one_that_is_replaced_by_no_holder_begins_again(one: Side) -> None:
    one.duty.give_way()
    one.duty.look()
    one.duty.look()
    assert one.noted == ["begin", "end", "begin"]


def test_it_looks_again_and_again(database: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty, "INTERVAL", 0.01)
    side = Side(database)
    side.duty.start()
    eventually(lambda: side.noted == ["begin"], "it begins")
    database.write("UPDATE leases SET owner = 'other'")
    eventually(lambda: side.noted == ["begin", "end"], "it ends")
    let_pass(database)
    eventually(lambda: side.noted == ["begin", "end", "begin"], "it begins again")
    side.duty.stop()
    assert side.noted == ["begin", "end"] * 2


def test_one_that_is_alone_needs_no_lease(database: Connection, other: Side) -> None:
    one = Side(database)
    one.duty.start(alone=True)
    assert one.noted == ["begin"]
    other.duty.look()
    assert other.noted == ["begin"]
    one.duty.stop()
    other.duty.stop()
    assert one.noted == other.noted == ["begin", "end"]
