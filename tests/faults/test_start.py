"""Starts of the whole system: on an empty folder, on one in use, on one that is held."""

from __future__ import annotations

import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.disk import filled, small_disk
from tests.faults.holding import held
from tests.faults.home import home
from tests.programs.ports import free_ports
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually


def test_a_second_run_on_the_folder_is_told_so(system: System) -> None:
    http, mqtt, ws = map(str, free_ports(3))
    ports = ("--http-port", http, "--mqtt-port", mqtt, "--ws-port", ws)
    commands = ("run", "broker", "web")
    with ThreadPoolExecutor() as pool:
        # each waits for one that may be ending
        ended = list(pool.map(lambda command: system.zapette(command, *ports), commands))
    for command, done in zip(commands, ended, strict=True):
        assert done.returncode == 75, done.stderr
        assert f"`zapette {command}` already runs on it" in done.stderr
        assert "--data" in done.stderr
        assert "Traceback" not in done.stderr
    eventually(system.is_up, "the first one goes on")


def test_a_first_start_waits_for_a_store_that_is_held(tmp_path: Path) -> None:
    names = ("players.db", "visitors.db")
    folders = [tmp_path / name.partition(".")[0] for name in names]
    for folder in folders:
        folder.mkdir()
    with ThreadPoolExecutor() as pool:
        list(pool.map(_start_with_a_store_that_is_held, folders, names))


def _start_with_a_store_that_is_held(folder: Path, name: str) -> None:
    system = System(folder).start()
    system.stop()
    try:
        with held(system.data / name):
            system.start_without_waiting()
            eventually(
                lambda: "another process has locked it" in system.log, "it says so", timeout=30
            )
        eventually(system.is_up, "it starts by itself", timeout=40)
    finally:
        code = system.stop()
    assert code == 0
    assert "Traceback" not in system.log


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    system = System(tmp_path)
    system.data.write_text("")
    done = system.zapette("run")
    assert done.returncode == 2
    assert f"{system.data} is not a folder" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("own_disk")
def test_a_first_start_waits_for_a_full_disk(tmp_path: Path) -> None:
    system = System(tmp_path)
    with small_disk(system.data, 12 << 20):
        with filled(system.data):
            system.start_without_waiting()
            eventually(lambda: "its disk is full" in system.log, "it says so")
        try:
            eventually(system.is_up, "it starts by itself", timeout=40)
        finally:
            system.stop()
    assert "Traceback" not in system.log


@pytest.mark.parametrize("files", [64, 256])
def test_few_open_files_are_enough(files: int, tmp_path: Path) -> None:
    """Also while somebody opens as many connections: the stores can be opened all the same."""
    system = System(tmp_path)
    system.start_without_waiting()
    assert system.process is not None
    # before it starts its parts
    resource.prlimit(system.process.pid, resource.RLIMIT_NOFILE, (files, files))
    with ExitStack() as stack:
        stack.callback(system.stop)
        eventually(system.is_up, "the system is up", timeout=60)
        for port in (system.mqtt_port, system.http_port):
            for _ in range(files):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), HANG_TIMEOUT))
        player = system.get("api/id").json
        assert system.post("api/credentials", player).status == 200
        with home(system):
            assert system.is_up()
    assert "unable to open database" not in system.log
