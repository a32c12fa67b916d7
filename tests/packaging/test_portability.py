"""Zapette where a system lacks what Linux has: each thing is taken away before Python starts.

This stands for macOS and Windows, which the tests do not run on.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.programs.ports import free_port, listens
from tests.programs.processes import ending, ending_with_us
from tests.programs.system import System
from tests.streams import samples
from tests.waiting import HANG_TIMEOUT, eventually
from tests.webapp.uploads.uploading import Phone, link_of
from zapette_server.paths import ROOT

MACOS: Final = "macOS"
WINDOWS: Final = "Windows"

# "Availability" in Python's documentation, for each name of the system that the product has
LACKING: Final = {
    WINDOWS: """
        fcntl grp resource uvloop
        os.O_CLOEXEC os.O_DIRECTORY os.O_NOFOLLOW os.O_NONBLOCK os.P_PID os.ST_RDONLY os.WEXITED
        os.WNOWAIT os.fchown os.geteuid os.getuid os.killpg os.sendfile os.statvfs os.waitid
        signal.SIGKILL signal.SIGXCPU
        socket.AF_UNIX socket.CMSG_SPACE socket.MSG_CMSG_CLOEXEC socket.SCM_RIGHTS socket.send_fds
    """,
    # os.waitid and its flags came with Python 3.13
    MACOS: "os.P_PID os.WEXITED os.WNOWAIT os.waitid socket.MSG_CMSG_CLOEXEC",
}
EVERYWHERE: Final = """
    os.DirEntry os.O_APPEND os.O_CREAT os.O_EXCL os.O_RDONLY os.O_RDWR os.O_TRUNC os.O_WRONLY
    os.R_OK os.SEEK_END os.W_OK os.X_OK os.access os.close os.cpu_count os.devnull os.dup2
    os.environ os.execv os.fdopen os.fsdecode os.fsencode os.fstat os.fsync os.ftruncate os.getpid
    os.kill os.listdir os.mkdir os.name os.open os.path os.read os.rename os.rmdir os.scandir
    os.sep os.stat_result os.strerror os.supports_dir_fd os.umask os.utime os.walk os.write
    os.isatty signal.SIGINT signal.SIGTERM signal.SIG_DFL signal.Signals signal.default_int_handler
    signal.getsignal signal.set_wakeup_fd signal.signal
    socket.AF_INET socket.AF_INET6 socket.AddressFamily socket.MSG_PEEK socket.SHUT_RDWR
    socket.SHUT_WR socket.SOCK_DGRAM socket.SOCK_STREAM socket.SOL_SOCKET socket.SO_LINGER
    socket.SO_REUSEADDR socket.SO_SNDBUF socket.create_connection socket.create_server socket.fromfd
    socket.gethostname socket.socket socket.socketpair
"""
# Windows alone has it
ONLY_WINDOWS: Final = "os.O_BINARY"
# some are gone with their module
MODULES: Final = {"fcntl", "grp", "os", "pwd", "resource", "select", "signal", "socket", "uvloop"}
PACKAGES: Final = ("zapette", "server", "broker", "webapp", "bridge", "homeassistant", "cli")


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield each name of the system that code has: `os.read`, `getattr(os, "O_NOFOLLOW", 0)`."""
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in imported:
                yield f"{module}.{name}"
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"),
                args=[ast.Name(id=module), ast.Constant(value=str(name)), *_],
            ):
                yield f"{module}.{name}"
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{it.name}" for it in names)


def test_each_name_of_the_system_is_known_to_be_there_or_not() -> None:
    used = {
        name
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        for name in _names(ast.parse(file.read_text()))
        if name.partition(".")[0] in MODULES
    }
    known = set(f"{LACKING[WINDOWS]} {EVERYWHERE} {ONLY_WINDOWS}".split())
    modules = {it for it in known if "." not in it}
    assert {it for it in used if it.partition(".")[0] not in modules} == {
        it for it in known if "." in it
    }
    assert set(LACKING[MACOS].split()) <= known


@pytest.mark.parametrize("name", [MACOS, WINDOWS])
def test_it_runs_without_what_linux_has(tmp_path: Path, name: str) -> None:
    media = tmp_path / "media"
    media.mkdir()
    # only the content says what this is, and its first byte ends a text on Windows
    made = samples.film(tmp_path / "film.mkv", *samples.FILMS["h264.mkv"])
    shutil.copy(made, media / "film.data")
    system = System(tmp_path, _settings(tmp_path, name) | {"ZAPETTE_MEDIA_DIR": str(media)})
    if name == WINDOWS:
        # MQTT over WebSocket has a port of its own
        system.ws_port = free_port()
    saved = str(tmp_path / "saved.zip")
    with system:
        called = system.zapette("call", "server", "id", "--timeout", "20")
        assert (called.returncode, called.stderr) == (0, "")
        assert len(json.loads(called.stdout)) == 32
        given = system.post("api/credentials", system.get("api/id").json).json
        assert given["url"] == f"ws://localhost:{system.ws_port}/mqtt"
        _watch(system, "film.data")
        assert (
            Phone(system, link_of(system, "remote")).send("sent.mkv", made.read_bytes()).status
            == 200
        )
        backup = system.zapette("backup", saved)
        assert backup.returncode == 0, backup.stderr
        checked = system.zapette("doctor")
        assert "Traceback" not in checked.stderr
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert system.stop() == 0
    restored = system.zapette("restore", saved)
    assert restored.returncode == 0, restored.stderr
    with system:
        assert system.get("api/id").status == 200
    assert "Traceback" not in system.log
    assert ("a port of their own" in system.log) == (name == WINDOWS)


@pytest.mark.parametrize("name", [MACOS, WINDOWS])
def test_the_broker_runs_alone(tmp_path: Path, name: str) -> None:
    port, file = free_port(), tmp_path / "broker.yaml"
    file.write_text(f"listeners: {{default: {{type: tcp, bind: '127.0.0.1:{port}'}}}}")
    command = [sys.executable, "-m", "zapette_broker", "-c", str(file)]
    environment = os.environ | _settings(tmp_path, name)
    with ending(subprocess.Popen(ending_with_us(command), env=environment)) as broker:
        eventually(lambda: listens(port), "it listens")
        broker.send_signal(signal.SIGINT)
        assert broker.wait(HANG_TIMEOUT) == 0


def _settings(folder: Path, name: str) -> dict[str, str]:
    """Return the environment of a process for which this is another system."""
    python = folder / "python"
    python.mkdir()
    shutil.copy(Path(__file__).with_name("other_system.py"), python / "sitecustomize.py")
    return {"PYTHONPATH": str(python), "SYSTEM": name, "REMOVED": LACKING[name]}


def _watch(system: System, film: str) -> None:
    """Find a film, read some of its file, and all of it as ffmpeg converts it."""
    system.wait_for_index()
    assert film in system.get("api/library").body.decode()
    part = system.get(f"media/{film}", {"Range": "bytes=0-9"})
    assert (part.status, len(part.body)) == (206, 10)
    stream = f"streams/{film}/h264-aac"
    playlist = system.get(f"{stream}/video.m3u8?sig=1")
    assert playlist.status == 200, playlist.body
    parts = re.findall(r"^[^#\s]+\.m4s.*$", playlist.body.decode(), re.MULTILINE)
    assert len(parts) >= 2
    for each in parts:
        assert system.get(f"{stream}/{each}").status == 200
