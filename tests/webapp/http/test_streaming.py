"""How films are sent: whole, to everybody, and to nobody at the cost of the others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from waitress.adjustments import Adjustments
from waitress.buffers import ReadOnlyFileBasedBuffer

from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import eventually
from zapette_webapp.http.connections import Connections
from zapette_webapp.http.reading.fair_channel import IDLE_SECONDS, FairChannel, Shared
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.http.responses.turn_channel import TURN

SIZE = 64 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    with (folder / "film.webm").open("wb") as film:
        for number in range(SIZE >> 20):
            film.write(bytes([number]) * (1 << 20))
    return folder


@pytest.fixture(scope="module")
def films(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with sharing(
        System(tmp_path_factory.mktemp("system"), {"ZAPETTE_MEDIA_DIR": str(folder)})
    ) as running:
        yield running


def ask(system: System, header: str = "", name: str = "film.webm") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", system.http_port), timeout=20)
    connection.sendall(request(system, header, name))
    return connection


def request(system: System, header: str = "", name: str = "film.webm") -> bytes:
    head = f"GET /media/{name} HTTP/1.1\r\nHost: localhost\r\n{system.proof_line}{header}\r\n"
    return head.encode()


def read(connection: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes, or what came until the server closed the connection."""
    parts = []
    while size > 0 and (part := connection.recv(min(size, 1 << 20))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def head(connection: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        got += connection.recv(1)
    return got


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("", 0, SIZE),
        ("Range: bytes=0-\r\n", 0, SIZE),
        ("Range: bytes=1048570-5242890\r\n", 1048570, 5242891),
        ("Range: bytes=-1\r\n", SIZE - 1, SIZE),
    ],
)
def test_every_byte_arrives_and_the_connection_goes_on(
    films: System, folder: Path, header: str, start: int, end: int
) -> None:
    content = (folder / "film.webm").read_bytes()[start:end]
    with ask(films, header) as connection:
        for _ in range(2):
            assert f"Content-Length: {end - start}\r\n".encode() in head(connection)
            assert read(connection, end - start) == content
            connection.sendall(request(films, header))


READER = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(sys.argv[2].encode())
buffer = bytearray(1 << 20)
print(len(connection.recv(100)), flush=True)
while connection.recv_into(buffer):
    pass
"""


def test_one_turn_is_no_longer_than_it_may_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that takes all it is sent must not get all of it at once."""
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(active_channels={}, pull_trigger=lambda: None)
    shared = Shared(Connections(1, 1), RefusalCounts())
    channel = FairChannel(server, ours, ("127.0.0.1", 1), Adjustments(), map={}, shared=shared)
    sent: list[int] = []

    def take_all(_out: int, _in: int, _offset: int, count: int) -> int:
        sent.append(count)
        return count

    monkeypatch.setattr(os, "sendfile", take_all)
    with ours, theirs, (folder / "film.webm").open("rb") as film:
        buffer = ReadOnlyFileBasedBuffer(film)  # type: ignore[arg-type]
        assert buffer.prepare() == SIZE
        channel.write_soon(buffer)  # type: ignore[arg-type]
        assert sum(sent) == TURN
        channel.handle_write()
        assert sum(sent) == 2 * TURN
        assert channel.total_outbufs_len == SIZE - 2 * TURN


def test_a_connection_is_not_idle_when_it_has_just_sent_a_long_film(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client may ask for the next part on it."""
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(active_channels={}, pull_trigger=lambda: None)
    shared = Shared(Connections(1, 1), RefusalCounts())
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    channel = FairChannel(server, ours, ("127.0.0.1", 1), Adjustments(), map={}, shared=shared)
    monkeypatch.setattr(os, "sendfile", lambda _out, _in, _offset, count: count)
    with ours, theirs, (folder / "film.webm").open("rb") as film:
        buffer = ReadOnlyFileBasedBuffer(film)  # type: ignore[arg-type]
        buffer.prepare()
        channel.write_soon(buffer)  # type: ignore[arg-type]
        while channel.total_outbufs_len:
            now[0] += IDLE_SECONDS
            channel.handle_write()
        assert channel.readable()
        assert not channel.will_close
        now[0] += IDLE_SECONDS + 1
        channel.readable()
        assert channel.will_close


def test_fast_readers_do_not_keep_others_waiting(films: System, folder: Path) -> None:
    # so long that no reader comes to its end; it takes no room on the disk
    with (folder / "endless.webm").open("wb") as film:
        film.truncate(1 << 40)
    asked = request(films, name="endless.webm").decode()
    command = [sys.executable, "-c", READER, str(films.http_port), asked]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"100\n"
        for _ in range(20):
            assert films.get("api/ip").status == 200
        assert [reader.poll() for reader in readers] == [None] * 3
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


def test_many_paused_viewers_hold_no_thread(films: System) -> None:
    paused = [ask(films, "Range: bytes=0-\r\n") for _ in range(40)]
    try:
        for viewer in paused:
            assert head(viewer).startswith(b"HTTP/1.1 206")
        for _ in range(20):
            assert films.get("api/ip").status == 200
    finally:
        for viewer in paused:
            viewer.close()


def test_viewers_that_leave_cost_nothing_and_are_not_logged(films: System) -> None:
    process = psutil.Process(films.pid("web"))
    before = process.num_fds()
    for _ in range(30):
        viewer = ask(films)
        head(viewer)
        viewer.close()
    eventually(lambda: process.num_fds() <= before + 2, "the files are closed")
    assert "Traceback" not in films.log
    assert "Socket error" not in films.log


def test_a_file_that_becomes_shorter_ends_the_connection(
    new_system: Callable[..., System], tmp_path: Path
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    with (media / "short.webm").open("wb") as film:
        film.truncate(SIZE)
    system = new_system(ZAPETTE_MEDIA_DIR=str(media))
    with ask(system, name="short.webm") as viewer:
        head(viewer)
        os.truncate(media / "short.webm", 0)
        assert len(read(viewer, SIZE)) < SIZE
    eventually(lambda: "became shorter" in system.log, "it is said")
    # nothing spins
    process = psutil.Process(system.pid("web"))
    used, began = process.cpu_times().user, time.monotonic()
    eventually(lambda: time.monotonic() - began > 1, "a second passes")
    assert process.cpu_times().user - used < 0.5
