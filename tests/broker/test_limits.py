"""Every limit is enforced with its reason code, said in one log line, and hurts nobody else."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from tests.broker.certificates import make_certificate
from tests.broker.servers import Running, config, run_ours
from tests.conformance.client import PATIENCE, Client
from tests.conformance.wire.answers import Disconnect, PingResp, PubAck, Publish, PubRec, SubAck
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import PINGREQ, Connect, publish, subscribe
from tests.conformance.wire.properties import Property
from tests.conformance.wire.stream import Stream, WebSocketStream
from tests.waiting import eventually
from zapette_broker import Limits, SettingsError

V5, V311 = Version.V5, Version.V311
BOTH = pytest.mark.parametrize("version", list(Version))


def stalled(running: Running, client_id: str, version: Version = V5, **more: Any) -> Client:
    """Return a client with little room in its socket, of which nothing is read."""
    client = running.connect(client_id, version, **more)
    client.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    return client


def test_a_listener_takes_so_many_connections(caplog: pytest.LogCaptureFixture) -> None:
    settings = config()
    settings["listeners"]["default"]["max_connections"] = 3
    with run_ours(settings) as running:
        clients = [running.connect(f"c{number}") for number in range(3)]
        refused = running.open()
        refused.send(Connect("more").encode())
        assert refused.end(timeout=PATIENCE) is None
        clients[0].leave()
        eventually(lambda: running.broker.metrics.clients_connected == 2, "one has left")
        running.connect("instead")
        assert running.broker.metrics.connections_refused == 1
    lines = [r.getMessage() for r in caplog.records if "listener_full" in r.getMessage()]
    assert lines == ["event=listener_full listener=default limit=3"]


def test_all_listeners_leave_open_files_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One listener may use all the connections; the other then refuses new ones."""
    monkeypatch.setattr("zapette_broker.listeners.most_connections", lambda: 3)
    with run_ours() as running:
        clients = [running.connect(f"c{number}") for number in range(3)]
        refused = running.open(stream=Stream(running.ws_port))
        assert refused.end(timeout=PATIENCE) is None
        clients[0].leave()
        eventually(lambda: running.broker.metrics.clients_connected == 2, "one has left")
        running.connect("instead", stream=WebSocketStream(running.ws_port))


def test_connect_has_a_time() -> None:
    with run_ours(limits=Limits(connect_timeout=0.5)) as running:
        silent = running.open()
        slow = running.open()
        slow.send(Connect("slow").encode()[:5])
        for client in (silent, slow):
            assert client.end(timeout=PATIENCE) is None
        running.connect("fine").silence()


def test_a_tls_handshake_has_the_time_of_connect(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    settings = config()
    settings["listeners"]["default"] |= {
        "ssl": True, "certfile": str(certificate), "keyfile": str(key),
    }  # fmt: skip
    with run_ours(settings, limits=Limits(connect_timeout=0.5)) as running:
        assert running.open().end(timeout=PATIENCE) is None


def test_connect_has_a_size() -> None:
    with run_ours(limits=Limits(max_connect_packet=500)) as running:
        large = running.open(V5)
        large.send(Connect("c", V5, username="u", password=bytes(600)).encode())
        assert large.end() is None
        running.connect("c", username="u", password=bytes(100))


@BOTH
def test_a_packet_has_a_size(version: Version) -> None:
    with run_ours(limits=Limits(max_packet=2000)) as running:
        client = running.connect("c", version)
        if version is V5:
            assert client.connack is not None
            assert client.connack.properties.get(Property.MAXIMUM_PACKET_SIZE) == 2000
        client.publish("t", bytes(1900), qos=1)
        client.send(publish("t", bytes(3000), version=version)[:20])
        farewell = client.end()
        assert (farewell.code if farewell else None) == (0x95 if version is V5 else None)


@BOTH
def test_a_session_has_so_many_subscriptions(version: Version) -> None:
    with run_ours(limits=Limits(max_subscriptions=5)) as running:
        client = running.connect("c", version)
        codes = client.subscribe(*[f"t/{number}" for number in range(7)]).codes
        refused = 0x97 if version is V5 else 0x80
        assert list(codes) == [0] * 5 + [refused] * 2
        assert list(client.subscribe("t/0", qos=1).codes) == [1]
        client.unsubscribe("t/1")
        assert list(client.subscribe("t/6").codes) == [0]


def test_receive_maximum_is_told_and_enforced() -> None:
    with run_ours(limits=Limits(receive_maximum=3)) as running:
        client = running.connect("c", V5)
        assert client.connack is not None
        assert client.connack.properties.get(Property.RECEIVE_MAXIMUM) == 3
        for packet_id in range(1, 5):
            client.send(publish("t", b"x", version=V5, qos=2, packet_id=packet_id))
        for _ in range(3):
            client.receive()
        assert client.expect(Disconnect).code == 0x93


@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
def test_mqtt_311_has_no_receive_maximum(tmp_path: Path, qos: int) -> None:
    """As many messages as a client sends at once are acknowledged, once they are stored."""
    with run_ours(limits=Limits(receive_maximum=3), store=tmp_path / "store.db") as running:
        client = running.connect("c", V311)
        numbers = range(1, 41)
        sent = [
            publish(f"t/{it}", b"x", version=V311, qos=qos, retain=True, packet_id=it)
            for it in numbers
        ]
        client.send(b"".join(sent))
        assert [client.expect(PubAck if qos == 1 else PubRec).packet_id for _ in numbers] == list(
            numbers
        )


def test_messages_under_way_to_a_client_are_limited() -> None:
    with run_ours(limits=Limits(max_inflight=4)) as running:
        reader = running.connect("reader", V311)
        reader.subscribe("t", qos=1)
        writer = running.connect("writer", V311)
        for number in range(10):
            writer.publish("t", str(number).encode(), qos=1)
        first = [reader.expect_publish() for _ in range(4)]
        reader.silence()
        reader.puback(first[0])
        assert reader.expect_publish().payload == b"4"


def test_keep_alive_has_a_longest() -> None:
    with run_ours(limits=Limits(max_keep_alive=30)) as running:
        for asked, told in ((0, 30), (60, 30), (20, None)):
            client = running.connect("c", V5, keep_alive=asked)
            assert client.connack is not None
            assert client.connack.properties.get(Property.SERVER_KEEP_ALIVE) == told


def test_session_expiry_has_a_longest() -> None:
    with run_ours(limits=Limits(max_session_expiry=100)) as running:
        for asked, told in ((1000, 100), (0xFFFF_FFFF, 100), (50, None)):
            properties = ((Property.SESSION_EXPIRY, asked),)
            client = running.connect("c", V5, properties=properties)
            assert client.connack is not None
            assert client.connack.properties.get(Property.SESSION_EXPIRY) == told


def test_sessions_end_when_they_expire() -> None:
    with run_ours(limits=Limits(max_session_expiry=1)) as running:
        running.connect("old", V311, clean=False).leave()
        running.connect("new", V5, properties=((Property.SESSION_EXPIRY, 1),)).leave()
        eventually(lambda: running.call(lambda: len(running.broker.sessions)) == 0, "both are over")
        assert running.broker.metrics.sessions_expired == 2


def test_there_are_so_many_sessions() -> None:
    with run_ours(limits=Limits(max_sessions=2)) as running:
        running.connect("a", V5)
        running.connect("b", V5)
        running.connect("c", V5, expect=0x97)
        running.connect("d", V311, expect=3)
        running.connect("a", V5)


@pytest.mark.parametrize("by", ["count", "size"])
def test_a_session_that_is_away_collects_so_much(by: str, caplog: pytest.LogCaptureFixture) -> None:
    size = 2_000 if by == "size" else 1
    limits = Limits(max_queued_bytes=10_000) if by == "size" else Limits(max_queued_messages=4)
    with run_ours(limits=limits) as running:
        expiry = ((Property.SESSION_EXPIRY, 60),)
        reader = running.connect("reader", V5, properties=expiry)
        reader.subscribe("t", qos=1)
        reader.leave()
        writer = running.connect("writer", V5)
        for _ in range(20):
            answer = writer.publish("t", bytes(size), qos=1)
            assert answer is not None
            assert answer.code == 0
        reader = running.connect("reader", V5, clean=False, properties=expiry)
        assert len(reader.messages(4)) == 4
        reader.silence()
        assert running.broker.metrics.publish_dropped == 16
    assert sum("queue_full" in record.getMessage() for record in caplog.records) == 1


@BOTH
def test_qos_0_to_a_client_that_does_not_read_is_dropped(version: Version) -> None:
    with run_ours(limits=Limits(max_queued_bytes=100_000)) as running:
        slow = stalled(running, "slow", version)
        slow.subscribe("flood", qos=0)
        reader = running.connect("reader", version)
        reader.subscribe("after")
        writer = running.connect("writer", version)
        for _ in range(400):
            writer.publish("flood", bytes(60_000))
        writer.publish("after", b"x")
        assert reader.message().payload == b"x"
        assert running.broker.metrics.publish_dropped > 100
        slow.send(PINGREQ)
        received = 0
        while isinstance(slow.receive(10), Publish):
            received += 1
        assert 0 < received < 400
        assert running.broker.metrics.slow_consumers == 0


def test_frames_with_pings_are_not_answered_without_end() -> None:
    """One that does not read gets no more answers than its connection takes."""
    with run_ours() as running:
        stream = WebSocketStream(running.ws_port)
        slow = stalled(running, "slow", stream=stream)
        size = 125
        ping = b"\x89" + bytes((0x80 | size,)) + bytes(4 + size)
        for _ in range(100):
            stream.socket.sendall(ping * 1000)
        slow.send(PINGREQ)
        received = b""
        total = 0
        while not received.endswith(b"\xd0\x00"):
            received = received[-1:] + stream.socket.recv(1 << 20)
            total += len(received)
        assert total < 100_000 * size * 0.7


@BOTH
def test_a_client_that_does_not_read_qos_1_is_cut_off(
    version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with run_ours(limits=Limits(max_queued_bytes=500_000)) as running:
        slow = stalled(running, "slow", version)
        slow.subscribe("flood", qos=1)
        writer = running.connect("writer", version)
        for _ in range(200):
            writer.publish("flood", bytes(60_000), qos=1)
        assert running.broker.metrics.slow_consumers == 1
        eventually(lambda: running.broker.metrics.clients_connected == 1, "it is cut off")
    lines = [r.getMessage() for r in caplog.records if "too many messages" in r.getMessage()]
    assert len(lines) == 1


def test_a_client_that_never_acknowledges_is_told_so() -> None:
    with run_ours(limits=Limits(max_queued_messages=10, max_inflight=2)) as running:
        reader = running.connect("reader", V5)
        reader.subscribe("t", qos=1)
        writer = running.connect("writer", V5)
        for _ in range(20):
            writer.publish("t", b"x", qos=1)
        reader.expect_publish()
        reader.expect_publish()
        assert reader.expect(Disconnect).code == 0x97


@pytest.mark.parametrize("by", ["count", "size"])
def test_retained_messages_are_limited(by: str) -> None:
    limits = (
        Limits(max_retained_bytes=20_000, sys_interval=0)
        if by == "size"
        else Limits(max_retained=8, sys_interval=0)
    )
    with run_ours(limits=limits) as running:
        client = running.connect("c", V5)
        codes = []
        for number in range(20):
            answer = client.publish(f"t/{number}", bytes(2000), qos=1, retain=True)
            assert answer is not None
            codes.append(answer.code)
        kept = codes.count(0x10)
        assert codes == [0x10] * kept + [0x97] * (20 - kept)
        assert kept == 8 or by == "size"
        answer = client.publish("t/0", bytes(2000), qos=1, retain=True)
        assert answer is not None
        assert answer.code == 0x10
        client.publish("t/0", b"", qos=1, retain=True)
        answer = client.publish("t/new", bytes(2000), qos=1, retain=True)
        assert answer is not None
        assert answer.code == 0x10


def test_many_retained_messages_reach_a_slow_reader_whole() -> None:
    with run_ours(limits=Limits(max_queued_bytes=50_000)) as running:
        writer = running.connect("writer", V5)
        for number in range(600):
            # more in all than the kernel buffers on a connection
            writer.publish(f"kept/{number}", bytes(20_000), qos=0, retain=True)
        writer.publish("last", b"x", qos=1)
        for qos in (0, 1):
            slow = stalled(running, f"slow{qos}")
            slow.send(subscribe(1, ("kept/#", qos), version=V5))
            other = running.connect("other", V5)
            other.silence()
            slow.expect(SubAck)
            assert len({slow.message().topic for _ in range(600)}) == 600


@contextmanager
def standing_still(running: Running) -> Iterator[None]:
    """Stop the event loop of the broker for the length of the block."""
    stands, goes_on = threading.Event(), threading.Event()

    def stand() -> None:
        stands.set()
        goes_on.wait()

    running.loop.call_soon_threadsafe(stand)
    try:
        stands.wait()
        yield
    finally:
        goes_on.set()


def test_a_flood_leaves_others_their_turn() -> None:
    """A flood and a PINGREQ wait on the wire at once; the order of the answers shows the turns."""
    count, turn = 10_000, 256
    with run_ours(limits=Limits(turn_packets=turn)) as running:
        flooder = running.connect("flooder", V311)
        # room for the whole flood while the broker reads nothing
        flooder.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
        other = running.connect("other", V311)
        other.subscribe("flood")
        flood = publish("flood", b"x", version=V311) * count
        for _ in range(10):
            with standing_still(running):
                flooder.send(flood)
                other.send(PINGREQ)
            before = 0
            while isinstance(answer := other.receive(), Publish):
                before += 1
            assert isinstance(answer, PingResp)
            assert before <= 4 * turn
            assert len(other.messages(count - before)) == count - before


def test_ten_thousand_topic_aliases_are_refused() -> None:
    with run_ours(limits=Limits(max_topic_alias=10)) as running:
        client = running.connect("c", V5)
        for alias in (1, 10):
            properties = ((Property.TOPIC_ALIAS, alias),)
            client.publish(f"t/{alias}", b"x", properties=properties)
        client.silence()
        client.publish("t", b"x", properties=((Property.TOPIC_ALIAS, 11),))
        assert client.expect(Disconnect).code == 0x94


def test_a_packet_too_large_for_the_client_is_not_sent() -> None:
    with run_ours() as running:
        reader = running.connect("r", V5, properties=((Property.MAXIMUM_PACKET_SIZE, 200),))
        reader.subscribe("t", qos=1)
        writer = running.connect("w", V5)
        writer.publish("t", bytes(500), qos=1)
        writer.publish("t", b"small", qos=1)
        assert reader.message().payload == b"small"


# One line in the log for each of them


def _exceed_packet(running: Running) -> None:
    client = running.connect("c", V5)
    client.send(publish("t", bytes(5000), version=V5))
    client.end()


def _exceed_receive_maximum(running: Running) -> None:
    client = running.connect("c", V5)
    for packet_id in range(1, 5):
        client.send(publish("t", b"x", version=V5, qos=2, packet_id=packet_id))
    while not isinstance(client.receive_any(), Disconnect):
        pass


def _exceed_aliases(running: Running) -> None:
    client = running.connect("c", V5)
    client.publish("t", b"x", properties=((Property.TOPIC_ALIAS, 11),))
    client.end()


def _exceed_subscriptions(running: Running) -> None:
    running.connect("c", V5).subscribe(*[f"t/{number}" for number in range(20)])


def _exceed_retained(running: Running) -> None:
    client = running.connect("c", V5)
    for number in range(20):
        client.publish(f"t/{number}", b"x", qos=1, retain=True)


def _exceed_sessions(running: Running) -> None:
    for number in range(4):
        running.connect(f"c{number}", V5)
    running.connect("more", V5, expect=0x97)


def _exceed_connect(running: Running) -> None:
    client = running.open(V5)
    client.send(Connect("c", V5, username="u", password=bytes(2000)).encode())
    client.end()


def _exceed_time(running: Running) -> None:
    client = running.open(V5)
    client.send(b"\x10")
    client.end(timeout=10)


def _exceed_queue(running: Running) -> None:
    slow = stalled(running, "slow", V5)
    slow.subscribe("flood")
    writer = running.connect("writer", V5)
    for _ in range(200):
        writer.publish("flood", bytes(60_000))
    writer.ping()


SMALL = Limits(
    max_packet=100_000,
    max_connect_packet=1000,
    receive_maximum=2,
    max_topic_alias=10,
    max_subscriptions=5,
    max_retained=8,
    max_sessions=4,
    max_queued_bytes=100_000,
    connect_timeout=0.5,
    sys_interval=0,
)


@pytest.mark.parametrize(
    ("exceed", "line"),
    [
        (_exceed_packet, "packet_too_large: "),
        (_exceed_receive_maximum, "receive_maximum_exceeded: "),
        (_exceed_aliases, "topic_alias_invalid: "),
        (_exceed_subscriptions, "event=too_many_subscriptions "),
        (_exceed_retained, "event=retained_full "),
        (_exceed_sessions, "refused: too many sessions"),
        (_exceed_connect, "event=not_connected "),
        (_exceed_time, "no CONNECT in time"),
        (_exceed_queue, "event=reads_too_slowly "),
    ],
)
def test_one_line_for_each_limit(
    exceed: Callable[[Running], None], line: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "broker")
    limits = replace(SMALL, max_packet=2000) if exceed is _exceed_packet else SMALL
    with run_ours(limits=limits) as running:
        exceed(running)
        eventually(lambda: line in caplog.text, line)
        assert sum(line in record.getMessage() for record in caplog.records) == 1


# The settings themselves


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"max_packets": 1}, "max_packets: there is no such limit; did you mean max_packet?"),
        ({"max_packet": "1"}, "max_packet: '1' is not a whole number"),
        ({"max_packet": 0}, "max_packet: 0 is out of range"),
        ({"max_packet": -5}, "max_packet: -5 is out of range"),
        ({"receive-maximum": 70_000}, "receive_maximum: 70000 is out of range"),
        ({"connect_timeout": True}, "connect_timeout: True is not a number"),
        ({"allowed_origins": "x"}, "allowed_origins: 'x' is not a list of texts"),
        ({"websocket_path": "mqtt"}, "websocket_path: it does not begin with /"),
    ],
)
def test_wrong_limits_are_named(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Limits.from_mapping(values)
    assert str(caught.value).startswith(message)


def test_limits_from_a_file() -> None:
    limits = Limits.from_mapping(
        {"max-packet": 1000, "connect_timeout": 5, "allowed_origins": ["https://a.example"]}
    )
    assert limits.max_packet == 1000
    assert limits.connect_timeout == 5
    assert limits.allowed_origins == frozenset({"https://a.example"})


def test_limits_in_one_setting() -> None:
    limits = Limits.from_text("max_packet = 1000, allowed_origins = ['same-host']")
    assert limits == Limits(max_packet=1000, allowed_origins=frozenset({"same-host"}))
    assert Limits.from_text("") == Limits()
    for text, message in (
        ("max_packets = 1", "max_packets: there is no such limit"),
        ("x", "limits: 'x': "),
    ):
        with pytest.raises(SettingsError, match=message):
            Limits.from_text(text)


def test_a_wrong_limit_of_the_whole_system_is_named(tmp_path: Path) -> None:
    settings = {"ZAPETTE_LIMITS": "max_packets = 1", "ZAPETTE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "zapette_cli", "broker"]
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "max_packets: there is no such limit" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_limit_is_described() -> None:
    assert Limits.__doc__ is not None
    for field in fields(Limits):
        assert f"{field.name}:" in Limits.__doc__, field.name
