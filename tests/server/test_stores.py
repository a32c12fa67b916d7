"""The stores of a data folder: made once, opened by several, repaired alone."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import pytest

from tests.database.test_grants import ONE
from tests.waiting import HANG_TIMEOUT
from zapette_broker.storage import sqlite, sqlite_file
from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_broker.storage.store_errors import (
    ForeignStore,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreNewer,
    StoreReadOnly,
)
from zapette_server.access.records import Records
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import DataFolder
from zapette_server.storage.stores import BROKER, WEB, Stores, prepare
from zapette_server.storage.tables.player_registry import PlayerRegistry

IDS = [f"{number:032x}" for number in range(300)]


def noise(file: Path, start: int, length: int, seed: int = 1) -> None:
    """Overwrite a part of a file."""
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(random.Random(seed).randbytes(length))


def raw(registry: PlayerRegistry) -> sqlite3.Connection:
    assert isinstance(registry._file, SqliteConnection)
    return registry._file._connection


_OPENER = """
import sys
from pathlib import Path
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_server.storage.tables.grants import Grants
print("ready", flush=True)
for line in sys.stdin:
    try:
        PlayerRegistry(Path(line.strip() + ".players")).close()
        Grants(Path(line.strip() + ".visitors")).close()
        print("opened", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
"""


@pytest.mark.slow
def test_many_first_starts_at_once(tmp_path: Path) -> None:
    """More processes than cores make the same files at the same time, again and again."""
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", _OPENER], stdin=PIPE, stdout=PIPE, text=True, bufsize=1
        )
        for _ in range(4)
    ]
    try:
        pipes = [(it.stdin, it.stdout) for it in openers if it.stdin and it.stdout]
        assert [answers.readline() for _, answers in pipes] == ["ready\n"] * 4
        for number in range(80):
            for names, _ in pipes:
                names.write(f"{tmp_path / str(number)}\n")
            assert [answers.readline() for _, answers in pipes] == ["opened\n"] * 4
    finally:
        for opener in openers:
            opener.communicate(timeout=HANG_TIMEOUT)


def test_both_parts_have_the_stores_open(tmp_path: Path) -> None:
    broker, web = Stores.open(tmp_path, BROKER), Stores.open(tmp_path, WEB)
    generation = web.registry.claim(IDS[0])
    assert broker.registry.generation(IDS[0]) == generation
    assert broker.folder == web.folder
    broker.close()
    web.close()
    Stores.open(tmp_path, BROKER).close()


def test_a_second_one_of_a_kind_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zapette_server.storage.stores._HANDOVER", 0.1)
    first = Stores.open(tmp_path, BROKER)
    for again in (lambda: Stores.open(tmp_path, BROKER), lambda: prepare(tmp_path)):
        with pytest.raises(
            StoreBusy, match=f"`zapette broker` already runs .*.process {os.getpid()}"
        ):
            again()
    first.close()
    prepare(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with many players, and somebody who was turned out."""
    stores = Stores.open(tmp_path_factory.mktemp("filled"), WEB)
    for player_id in IDS:
        stores.registry.claim(player_id)
    stores.grants.note(ONE)
    stores.grants.revoke(replace(ONE, player_id=IDS[0]))
    stores.close()
    return stores.folder.path


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> DataFolder:
    """A copy of such a data folder."""
    return DataFolder.open(shutil.copytree(filled, tmp_path, dirs_exist_ok=True))


def generations(folder: DataFolder) -> dict[str, str]:
    registry = PlayerRegistry(folder.registry)
    found = {player_id: registry.generation(player_id) or "" for player_id in IDS}
    registry.close()
    return {player_id: generation for player_id, generation in found.items() if generation}


@pytest.mark.parametrize("page", range(3, 9))
def test_of_damaged_players_those_that_can_be_read_stay(folder: DataFolder, page: int) -> None:
    before = generations(folder)
    size = folder.registry.stat().st_size
    assert size >= page * 4096
    noise(folder.registry, (page - 1) * 4096, 4096)
    prepare(folder.path)
    after = generations(folder)
    assert len(after) > len(before) // 4
    assert all(before[player_id] == after[player_id] for player_id in after)
    (aside,) = [it for it in folder.path.iterdir() if ".damaged-" in it.name]
    assert aside.name.startswith("players.db.damaged-")
    assert aside.stat().st_size == size


@pytest.mark.parametrize("seed", range(8))
def test_players_full_of_noise_are_begun_anew(folder: DataFolder, seed: int) -> None:
    before = generations(folder)
    size = folder.registry.stat().st_size
    at = random.Random(seed).randrange(0, size)
    noise(folder.registry, at, size - at, seed)
    prepare(folder.path)
    after = generations(folder)
    assert all(before[player_id] == generation for player_id, generation in after.items())


@pytest.mark.parametrize("length", [1, 99, 100, 4095, 4096, 8192])
def test_files_that_were_cut_off(folder: DataFolder, length: int) -> None:
    for file in (folder.registry, folder.grants):
        os.truncate(file, length)
    prepare(folder.path)
    assert len([it for it in folder.path.iterdir() if ".damaged-" in it.name]) == 2


def test_damaged_visitors_end_every_code(folder: DataFolder) -> None:
    before = generations(folder)
    noise(folder.grants, 0, folder.grants.stat().st_size)
    prepare(folder.path)
    after = generations(folder)
    assert after.keys() == before.keys()
    assert not after.items() & before.items()


@pytest.mark.parametrize("length", [None, 0])
def test_visitors_that_were_removed_end_every_code(folder: DataFolder, length: int | None) -> None:
    before = generations(folder)
    folder.grants.unlink()
    if length is not None:
        folder.grants.touch()
    prepare(folder.path)
    assert not generations(folder).items() & before.items()


def test_what_others_have_open_is_not_repaired(folder: DataFolder) -> None:
    web = Stores.open(folder.path, WEB)
    noise(folder.registry, 0, 4096)
    with pytest.raises(StoreDamaged, match=r"players\.db: damaged .* restore a backup"):
        Stores.open(folder.path, BROKER)
    web.close()
    Stores.open(folder.path, BROKER).close()


def test_others_files_are_refused_and_left(tmp_path: Path) -> None:
    file = tmp_path / "players.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA application_id = 5")
        database.execute("CREATE TABLE notes (text TEXT)")
    database.close()
    before = file.read_bytes()
    with pytest.raises(ForeignStore, match="another program"):
        prepare(tmp_path)
    assert file.read_bytes() == before
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA application_id = {0x7A617072}")
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(StoreNewer, match="install the newer version"):
        prepare(tmp_path)


def test_a_busy_file_is_waited_for(tmp_path: Path) -> None:
    prepare(tmp_path)
    holder = sqlite3.connect(tmp_path / "players.db", check_same_thread=False, timeout=5)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreBusy, match=r"players\.db: another process has locked it"):
        sqlite.open_(tmp_path / "players.db", sqlite_file.Schema(0x7A617072, 1, ""), timeout=0.2)
    timer = threading.Timer(1.0, holder.close)
    began = time.monotonic()
    timer.start()
    PlayerRegistry(tmp_path / "players.db").close()
    assert time.monotonic() - began >= 1
    timer.join()


def test_errors_at_run_time_are_errors_of_the_store(tmp_path: Path) -> None:
    registry = PlayerRegistry(tmp_path / "players.db")
    registry.claim(IDS[0])
    holder = sqlite3.connect(tmp_path / "players.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    raw(registry).execute("PRAGMA busy_timeout = 10")
    with pytest.raises(StoreBusy):
        registry.claim(IDS[1])
    with pytest.raises(StoreBusy):
        registry.check()
    holder.execute("ROLLBACK")
    registry.claim(IDS[1])
    registry.check()
    raw(registry).execute("PRAGMA query_only = 1")
    with pytest.raises(StoreReadOnly):
        registry.claim(IDS[2])
    raw(registry).execute("PRAGMA query_only = 0")
    registry.check()
    holder.execute("DROP TABLE players")
    holder.close()
    with pytest.raises(StoreDamaged, match="no such table"):
        registry.generation(IDS[0])
    (tmp_path / "players.db").unlink()
    with pytest.raises(StoreDamaged, match="removed or replaced"):
        registry.check()
    registry.close()
    with pytest.raises(StoreError, match="closed"):
        registry.generation(IDS[0])


def test_a_full_disk_is_named_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small write may fit into the log's own length, when one that lets it grow fails.

    Nor is it told by what writes nothing.
    """
    registry = PlayerRegistry(tmp_path / "players.db")
    pages = registry._file.read("PRAGMA page_count")[0][0]
    raw(registry).execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull):
        _ = [registry.claim(player_id) for player_id in IDS]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
    registry.unseen_for(3600)
    assert registry.claim(IDS[0])
    for _ in range(2):
        with pytest.raises(StoreFull, match="make room"):
            registry.check()
    monkeypatch.undo()
    registry.check()
    registry.close()


def test_a_file_system_without_modes_and_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As FAT and exFAT are."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "chmod", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)
    prepare(tmp_path)
    stores = Stores.open(tmp_path, WEB)
    assert stores.registry.claim(IDS[0])
    stores.close()


@pytest.mark.parametrize("text", [b"alice\n", b"alice:\n", b"\xff\xfe\x00", bytes(9)])
def test_malformed_accounts_keep_no_player_out(tmp_path: Path, text: bytes) -> None:
    stores, web = Stores.open(tmp_path, BROKER), Stores.open(tmp_path, WEB)
    generation = web.registry.claim(IDS[0])
    file = stores.folder.accounts
    accounts = Accounts(file)
    records = Records(stores.registry, stores.grants, accounts, file)
    file.write_bytes(text)
    assert records.look([IDS[0]]).generations == {IDS[0]: generation}
    assert str(file) in str(records.problem)
    # a new code still ends what came by the old
    renewed = web.registry.renew(IDS[0])
    assert records.look([IDS[0]]).generations == {IDS[0]: renewed}
    file.unlink()
    accounts.add("alice", "s3cret")
    assert (records.look([]).accounts or {}).keys() == {"alice"}
    assert not records.problem
    web.close()
    stores.close()
