"""``zapette backup`` of a running system, and ``zapette restore`` into another folder."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_bad_input import AS_OTHERS
from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.system import System
from tests.waiting import eventually
from zapette_broker.storage.store_errors import (
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreNewer,
)
from zapette_server.errors import BackupError
from zapette_server.storage.backups import backup, restore
from zapette_server.storage.backups.backup_format import MANIFEST, is_kept
from zapette_server.storage.backups.held_folder import HeldFolder
from zapette_server.storage.data_folder import ASIDE, RESTORING, DataFolder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.stores import prepare


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in a folder, but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that nothing runs on."""
    prepare(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def saved(data: Path, tmp_path: Path) -> Path:
    backup.write(data, None, tmp_path / "saved.zip")
    return tmp_path / "saved.zip"


def changed(
    saved: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None], *, sums: bool = True
) -> Path:
    """Write another backup from what `change` makes of the entries and the manifest."""
    with zipfile.ZipFile(saved) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries.pop(MANIFEST))
    change(entries, manifest)
    if sums:
        manifest["files"] = {
            name: {"size": len(it), "sha256": hashlib.sha256(it).hexdigest()}
            for name, it in entries.items()
        }
    made = saved.with_name("changed.zip")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, it in {**entries, MANIFEST: json.dumps(manifest).encode()}.items():
            archive.writestr(name, it)
    return made


class Writer:
    """Publishes one retained message after another while the block runs."""

    def __init__(self, client: MqttClient, topic: str) -> None:
        self.written = 0
        self._client, self._topic = client, topic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._client.mqtt.publish(
                self._topic, f"{self.written}".encode().rjust(2000), 1, retain=True
            ).wait_for_publish(10)
            self.written += 1

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(20)


def retained(system: System, topic: str) -> bytes:
    home = MqttClient(system, "reader", "home", (system.data / "home-password").read_text().strip())
    with home:
        assert home.subscribe(topic)
        eventually(lambda: home.received, "the retained message comes")
    return home.received[0][1]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("running")) as made:
        yield made


def test_a_backup_of_a_running_system_serves_its_players(running: System, tmp_path: Path) -> None:
    house = Household(running)
    remote = house.visitor("remote")
    gone = house.visitor("guest")
    assert running.zapette("credentials", "add", "ann", "--password", "pw").returncode == 0
    settings = tmp_path / "mine.toml"
    settings.write_text('log_level = "info"\n')
    file = tmp_path / "saved.zip"
    state = f"{house.root}/state"
    with house.player() as player, Writer(player, state) as writer:
        eventually(lambda: writer.written > 5, "the player reports")
        # the last one that is acknowledged; the next one is on its way
        least = writer.written - 1
        ended = running.zapette("backup", str(file), "--config", str(settings))
        assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert running.is_up()

    other = System(tmp_path)
    done = other.zapette("restore", str(file))
    assert done.returncode == 0, done.stderr
    assert (other.data / "zapette.toml").read_text() == settings.read_text()
    assert str(other.data / "zapette.toml") in done.stdout
    for name in ("secret", "home-password", "accounts"):
        assert (other.data / name).read_bytes() == (running.data / name).read_bytes()
    for path in other.data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    remote.system = gone.system = other
    with other:
        assert least <= int(retained(other, state)) <= writer.written
        with remote, gone:
            assert remote.is_in
            assert gone.is_in
        with MqttClient(other, "ann", "ann", "pw") as ann:
            assert ann.is_in
        # the registry knows the player, and its key is the one that it was made with
        again = Household.of(other, {"id": house.id, "owner_key": house.owner_key})
        assert [again.key(role) for role in ("remote", "guest")] == [
            house.key(role) for role in ("remote", "guest")
        ]


def test_restore_refuses_a_folder_in_use(running: System, tmp_path: Path) -> None:
    file = tmp_path / "saved.zip"
    assert running.zapette("backup", str(file)).returncode == 0
    before = (running.data / "secret").stat().st_ino
    ended = running.zapette("restore", str(file))
    assert ended.returncode == 75
    assert "`zapette run` already runs on it" in ended.stderr
    assert (running.data / "secret").stat().st_ino == before
    assert not list(running.data.glob("before-restore-*"))
    assert not list(running.data.glob(".restore-*"))


def test_what_was_there_is_kept(data: Path, saved: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    prepare(there)
    (there / "library.db").write_bytes(b"index")
    (there / "notes").mkdir()
    (there / "notes" / "own").write_text("mine")
    before = contents(there)
    aside = restore.restore(saved, there)
    assert aside is not None
    assert contents(aside) == {k: v for k, v in before.items() if k != "library.db"}
    assert (there / "library.db").read_bytes() == b"index"
    assert DataFolder.open(there).secret == DataFolder.open(data).secret
    # what was moved aside goes into no further backup
    backup.write(there, None, tmp_path / "second.zip")
    with zipfile.ZipFile(tmp_path / "second.zip") as archive:
        assert {it for it in archive.namelist() if "/" in it} == set()
    assert restore.restore(tmp_path / "second.zip", there) != aside
    assert aside.exists()


@pytest.mark.parametrize("at", range(4))
def test_a_move_that_fails_is_undone(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    there = tmp_path / "there"
    prepare(there)
    before = contents(there)
    count, move = 0, HeldFolder.move

    def fails(folder: HeldFolder, name: str, to: HeldFolder) -> None:
        nonlocal count
        count += 1
        if count == 2 * at + 1:
            raise PermissionError(13, "Permission denied", str(folder.path / name))
        move(folder, name, to)

    monkeypatch.setattr(HeldFolder, "move", fails)
    with pytest.raises(Exception, match="cannot be written"):
        restore.restore(saved, there)
    assert contents(there) == before
    assert not list(there.glob("before-restore-*"))


@pytest.mark.parametrize("moves", [0, 1, 3, 5, 7])
def test_a_power_cut_during_a_restore(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    there = tmp_path / "there"
    prepare(there)
    before = contents(there)
    assert subprocess.run([sys.executable, "-c", CUT, saved, there, f"{moves}"]).returncode == 9
    with pytest.raises(StoreDamaged, match="repeat `zapette restore`"):
        DataFolder.open(there)
    with pytest.raises(StoreDamaged, match="before-restore-"):
        DataFolder.read(there)
    with monkeypatch.context() as patch:
        patch.setattr(HeldFolder, "move", fails_at_the_last())
        with pytest.raises(StoreError):
            restore.restore(saved, there)
    with pytest.raises(StoreDamaged, match="repeat"):
        DataFolder.open(there)
    restore.restore(saved, there)
    kept = {
        name: content
        for aside in sorted(there.glob("before-restore-*"), reverse=True)
        for name, content in contents(aside).items()
    }
    assert {**kept, **before} == kept
    left = {it.name for it in there.iterdir() if not it.name.startswith(("before-", ".lock"))}
    with zipfile.ZipFile(saved) as archive:
        restored = {it for it in archive.namelist() if it != MANIFEST}
        assert {it for it in left if not it.endswith(".lock")} == restored
        assert all((there / it).read_bytes() == archive.read(it) for it in restored)
    DataFolder.open(there)


def test_the_end_of_a_restore_is_on_the_disk(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "there"
    kept: list[list[str]] = []
    monkeypatch.setattr(HeldFolder, "sync", lambda folder: kept.append(folder.names()))
    restore.restore(saved, there)
    assert RESTORING in kept[0]
    assert "secret" in kept[-1]
    assert RESTORING not in kept[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="a file system that Linux has")
def test_a_file_system_whose_folders_cannot_be_synced() -> None:
    with HeldFolder(Path("/proc")) as folder:
        folder.sync()


def fails_at_the_last() -> Callable[[HeldFolder, str, HeldFolder], None]:
    move = HeldFolder.move

    def fails(folder: HeldFolder, name: str, to: HeldFolder) -> None:
        if name == "visitors.db" and folder.path.name.startswith(".restore-"):
            raise PermissionError(13, "Permission denied", name)
        move(folder, name, to)

    return fails


CUT = """
import os, sys
from pathlib import Path
from zapette_server.storage.backups.held_folder import HeldFolder
from zapette_server.storage.backups.restore import restore
left, move = int(sys.argv[3]), HeldFolder.move
def cut(*arguments):
    global left
    if not left:
        os._exit(9)
    left -= 1
    move(*arguments)
HeldFolder.move = cut
restore(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("replaced", [".restore-", ASIDE])
def test_a_folder_that_is_replaced_by_a_link_meanwhile(
    data: Path, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: str
) -> None:
    """Whoever owns the data folder gets nothing else of root's, who restores a backup there."""
    victim = tmp_path / "etc"
    victim.mkdir()
    for name in ("secret", "passwd"):
        (victim / name).write_text("of the system")
    before, state = contents(victim), (victim / "secret").stat()
    mine = contents(data)
    make, found = HeldFolder.make, []

    def replace(folder: HeldFolder, name: str) -> HeldFolder:
        made = make(folder, name)
        if name.startswith(replaced):
            made.path.rename(tmp_path / "moved")
            made.path.symlink_to(victim)
            found.append(name)
        return made

    monkeypatch.setattr(HeldFolder, "make", replace)
    with suppress(BackupError, StoreError):
        restore.restore(saved, data)
    assert found
    assert contents(victim) == before
    assert (victim / "secret").stat() == state
    assert {**contents(tmp_path / "moved"), **contents(data)}.keys() >= mine.keys()


def test_a_lock_that_is_a_link_is_refused(data: Path, tmp_path: Path) -> None:
    """`sudo zapette credentials` would give its owner what it leads to."""
    victim = tmp_path / "shadow"
    victim.write_text("of the system")
    before = victim.stat()
    (data / "run.lock").symlink_to(victim)
    with pytest.raises(StoreError, match=r"run\.lock"), FolderLock(data, "run").held():
        pass
    assert victim.stat() == before
    assert victim.read_text() == "of the system"


def put(name: str, content: bytes = b"x") -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    return lambda entries, _: entries.update({name: content})


HOSTILE = [
    "/etc/passwd", "../secret", "a/../../secret", "a//b", "./secret", "C:secret", "a\\b",
    "a/b/c/d/e", ".ssh", "web.lock", "mqtt.sock", "library.db", "thumbnails/a", "players.db-wal",
    "a.", "a\nb", "before-restore-1/secret", "x" * 200, "tmpabc", "SECRET", "streams/a",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused(saved: Path, tmp_path: Path, name: str) -> None:
    there = tmp_path / "there"
    with pytest.raises(BackupError, match=r"which is not a file of a backup|a file twice"):
        restore.restore(changed(saved, put(name)), there)
    assert not there.exists()


def test_a_link_becomes_a_plain_file(saved: Path, tmp_path: Path) -> None:
    made = changed(saved, put("link", b"/etc/passwd"))
    with zipfile.ZipFile(made) as archive:
        entries = [(it, archive.read(it)) for it in archive.infolist()]
    with zipfile.ZipFile(made, "w") as archive:
        for it, content in entries:
            if it.filename == "link":
                it.create_system, it.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(it, content)
    restore.restore(made, tmp_path / "there")
    assert not (tmp_path / "there" / "link").is_symlink()
    assert (tmp_path / "there" / "link").read_text() == "/etc/passwd"


def newer(file: str) -> Callable[[dict[str, bytes], dict[str, Any]], None]:
    def change(entries: dict[str, bytes], _: dict[str, Any]) -> None:
        store = bytearray(entries[file])
        store[60:64] = (99).to_bytes(4, "big")
        entries[file] = bytes(store)

    return change


@pytest.mark.parametrize("file", ["players.db", "visitors.db"])
def test_a_newer_store_is_refused(saved: Path, data: Path, file: str) -> None:
    before = contents(data)
    with pytest.raises(StoreNewer, match=rf"{file}.*install the newer version"):
        restore.restore(changed(saved, newer(file)), data)
    assert contents(data) == before


REFUSED: dict[str, tuple[Callable[[dict[str, bytes], dict[str, Any]], None], str]] = {
    "a newer format": (lambda _, about: about.update(format=2, version="9"), r"newer.*\(9\)"),
    "no manifest of ours": (lambda _, about: about.clear(), "manifest is damaged"),
    "no secret": (lambda entries, _: entries.__delitem__("secret"), "'secret' is missing"),
    "a bad secret": (put("secret", b"short"), "not a signing secret"),
    "an empty password": (put("home-password", b""), "no password in it"),
    "another program's store": (put("players.db", b"SQLite format 3\0" + bytes(200)), "players.db"),
    "bad accounts": (put("accounts", b"nobody"), "accounts"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused(saved: Path, data: Path, case: str) -> None:
    change, message = REFUSED[case]
    before = contents(data)
    made = changed(saved, change, sums=case != "no manifest of ours")
    with pytest.raises(Exception, match=message) as found:
        restore.restore(made, data)
    assert isinstance(found.value, BackupError) or "Store" in type(found.value).__name__
    assert str(made) in str(found.value)
    assert ".restore-" not in str(found.value)
    assert contents(data) == before


def test_a_size_or_sum_that_lies_is_refused(saved: Path, data: Path) -> None:
    def lie(entries: dict[str, bytes], _: dict[str, Any]) -> None:
        entries["accounts"] = b"a:b\n"

    def lie_in_sum(entries: dict[str, bytes], about: dict[str, Any]) -> None:
        entries["secret"] = entries["secret"][::-1]
        about["files"]["secret"]["size"] = len(entries["secret"])

    def lie_in_size(_: dict[str, bytes], about: dict[str, Any]) -> None:
        about["files"]["secret"]["size"] = 5 << 30

    before = contents(data)
    for change, message in (
        (lie, "does not hold what"), (lie_in_sum, "was changed"), (lie_in_size, "more than"),
    ):  # fmt: skip
        with pytest.raises(BackupError, match=message):
            restore.restore(changed(saved, change, sums=False), data)
    assert contents(data) == before


def test_a_size_without_end_is_refused(saved: Path, data: Path) -> None:
    def endless(_: dict[str, bytes], about: dict[str, Any]) -> None:
        about["files"]["secret"]["size"] = float("inf")

    with pytest.raises(BackupError, match="manifest is damaged"):
        restore.restore(changed(saved, endless, sums=False), data)


def test_damage_in_another_compression_is_refused(saved: Path, data: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        (first, *_) = archive.infolist()
    whole = bytearray(saved.read_bytes())
    middle = first.header_offset + 30 + len(first.filename) + first.compress_size // 2
    whole[middle : middle + 8] = b"\xff" * 8
    saved.write_bytes(whole)
    with pytest.raises(BackupError, match="it is damaged"):
        restore.restore(saved, data)


def test_damaged_bytes_are_refused(saved: Path, data: Path) -> None:
    """Any byte changed, any length cut off: an error that says so, and nothing else."""
    whole = saved.read_bytes()
    restore.restore(saved, data)
    before = contents(data)
    file = saved.with_name("damaged.zip")
    step = max(1, len(whole) // 25)
    for at in range(0, len(whole), step):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            file.write_bytes(damaged)
            with suppress(BackupError):
                # a byte that says nothing, such as of a time, does no harm
                restore.restore(file, data)
            assert {name: it for name, it in contents(data).items() if name in before} == before
    assert not list(data.glob(".restore-*"))


def test_backup_says_what_it_will_not_do(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "there.zip"
    file.write_bytes(b"mine")
    with pytest.raises(BackupError, match="exists already"):
        backup.write(data, None, file)
    assert file.read_bytes() == b"mine"
    with pytest.raises(BackupError, match="not a data folder of Zapette"):
        backup.write(tmp_path / "nothing", None, tmp_path / "b.zip")
    with pytest.raises(BackupError, match="in the data folder"):
        backup.write(data, None, data / "b.zip")
    assert not (tmp_path / "nothing").exists()
    with (data / "players.db").open("r+b") as store:
        store.seek(100)
        store.write(b"\xff" * 400)
    with pytest.raises(Exception, match=r"players\.db"):
        backup.write(data, None, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_links_are_left_out(data: Path, tmp_path: Path) -> None:
    (data / "link").symlink_to("/etc/passwd")
    (data / "tls").mkdir()
    (data / "tls" / "key.pem").write_text("key")
    file = tmp_path / "b.zip"
    assert backup.write(data, None, file) == ["link"]
    with zipfile.ZipFile(file) as archive:
        assert "tls/key.pem" in archive.namelist()


def test_a_folder_that_cannot_be_read_is_no_backup(data: Path, tmp_path: Path) -> None:
    (data / "tls").mkdir(mode=0)
    file = tmp_path / "b.zip"
    backing = [sys.executable, "-m", "zapette_cli", "backup", str(file), "--data", str(data)]
    ended = subprocess.run([*AS_OTHERS, *backing], capture_output=True, text=True)
    assert (ended.returncode, file.exists()) == (2, False)
    assert f"{data / 'tls'}: " in ended.stderr


def test_what_every_disk_has_stays(data: Path, tmp_path: Path) -> None:
    """As if a disk of its own were mounted there: nobody but root may read or move it."""
    (data / "lost+found").mkdir(mode=0)
    file = tmp_path / "b.zip"
    for command in ("backup", "restore"):
        line = [sys.executable, "-m", "zapette_cli", command, str(file), "--data", str(data)]
        ended = subprocess.run([*AS_OTHERS, *line], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
    assert (data / "lost+found").exists()


def test_a_log_that_begins_anew_is_copied_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is committed and moved into the file between the two copies."""
    file = data / "players.db"
    copyfile, copies = shutil.copyfile, 0

    def write(connection: sqlite3.Connection, value: str) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO players VALUES (?, ?, 0)",
            [(f"{number:032x}", value) for number in range(2000)],
        )
        connection.commit()

    with closing(sqlite3.connect(file)) as connection:
        write(connection, "old")

        def copied(source: Path, target: Path) -> None:
            nonlocal copies
            copies += 1
            copyfile(source, target)
            if copies == 1:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                write(connection, "new")

        monkeypatch.setattr(shutil, "copyfile", copied)
        backup.write(data, None, tmp_path / "b.zip")
    restore.restore(tmp_path / "b.zip", tmp_path / "there")
    with closing(sqlite3.connect(tmp_path / "there" / "players.db")) as connection:
        assert connection.execute("SELECT DISTINCT generation FROM players").fetchall() == [
            ("new",)
        ]


def test_a_part_alone_keeps_the_folder(data: Path, saved: Path) -> None:
    with FolderLock(data, "web").held(), pytest.raises(StoreBusy, match="zapette web"):
        restore.restore(saved, data)


def test_every_file_of_a_run_is_kept_or_left_out_on_purpose(running: System) -> None:
    names = {it.name for it in running.data.iterdir()}
    kept = {"secret", "home-password", "accounts", "players.db", "visitors.db", "broker.db"}
    assert {it for it in names if is_kept(it) and (running.data / it).is_file()} <= kept
    assert kept - {"accounts"} <= names


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    system = System(tmp_path)
    (tmp_path / "text").write_text("no backup")
    ended: subprocess.CompletedProcess[str] = system.zapette("restore", str(tmp_path / "text"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"zapette: {tmp_path / 'text'}: it is not a backup")
    assert not system.data.exists()
