"""What the broker says last arrives, although the client goes on sending."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.broker.servers import Running, run_ours
from tests.conformance.client import Client, ClosedError
from tests.conformance.wire.answers import ConnAck, Disconnect
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, publish
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream, WebSocketStream
from tests.waiting import SLACK
from zapette_broker import Limits
from zapette_broker.transports.lingering import MOST_DROPPED

MIB = 1024 * 1024
MORE = publish("a", b"x" * 50_000, version=Version.V5)
# masked with zeros
FRAME = b"\x82\xfe" + len(MORE).to_bytes(2, "big") + bytes(4) + MORE


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with run_ours(limits=Limits(max_packet=100_000)) as server:
        yield server


def connect(running: Running, transport: str) -> Client:
    port = running.ws_port if transport == "ws" else running.port
    stream = WebSocketStream(port) if transport == "ws" else Stream(port)
    client = Client(stream, Version.V5)
    assert client.connect(Connect("", Version.V5)).code == 0
    return client


def go_on(client: Client, transport: str) -> None:
    """Send more than all buffers of the kernel hold; a connection that is reset fails."""
    for _ in range(60):
        client.stream.socket.sendall(FRAME if transport == "ws" else MORE)


def too_many(client: Client) -> None:
    for number in range(1, 100):
        client.send(publish("a", version=Version.V5, qos=2, packet_id=number))


def too_large(client: Client) -> None:
    client.send(publish("a", b"x" * 110_000, version=Version.V5))


def malformed(client: Client) -> None:
    client.send(b"\x36\x05\x00\x01a\x00\x00")


def twice(client: Client) -> None:
    client.send(Connect("", Version.V5).encode())


def alias(client: Client) -> None:
    client.send(publish("a", version=Version.V5, properties=((Property.TOPIC_ALIAS, 999),)))


@pytest.mark.parametrize("transport", ["tcp", "ws"])
@pytest.mark.parametrize(
    ("break_rule", "code"),
    [(too_many, 0x93), (too_large, 0x95), (malformed, 0x81), (twice, 0x82), (alias, 0x94)],
)
def test_the_reason_arrives(
    running: Running, transport: str, break_rule: Callable[[Client], None], code: int
) -> None:
    client = connect(running, transport)
    break_rule(client)
    go_on(client, transport)
    assert client.wait_for(Disconnect).code == code
    with pytest.raises(ClosedError):
        client.wait_for(Disconnect)
    client.close()


@pytest.mark.parametrize("transport", ["tcp", "ws"])
def test_a_revoked_client_hears_why(running: Running, transport: str) -> None:
    client = connect(running, transport)
    for _ in range(20):
        client.send(MORE)
    running.call(lambda: running.broker.disconnect(lambda _: True))
    go_on(client, transport)
    assert client.wait_for(Disconnect).code == 0x87
    client.close()


def test_a_refusal_arrives(running: Running) -> None:
    for version in Version:
        client = Client(Stream(running.port), version)
        client.send(Connect("", version, name=b"MQTT", level=3).encode())
        go_on(client, "tcp")
        assert client.expect(ConnAck).code in (1, 0x84)
        client.close()


@pytest.mark.parametrize("transport", ["tcp", "ws"])
def test_one_that_never_ends_is_cut(running: Running, transport: str) -> None:
    """It is read for a bounded time, and no more than so many bytes."""
    client = connect(running, transport)
    sent = 0

    def flood() -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while True:
                client.stream.socket.sendall(b"\xff" * MIB)
                sent += MIB

    client.stream.socket.settimeout(60)
    started = time.monotonic()
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the broker cuts the connection"
    assert time.monotonic() - started < 3 + SLACK
    assert sent < MOST_DROPPED + 32 * MIB
    client.close()
    running.connect("fine").silence()
