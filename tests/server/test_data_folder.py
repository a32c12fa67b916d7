"""The data folder, the registry and the accounts, on a real file system."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zapette_broker.storage.store_errors import StoreError
from zapette_server.errors import CredentialsError
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import DataFolder
from zapette_server.storage.tables.player_registry import SCHEMA, PlayerRegistry

ID = "a" * 32


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "new" / "data")
    assert mode(folder.path) == 0o700
    assert {file.name: mode(file) for file in folder.path.iterdir()} == {
        "secret": 0o600,
        "home-password": 0o600,
        "setup.lock": 0o600,
    }
    assert DataFolder.open(folder.path) == folder


def test_two_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(DataFolder.open, [tmp_path / "data"] * 8))
    assert len({folder.secret for folder in folders}) == 1
    assert len({folder.home_password for folder in folders}) == 1


def test_a_damaged_secret_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("zz")
    with pytest.raises(StoreError, match="not a signing secret"):
        DataFolder.open(tmp_path)
    assert (tmp_path / "secret").read_text() == "zz"


@pytest.mark.parametrize("text", ["", "\n", " \t \n", "\x00" * 16])
def test_a_password_file_with_none_in_it_lets_nobody_in(tmp_path: Path, text: str) -> None:
    DataFolder.open(tmp_path)
    (tmp_path / "home-password").write_text(text)
    with pytest.raises(StoreError, match=r"home-password: no password in it; .* remove it"):
        DataFolder.open(tmp_path)
    (tmp_path / "home-password").unlink()
    assert DataFolder.open(tmp_path).home_password


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StoreError, match="data folder"):
        DataFolder.open(tmp_path / "data")


def test_registry(tmp_path: Path) -> None:
    registry, reader = PlayerRegistry(tmp_path / "p.db"), PlayerRegistry(tmp_path / "p.db")
    assert registry.generation(ID) is None
    before = reader.changes()
    generation = registry.claim(ID)
    assert registry.claim(ID) == generation == reader.generation(ID)
    assert reader.changes() != before
    renewed = registry.renew(ID)
    assert renewed != generation
    assert reader.generation(ID) == renewed
    registry.close()
    again = PlayerRegistry(tmp_path / "p.db")
    assert again.generation(ID) == renewed
    again.close()
    reader.close()
    assert {mode(file) for file in tmp_path.iterdir()} == {0o600}


def test_a_damaged_or_newer_registry_is_refused_and_left(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database, but long enough to look like one" * 50)
    before = damaged.read_bytes()
    with pytest.raises(StoreError, match="damaged"):
        PlayerRegistry(damaged)
    assert damaged.read_bytes() == before
    newer = tmp_path / "newer.db"
    with sqlite3.connect(newer) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA.version + 1}")
    database.close()
    with pytest.raises(StoreError, match="newer version"):
        PlayerRegistry(newer)


def test_accounts(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts")
    assert accounts.names() == []
    accounts.add("alice", "s3cret")
    accounts.add("bob", "other")
    assert accounts.names() == ["alice", "bob"]
    assert mode(tmp_path / "accounts") == 0o600
    text = (tmp_path / "accounts").read_text()
    assert "s3cret" not in text
    assert "alice:$argon2id$" in text
    hashed = accounts.hashes().get("alice")
    assert hashed is not None
    assert accounts.verify(hashed, "s3cret")
    assert not accounts.verify(hashed, "other")
    assert not accounts.verify("nonsense", "other")
    accounts.remove("alice")
    assert accounts.names() == ["bob"]


def test_accounts_that_are_added_at_once(tmp_path: Path) -> None:
    names = [f"name-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Accounts(tmp_path / "accounts").add(name, "x"), names))
    assert Accounts(tmp_path / "accounts").names() == names


@pytest.mark.parametrize("name", ["", "a:b", "a b", "x" * 65, "player", "server", "é"])
def test_refused_account_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(CredentialsError, match="account name"):
        Accounts(tmp_path / "accounts").add(name, "x")


def test_other_refused_accounts(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts")
    with pytest.raises(CredentialsError, match="empty"):
        accounts.add("alice", "")
    with pytest.raises(CredentialsError, match="no account"):
        accounts.remove("alice")
    (tmp_path / "accounts").write_text("alice\n")
    with pytest.raises(StoreError, match="line 1"):
        accounts.names()
