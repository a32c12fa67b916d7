"""The grants in both kinds of database."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.database.conftest import Place
from tests.waiting import eventually
from zapette_broker.storage.store_errors import StoreError
from zapette_server.storage.tables import grants
from zapette_server.storage.tables.grants import SCHEMA, Grants, TokenGrant

ONE = TokenGrant(
    client_id="remote-1",
    player_id="p" * 32,
    generation="g1",
    role="remote",
    device="phone",
    label="Android · Chrome",
    address="192.168.1.9",
    since=time.time(),
    expires_at=time.time() + 3600,
)


def test_noted_ended_and_forgotten(place: Place) -> None:
    writer, reader = Grants(place()), Grants(place())
    writer.note(ONE)
    writer.note(replace(ONE, client_id="remote-2", since=ONE.since + 1))
    writer.note(replace(ONE, client_id="guest-1", device="other", role="guest"))
    assert next(it.client_id for it in reader.of(ONE.player_id)) == "remote-2"
    assert len(reader.of(ONE.player_id)) == 3
    assert reader.of("q" * 32) == []
    before = reader.last_revocation()
    assert writer.revoke(ONE)
    assert reader.last_revocation() != before
    # what else the same device was given ends with it
    assert reader.revoked() == {"remote-1", "remote-2"}
    asked = ["remote-2", "guest-1", "remote-unknown"]
    assert reader.revoked_among(asked) == {"remote-2"}
    assert reader.is_revoked(ONE.player_id, "g1", "phone")
    assert not reader.is_revoked(ONE.player_id, "g2", "phone")
    assert not reader.is_revoked(ONE.player_id, "g1", "other")
    assert not reader.is_revoked("q" * 32, "g1", "phone")
    assert not reader.is_revoked(ONE.player_id, "g1", "")
    assert [it.client_id for it in reader.of(ONE.player_id)] == ["guest-1"]
    writer.forget(ONE.player_id)
    assert reader.of(ONE.player_id) == []
    writer.close()
    reader.close()


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    store = Grants(tmp_path / "v.db")
    store.note(ONE)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    store.close()


def test_what_has_expired_goes_and_its_number_never_comes_again(place: Place) -> None:
    store = Grants(place())
    store._distrust_until = 0.0
    store.note(ONE)
    assert store.revoke(replace(ONE, expires_at=time.time() + 0.01))
    store.note(replace(ONE, client_id="old", expires_at=time.time() - 1))
    assert [it.client_id for it in store.of(ONE.player_id)] == []
    first = store.last_revocation()
    store._file.write("UPDATE visitors SET expires_at = 0")
    store.note(replace(ONE, client_id="remote-3"))
    assert store.last_revocation() == 0
    # numbers begin with the time in milliseconds, and no token ends within one
    eventually(lambda: time.time() * 1000 > first + 1, "another millisecond")
    assert store.revoke(replace(ONE, client_id="remote-3"))
    assert store.last_revocation() > first
    store.close()


def test_one_player_does_not_fill_the_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "MOST_OF_A_PLAYER", 3)
    monkeypatch.setattr(grants, "MOST_REVOKED", 2)
    store = Grants(place())
    for number in range(9):
        store.note(replace(ONE, client_id=f"remote-{number}", device="", since=float(number)))
    assert [it.since for it in store.of(ONE.player_id)] == [8.0, 7.0, 6.0]
    assert store.revoke(replace(ONE, client_id="remote-8", device=""))
    assert store.revoke(replace(ONE, client_id="remote-7", device=""))
    assert not store.revoke(replace(ONE, client_id="remote-6", device=""))
    # those that were ended stay so
    for number in range(10, 19):
        store.note(replace(ONE, client_id=f"remote-{number}", device="", since=float(number)))
    assert store.revoked() == {"remote-8", "remote-7"}
    store.close()


def test_a_damaged_or_newer_file_is_refused_and_left(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database, but long enough to look like one" * 50)
    with pytest.raises(StoreError, match="damaged"):
        Grants(damaged)
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    database.close()
    with pytest.raises(StoreError, match="newer"):
        Grants(newer)
