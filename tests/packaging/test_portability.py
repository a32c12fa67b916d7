"""Zapette where a system lacks what Linux has: each thing is taken away before Python starts.

This stands for macOS and Windows, which the tests do not run on.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs.ports import free_port
from tests.programs.system import System

# Run by each process of the system, before anything of ours is imported.
REMOVE = """
import asyncio, os, shutil, signal, socket, subprocess, sys, tempfile
# what others provide looks at the system's name instead
import click, platformdirs, psutil, sqlite3

shutil._USE_CP_SENDFILE = False
pair = socket.socketpair
unix = getattr(socket, "AF_UNIX", None)
# Windows has one over TCP
socket.socketpair = lambda *_: pair(unix)

def remove(name):
    holder, _, member = name.partition(".")
    if not member:
        sys.modules[name] = None
        return
    module = __import__(holder)
    if hasattr(module, member):
        delattr(module, member)

def no_handler(*_):
    raise NotImplementedError

for name in os.environ["REMOVED"].split():
    if name == "handlers":
        asyncio.AbstractEventLoop.add_signal_handler = no_handler
        asyncio.SelectorEventLoop.add_signal_handler = no_handler
    elif name == "setpriv":
        which = shutil.which
        shutil.which = lambda it, *more, **given: (
            None if it == "setpriv" else which(it, *more, **given)
        )
    else:
        remove(name)
"""
MACOS = "setpriv os.sendfile resource.prlimit os.O_PATH"
WINDOWS = (
    "setpriv os.sendfile resource fcntl grp pwd uvloop handlers socket.AF_UNIX socket.send_fds"
    " socket.recv_fds os.link os.getuid os.geteuid os.getgid os.chown os.fchown os.killpg"
    " os.getpgid os.fork os.mkfifo os.nice os.O_NOFOLLOW os.O_CLOEXEC os.O_DIRECTORY"
    " os.sched_getaffinity signal.SIGHUP signal.SIGUSR1 signal.SIGALRM"
)


@pytest.mark.parametrize("removed", [MACOS, WINDOWS], ids=["macOS", "Windows"])
def test_it_runs_without_what_linux_has(tmp_path: Path, removed: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(REMOVE)
    system = System(tmp_path, {"PYTHONPATH": str(tmp_path), "REMOVED": removed})
    if removed is WINDOWS:
        # MQTT over WebSocket has a port of its own
        system.ws_port = free_port()
    with system:
        called = system.zapette("call", "server", "id", "--timeout", "20")
        assert (called.returncode, called.stderr) == (0, "")
        assert len(json.loads(called.stdout)) == 32
        made = system.get("api/id").json
        given = system.post("api/credentials", made).json
        assert given["url"] == f"ws://localhost:{system.ws_port}/mqtt"
        with_film = system.get("media/zapette.webm", {"Range": "bytes=0-9"})
        assert (with_film.status, len(with_film.body)) == (206, 10)
        saved = system.zapette("backup", str(tmp_path / "saved.zip"))
        assert saved.returncode == 0, saved.stderr
    assert "Traceback" not in system.log
    assert ("a port of their own" in system.log) == (removed is WINDOWS)
