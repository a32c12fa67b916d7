"""Connections that another process accepted and hands over."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from tests.broker.servers import Running, config, run_ours
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_broker import BrokerError, Limits
from zapette_broker.transports import handover
from zapette_broker.transports.handover import LARGEST, Handover, HandoverError, decode, hand_over

UPGRADE = (
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: mqtt\r\n\r\n"
)
ALL_LOOPS = pytest.mark.parametrize(
    "new_loop", [uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"]
)


@given(st.text(max_size=60), st.binary(max_size=200), st.data())
def test_a_message_comes_back_whole_and_no_part_of_it(
    peer: str, first: bytes, data: st.DataObject
) -> None:
    message = Handover(peer, first).encode()
    assert decode(message) == Handover(peer, first)
    assert decode(message[: data.draw(st.integers(0, len(message) - 1))]) is None
    with pytest.raises(HandoverError):
        decode(message + b"x")


@pytest.mark.parametrize(
    "data", [struct.pack(">IB", 4, 0), struct.pack(">IB", 9, 200), struct.pack(">IB", 1 << 31, 0)]
)
def test_malformed_messages(data: bytes) -> None:
    with pytest.raises(HandoverError):
        decode(data)


def test_messages_have_a_largest_size() -> None:
    with pytest.raises(HandoverError):
        Handover("", bytes(LARGEST)).encode()


@contextmanager
def taking(folder: Path, **options: Any) -> Iterator[tuple[Running, Path]]:
    """Run a broker that takes connections on a Unix socket."""
    path = folder / "mqtt.sock"
    settings = config()
    settings["listeners"]["http"] = {"type": "ws", "bind": f"handover:{path}"}
    with run_ours(settings, **options) as running:
        yield running, path


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect two sockets of the network: a client's and the one that a server accepted."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname(), timeout=HANG_TIMEOUT)
        accepted, _ = listening.accept()
    with client, accepted:
        yield client, accepted


def give(path: Path, first: bytes = UPGRADE, peer: str = "192.0.2.7") -> socket.socket:
    """Hand a connection over, and return the client's side of it."""
    with pair() as (client, accepted):
        hand_over(path, accepted, Handover(peer, first))
        return client.dup()


@ALL_LOOPS
@pytest.mark.parametrize("at", [0, 1, 40, len(UPGRADE)])
def test_what_was_read_before_and_what_comes_after(
    tmp_path: Path, new_loop: Callable[[], asyncio.AbstractEventLoop], at: int
) -> None:
    with taking(tmp_path, new_loop=new_loop) as (running, path):
        with give(path, UPGRADE[:at]) as client:
            client.settimeout(10)
            client.sendall(UPGRADE[at:])
            assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
            listener = running.broker._listeners.by_name["http"]
            assert [it.peer for it in running.call(lambda: list(listener.transports))] == [
                "192.0.2.7"
            ]
        eventually(lambda: listener.count == 0, "it is counted out")
    assert not path.exists()


def test_a_full_listener_says_so(tmp_path: Path) -> None:
    with taking(tmp_path, limits=Limits(max_connections=1)) as (running, path):
        running.await_(asyncio.sleep(0))
        with give(path) as first:
            first.settimeout(10)
            assert first.recv(4096).startswith(b"HTTP/1.1 101 ")
            # what has proved who it is makes no room
            running.call(running.broker._listeners.by_name["http"].strangers.clear)
            with give(path) as second:
                second.settimeout(10)
                answer = second.recv(4096)
                assert answer.startswith(b"HTTP/1.1 503 ")
                assert b"Retry-After: " in answer


def test_nonsense_on_the_unix_socket_harms_nobody(tmp_path: Path) -> None:
    with taking(tmp_path) as (_, path):
        good = Handover("x", UPGRADE).encode()
        for message, count in ((b"", 0), (good, 0), (good, 2), (b"\xff" * 9, 1), (good[:9], 1)):
            with pair() as (client, accepted), socket.socket(socket.AF_UNIX) as link:
                link.connect(str(path))
                if message:
                    socket.send_fds(link, [message], [accepted.fileno()] * count)
                link.shutdown(socket.SHUT_WR)
                accepted.close()
                link.settimeout(10)
                assert link.recv(1) == b""
                if count:
                    client.settimeout(10)
                    assert client.recv(1) == b"", "it is closed"
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(path))
            # it is not one of the network
            socket.send_fds(link, [good], [link.fileno()])
            link.settimeout(10)
            assert link.recv(1) == b""
        with give(path) as client:
            client.settimeout(10)
            assert client.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_a_message_in_pieces(tmp_path: Path) -> None:
    with taking(tmp_path) as (_, path), pair() as (client, accepted):
        message = Handover("x", UPGRADE).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(path))
            socket.send_fds(link, [message[:3]], [accepted.fileno()])
            accepted.close()
            link.sendall(message[3:20])
            link.sendall(message[20:])
            client.settimeout(10)
            assert client.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_nobody_listens(tmp_path: Path) -> None:
    with pair() as (_, accepted):
        with pytest.raises(HandoverError):
            hand_over(tmp_path / "mqtt.sock", accepted, Handover("x", b""))
        # as a broker leaves it that was killed
        handover.listen(tmp_path / "mqtt.sock", 1).close()
        assert (tmp_path / "mqtt.sock").is_socket()
        with pytest.raises(HandoverError):
            hand_over(tmp_path / "mqtt.sock", accepted, Handover("x", b""))
        # the next one takes its place
        with taking(tmp_path) as (_, path), give(path) as client:
            client.settimeout(10)
            assert client.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_too_many_wait(tmp_path: Path) -> None:
    """A broker that hangs makes nobody wait."""
    path = tmp_path / "mqtt.sock"

    def give_many(client: socket.socket) -> None:
        for _ in range(10):
            hand_over(path, client, Handover("x", UPGRADE))

    with (
        handover.listen(path, 1),
        pair() as (_, accepted),
        pytest.raises(HandoverError, match="unavailable"),
    ):
        give_many(accepted)


def test_no_more_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker waits a second, and goes on."""
    monkeypatch.setattr("zapette_broker.transports.handed_over._PAUSE", 0.1)
    accept = socket.socket.accept
    failures = [errno.EMFILE, errno.EMFILE]

    def fails(self: socket.socket) -> Any:
        if self.family == socket.AF_UNIX and failures:
            raise OSError(failures.pop(), "Too many open files")
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", fails)
    with taking(tmp_path) as (_, path), give(path) as client:
        client.settimeout(10)
        assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
    assert not failures


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = config()
    settings["listeners"]["http"] = {"type": "ws", "bind": f"handover:{tmp_path}/none/mqtt.sock"}
    with pytest.raises(BrokerError, match=r"listener http.*none/mqtt\.sock"), run_ours(settings):
        pass
