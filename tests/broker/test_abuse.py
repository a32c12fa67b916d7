"""Clients that want too much of everything: memory stays bounded, and others are served."""

from __future__ import annotations

import resource
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.broker.codec.test_malformed import RESET
from tests.broker.servers import ANONYMOUS, Process, run_process
from tests.conformance.client import ClosedError
from tests.conformance.wire.answers import Disconnect, SubAck
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, subscribe
from tests.conformance.wire.stream import WebSocketStream
from tests.programs.ports import free_ports
from tests.waiting import eventually

pytestmark = pytest.mark.slow

MIB = 2**20
V5 = Version.V5
SOURCES = 4
"""Addresses of the loopback that half-open connections come from, so that ports last."""


class Abused:
    """A broker, how large it was, and a client of it that is served or not."""

    def __init__(self, running: Process, ws_port: int) -> None:
        self.running = running
        self.ws_port = ws_port
        self.process = psutil.Process(running.process.pid)
        self.other = running.connect("other", V5, keep_alive=0)
        self.size = self.process.memory_info().rss

    def others_are_served(self) -> None:
        """Publish and receive, as a client that was there before and as a new one."""
        with ExitStack() as stack:
            self.other.subscribe("fine")
            self.other.publish("fine", b"x", qos=1)
            self.other.message()
            new = self.running.open(V5)
            stack.callback(new.close)
            assert new.connect(Connect("new", V5)).code == 0

    @property
    def grown(self) -> int:
        return self.process.memory_info().rss - self.size


@pytest.fixture
def abused(tmp_path: Path) -> Iterator[Abused]:
    port, ws_port = free_ports(2)
    listeners = {
        "default": {"type": "tcp", "bind": f"0.0.0.0:{port}"},
        "browsers": {"type": "ws", "bind": f"127.0.0.1:{ws_port}"},
    }
    plugins = {ANONYMOUS: {"allow_anonymous": True}}
    limits = {"connect_timeout": 90, "max_retained": 4000, "max_queued_messages": 1000}
    with run_process(
        "ours", tmp_path, plugins, port=port, listeners=listeners, limits=limits
    ) as running:
        yield Abused(running, ws_port)


@pytest.fixture
def room() -> Iterator[int]:
    """Let this process have many sockets, and return how many a test may open: 10,000."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield min(10_000, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_half_open_connections(abused: Abused, room: int) -> None:
    """Some say nothing, some the beginning of a CONNECT."""
    with ExitStack() as stack:
        for number in range(room):
            one = socket.create_connection(
                (f"127.0.0.{1 + number % SOURCES}", abused.running.port), timeout=20
            )
            stack.callback(one.close)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            if number % 2:
                one.sendall(b"\x10\x7f\x00\x04MQTT")
        eventually(lambda: abused.process.num_fds() > room, "all are open", 60)
        abused.others_are_served()
        assert abused.grown < room * 12_000
    eventually(lambda: abused.process.num_fds() < 100, "all are closed", 60)
    abused.others_are_served()


@pytest.mark.parametrize("transport", ["tcp", "ws"])
@pytest.mark.parametrize("first", [b"\x10", b"\x30"], ids=["connect", "publish"])
def test_a_packet_of_256_mb(abused: Abused, transport: str, first: bytes) -> None:
    """It ends at its head; over WebSocket also if the frame is as large."""
    client = abused.running.open(V5, WebSocketStream(abused.ws_port) if transport == "ws" else None)
    if first == b"\x30":
        assert client.connect(Connect("large", V5)).code == 0
    head = first + b"\xff\xff\xff\x7f"
    stream = client.stream
    if isinstance(stream, WebSocketStream):
        frame = struct.pack(">BBQI", 0x82, 0xFF, 268_435_460, 0)
        super(WebSocketStream, stream).send(frame + head + bytes(65_536))
    else:
        client.send(head + bytes(65_536))
    with suppress(ClosedError, TimeoutError):
        while not isinstance(client.receive(), Disconnect):
            pass
    client.end(timeout=10)
    abused.others_are_served()
    assert abused.grown < 16 * MIB


@pytest.mark.long
def test_a_million_subscriptions(abused: Abused) -> None:
    greedy = abused.running.connect("greedy", V5)
    granted = 0
    for packet_id in range(1, 51):
        some = [(f"{packet_id}/{number}/+/#", 0) for number in range(20_000)]
        greedy.send(subscribe(packet_id, *some, version=V5))
        granted += sum(code == 0 for code in greedy.expect(SubAck, 60).codes)
        if packet_id % 10 == 0:
            abused.others_are_served()
    assert granted == 1000
    assert abused.grown < 48 * MIB


def test_all_retained_messages_again_and_again(abused: Abused) -> None:
    """Who does not read what was asked for is cut off before it takes the broker's memory."""
    for number in range(4000):
        abused.other.publish(f"kept/{number}", bytes(100), retain=True)
    abused.other.ping()
    size = abused.process.memory_info().rss
    greedy = abused.running.connect("greedy", V5)
    greedy.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    asked = subscribe(1, ("kept/#", 0), version=V5)
    greedy.stream.socket.settimeout(20)
    with suppress(OSError):
        for _ in range(2000):
            greedy.stream.socket.sendall(asked)
    eventually(lambda: "too many messages" in abused.running.log, "it is cut off", 20)
    abused.others_are_served()
    assert abused.process.memory_info().rss - size < 24 * MIB
