"""``zapette run``: starting, restarting, stopping, and saying what is wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.programs.ports import free_port
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette_cli.failures import TRY_AGAIN
from zapette_cli.processes.part import FATAL, Part
from zapette_server.paths import ROOT
from zapette_server.settings.settings import Settings
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.stores import BROKER

pytestmark = pytest.mark.slow


def test_first_start(new_system: Callable[..., System]) -> None:
    system = new_system()
    eventually(lambda: "zapette credentials" in system.log, "the welcome is shown to its end")
    assert f"http://localhost:{system.http_port}/" in system.log
    assert stat.S_IMODE(system.data.stat().st_mode) == 0o700
    files = [file for file in system.data.rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    secret = (system.data / "secret").read_text().strip()
    assert secret not in system.log
    assert system.home_password() not in system.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_within_five_seconds(new_system: Callable[..., System], number: int) -> None:
    system = new_system()
    assert system.process is not None
    children = psutil.Process(system.process.pid).children(recursive=True)
    assert len(children) >= 2
    started = time.monotonic()
    os.kill(system.process.pid, number)
    assert system.process.wait(30) == 0
    assert time.monotonic() - started < 5 + SLACK
    # whose own programs, such as ffmpeg, are ended with them, and taken note of by the system
    _, left = psutil.wait_procs(children, timeout=HANG_TIMEOUT)
    assert left == []
    assert "Traceback" not in system.log, system.log


def test_it_stops_while_it_waits_for_parts_of_the_one_before(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.data.mkdir(mode=0o700)
    opened = _files(tmp_path / "data")
    with FolderLock(system.data, BROKER).held():
        system.start_without_waiting()
        assert system.process is not None
        process = psutil.Process(system.process.pid)
        eventually(lambda: "broker.lock" in opened(process), "it waits for the broker's lock")
        assert system.stop() == 0
        # what it says after six seconds, with another exit code
        assert "already runs" not in system.log


def _files(folder: Path) -> Callable[[psutil.Process], set[str]]:
    """Return what tells the names of the files of a folder that a process has open."""
    return lambda process: {
        Path(it.path).name for it in process.open_files() if Path(it.path).parent == folder
    }


@pytest.mark.parametrize("part", ["broker", "web"])
def test_a_part_that_dies_is_started_again(new_system: Callable[..., System], part: str) -> None:
    system = new_system()
    pid = system.kill(part)
    said = f"the {part} died (signal 9); restarting in 0.5 s"
    eventually(lambda: said in system.log, "the death is said")
    eventually(system.is_up, "everything is up again", timeout=20)
    assert system.pid(part) != pid
    system.kill(part)
    eventually(lambda: "restarting in 1.0 s" in system.log, "the next delay is longer")
    eventually(system.is_up, "everything is up again", timeout=20)


def test_the_parts_end_with_the_manager(new_system: Callable[..., System]) -> None:
    system = new_system()
    assert system.process is not None
    children = psutil.Process(system.process.pid).children(recursive=True)
    system.process.kill()
    system.process.wait(30)
    system.process = None
    _, alive = psutil.wait_procs(children, timeout=HANG_TIMEOUT)
    assert alive == []


@pytest.mark.parametrize("key", ["http_port", "mqtt_port", "ws_port"])
def test_a_taken_port_is_named_with_its_setting(tmp_path: Path, key: str) -> None:
    port = free_port()
    system = System(tmp_path, {f"ZAPETTE_{key.upper()}": str(port)})
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", port))
        taken.listen()
        ended = system.zapette("run")
    assert ended.returncode == 2
    assert f"port {port}" in ended.stderr
    assert f"ZAPETTE_{key.upper()}" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["run", "broker", "web"])
def test_an_address_that_may_come_later_is_waited_for(tmp_path: Path, command: str) -> None:
    """systemd starts it again, unless the code is 2; so does the manager with its parts."""
    ended = System(tmp_path, {"ZAPETTE_BIND": "192.0.2.77"}).zapette(command)
    assert ended.returncode == TRY_AGAIN
    assert "192.0.2.77 is not an address of this machine" in ended.stderr


def test_a_wrong_setting_stops_the_command(tmp_path: Path) -> None:
    system = System(tmp_path, {"ZAPETTE_BASE_TOPIC": "a/#"})
    for command in ("run", "broker", "web", "credentials"):
        ended = system.zapette(command)
        assert ended.returncode == 2
        assert ended.stderr.startswith("zapette: setting base_topic in the environment:")


def test_a_store_of_another_program_stops_everything_and_is_left(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.data.mkdir()
    registry = system.data / "players.db"
    with contextlib.closing(sqlite3.connect(registry)) as connection:
        connection.execute("PRAGMA application_id = 7")
        connection.execute("CREATE TABLE theirs (name TEXT)")
    content = registry.read_bytes()
    ended = system.zapette("run")
    assert ended.returncode == 2
    assert "players.db" in ended.stderr
    assert registry.read_bytes() == content


def test_damaged_players_are_put_aside_in_words(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.data.mkdir()
    registry = system.data / "players.db"
    registry.write_bytes(b"damaged" * 1000)
    with system:
        player = system.get("api/id").json
        assert system.post("api/credentials", player).status == 200
    said = [line for line in system.log.splitlines() if " ERROR " in line and "players.db" in line]
    assert len(said) == 1, system.log
    aside = next(system.data.glob("players.db.damaged-*"))
    assert aside.read_bytes() == b"damaged" * 1000
    assert aside.name in said[0]
    assert "Traceback" not in system.log
    # nothing is left to be repaired
    with system:
        assert system.post("api/credentials", player).status == 200
    assert system.log.count("it is kept as") == 1


@pytest.mark.parametrize("name", ["players.db", "visitors.db", "broker.db", "library.db"])
def test_a_folder_in_place_of_a_store_is_named(tmp_path: Path, name: str) -> None:
    system = System(tmp_path)
    (system.data / name).mkdir(parents=True)
    ended = system.zapette("run")
    assert ended.returncode == 2
    assert (
        f"{name}: something else is in its place (Is a directory); move that away" in ended.stderr
    )
    assert "Traceback" not in ended.stderr


def test_an_ordinary_stop_is_no_error(new_system: Callable[..., System]) -> None:
    system = new_system()
    before = len(system.log)
    assert system.stop() == 0
    assert " ERROR " not in system.log[before:]


def test_credentials(system: System) -> None:
    line = system.zapette("credentials").stdout
    assert line == f"home {system.home_password()}\n"
    others = system.zapette("credentials", "list").stdout.split()
    assert others[0] == "home"
    assert system.zapette("credentials", "add", "alice", "--password", "s3cret").returncode == 0
    listed = system.zapette("credentials", "list").stdout.split()
    assert listed == ["home", *sorted({*others[1:], "alice"})]
    assert system.zapette("credentials", "remove", "alice").returncode == 0
    gone = system.zapette("credentials", "remove", "alice")
    assert (gone.returncode, gone.stderr) == (2, "zapette: there is no account 'alice'\n")


@pytest.mark.parametrize("name", ["click", "zapette_cli"])
def test_a_module_in_the_current_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As in a folder of downloads, from which somebody starts Zapette."""
    (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    part = Part("nonsense", Settings())
    part.start()
    assert part.process is not None
    part.process.wait(HANG_TIMEOUT)
    assert part.look(time.monotonic()) == FATAL


def test_no_python_that_is_started_looks_there() -> None:
    sources = [file for top in ("cli", "webapp") for file in (ROOT / top).rglob("*.py")]
    options = [
        it for file in sources for it in re.findall(r'sys\.executable, ("\S+")', file.read_text())
    ]
    assert options == ['"-P"'] * 6
