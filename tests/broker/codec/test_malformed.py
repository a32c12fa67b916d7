"""Packets that break the rules, over sockets: the broker serves on, and grows no larger.

``BROKER_MALFORMED=1000000`` sends a million of them.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.broker.codec.test_codecs import _packets
from tests.broker.servers import Process, run_process
from tests.conformance.client import Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import PINGREQ, Connect, publish, subscribe
from tests.waiting import HANG_TIMEOUT, eventually

COUNT = int(os.environ.get("BROKER_MALFORMED", "3000"))
GROWTH = 8 * 1024 * 1024
BATCH = 50
RESET = struct.pack("ii", 1, 0)
VALID = {
    version: [
        *_packets(),
        PINGREQ,
        publish("t", b"x", version=version),
        b"\xe0\x00",
        subscribe(1, ("t/#", 1), version=version),
    ]
    for version in Version
}
CONNECTS = {
    version: [Connect(f"m{number}", version).encode() for number in range(10)]
    for version in Version
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder: Path = tmp_path_factory.mktemp("malformed")
    with run_process("ours", folder, limits={"connect_timeout": 5, "sys_interval": 0.5}) as running:
        yield running


def corrupted(chance: random.Random) -> bytes:
    """Return some packets with something wrong in them, a CONNECT before them or not."""
    version = chance.choice(list(Version))
    pieces = []
    if chance.random() < 0.8:
        pieces.append(chance.choice(CONNECTS[version]))
    for _ in range(chance.randrange(1, 4)):
        packet = bytearray(chance.choice(VALID[version]))
        match chance.randrange(6):
            case 0:
                packet[chance.randrange(len(packet))] = chance.randrange(256)
            case 1:
                del packet[chance.randrange(len(packet)) :]
            case 2:
                packet += chance.randbytes(chance.randrange(1, 10))
            case 3:
                packet = bytearray(chance.randbytes(chance.randrange(1, 40)))
            case 4:
                packet[1] = chance.randrange(256)
            case _:
                packet[0] ^= 1 << chance.randrange(8)
        pieces.append(bytes(packet))
    return b"".join(pieces)


def throw(port: int, fence: Client, pieces: Sequence[bytes]) -> None:
    """Send each of the pieces on a connection of its own, and cut them all."""
    with ExitStack() as stack:
        streams = []
        for data in pieces:
            one = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=HANG_TIMEOUT)
            )
            # A reset, so that ports do not run out.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            with suppress(OSError):
                one.sendall(data)
            streams.append(one)
        # A reset takes back what was not read. The broker looks at all sockets in turn: between
        # its answers to two pings, sent one after the other, it has looked at each. One turn lets
        # the connections in, the next reads what they sent.
        for _ in range(4):
            fence.ping()


def refused(running: Process) -> int:
    """Return how many packets the broker has found wrong, as it tells in ``$SYS``."""
    client = running.connect("looks", Version.V5)
    client.subscribe("$SYS/broker/metrics")
    metrics = json.loads(client.message().payload)
    client.close()  # not politely: the next figures may be under way
    return int(metrics["protocol_violations"])


def test_malformed_packets_do_no_harm(running: Process) -> None:
    broker = psutil.Process(running.process.pid)
    fence = running.connect("fence", keep_alive=0)
    chance = random.Random(5)
    for _ in range(10):
        throw(running.port, fence, [corrupted(chance) for _ in range(BATCH)])
    before = broker.memory_info().rss
    sent = 0
    while sent < COUNT:
        throw(running.port, fence, [corrupted(chance) for _ in range(BATCH)])
        sent += BATCH
    client = running.connect("after", Version.V5)
    client.subscribe("after")
    client.publish("after", b"still served")
    assert client.message().payload == b"still served"
    eventually(lambda: refused(running) > 0.5 * sent, "it has read and refused most of them", 30)
    grown = broker.memory_info().rss - before
    assert grown < GROWTH
    assert broker.num_fds() < 100
    assert "Traceback" not in running.log
    assert "internal_error" not in running.log
    assert "panicked" not in running.log


@pytest.mark.parametrize("piece", [1, 2, 3, 7])
def test_packets_in_pieces(running: Process, piece: int) -> None:
    """A packet may come in any number of chunks."""
    client = running.open(Version.V5)
    data = Connect(f"pieces{piece}", Version.V5).encode() + subscribe(
        1, ("pieces", 0), version=Version.V5
    )
    data += publish("pieces", bytes(500), version=Version.V5)
    for at in range(0, len(data), piece):
        client.send(data[at : at + piece])
    assert [type(client.receive()).__name__ for _ in range(3)] == ["ConnAck", "SubAck", "Publish"]
