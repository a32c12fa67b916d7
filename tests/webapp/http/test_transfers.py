"""A film that is being sent is cut when the right that opened it is revoked."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients.proof import basic
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import SLACK, eventually
from tests.webapp.access.test_library_rights import Home

SIZE = 64 << 20
WITHIN = 1 + SLACK
"""Seconds: a second is promised."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    media = tmp_path_factory.mktemp("media")
    with (media / "film.webm").open("wb") as film:
        film.truncate(SIZE)
    settings = {"ZAPETTE_MEDIA_DIR": str(media)}
    with sharing(System(tmp_path_factory.mktemp("system"), settings)) as running:
        yield running


@contextlib.contextmanager
def slowly(system: System, proof: dict[str, str]) -> Iterator[socket.socket]:
    """Yield a connection over which a film comes, as slowly as its other end reads."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", system.http_port))
        fields = "".join(f"{name}: {value}\r\n" for name, value in proof.items())
        head = f"GET /media/film.webm HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        yield connection


def is_cut(connection: socket.socket) -> bool:
    look = select.poll()
    look.register(connection, select.POLLERR | select.POLLHUP)
    return bool(look.poll(0))


def received(connection: socket.socket) -> int:
    """Return how many bytes come until the end."""
    size = 0
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1 << 20):
            size += len(part)
            if size > SIZE - (1 << 20):
                break
    return size


@pytest.mark.parametrize(
    ("role", "way", "how"),
    [
        ("guest", "cookie", "new code"),
        ("remote", "bearer", "revoked"),
        ("player", "cookie", "forgotten"),
    ],
)
def test_revoked_while_it_is_sent(system: System, role: str, way: str, how: str) -> None:
    home, other = Home.of(system), Home.of(system)
    with (
        slowly(system, home.members[role].proofs[way]) as theirs,
        slowly(system, other.members[role].proofs[way]) as others,
    ):
        began = time.monotonic()
        home.end(how)
        eventually(lambda: is_cut(theirs), "it is cut", WITHIN - (time.monotonic() - began))
        assert received(theirs) < SIZE // 2
        # another's goes on to its end
        assert received(others) > SIZE - (1 << 20)


def test_an_account_that_is_removed(new_system: Callable[..., System], tmp_path: Path) -> None:
    with (tmp_path / "film.webm").open("wb") as film:
        film.truncate(SIZE)
    system = new_system(ZAPETTE_MEDIA_DIR=str(tmp_path))
    assert system.zapette("credentials", "add", "anna", "--password", "sesame").returncode == 0
    with slowly(system, basic("anna", "sesame")) as theirs:
        assert system.zapette("credentials", "remove", "anna").returncode == 0
        eventually(lambda: is_cut(theirs), "it is cut", WITHIN)


# waits until somebody opens the pipe
WAITING = """#!/bin/sh
case " $* " in *" pipe:1 "*) : > {waits}; read line < {pipe};; esac
exec {ffmpeg} "$@"
"""


def test_revoked_while_it_is_converted(new_system: Callable[..., System], tmp_path: Path) -> None:
    media, waits, pipe = tmp_path / "media", tmp_path / "waits", tmp_path / "pipe"
    media.mkdir()
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=64x36", str(media / "film.mkv"))
    os.mkfifo(pipe)
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(WAITING.format(waits=waits, pipe=pipe, ffmpeg=shutil.which("ffmpeg")))
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    system = new_system(ZAPETTE_MEDIA_DIR=str(media), PATH=path)
    home = Home.of(system)
    guest = home.members["guest"].proofs["cookie"]
    part = "streams/film.mkv/h264-none/video-0.m4s"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(system.get, part, guest | {"Authorization": ""})
        eventually(waits.exists, "ffmpeg runs")
        home.end("new code")
        pipe.write_text("on\n")
        assert asked.result().status == 401
    # it was made all the same, for others
    eventually(lambda: system.get(part, system.proof).status == 200, "the part is there")


def test_what_was_sent_is_over(system: System) -> None:
    """A connection that has sent all goes on, whatever becomes of the right."""
    home = Home.of(system)
    proof = home.members["guest"].proofs["cookie"]
    with slowly(system, proof) as connection, slowly(system, proof) as theirs:
        received(connection)
        answer(connection)
        home.end("new code")
        eventually(lambda: is_cut(theirs), "the other one is cut", WITHIN)
        answer(connection)


def answer(connection: socket.socket) -> None:
    """Get an answer after what is left of the one before."""
    connection.sendall(b"GET /api/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
    got = b""
    while b"HTTP/1.1 404 " not in got:
        got = got[-64:] + (part := connection.recv(1 << 20))
        assert part
