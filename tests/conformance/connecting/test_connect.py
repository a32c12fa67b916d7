"""CONNECT: what is accepted, what is refused, and how."""

from __future__ import annotations

import pytest

from tests.conformance.client import PATIENCE
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import ConnAck, PingResp, PubAck, SubAck
from tests.conformance.wire.encodings import Version, packet
from tests.conformance.wire.packets import PINGREQ, Connect, Will, disconnect, publish, subscribe


@pytest.mark.proves(v311="3.1.4-4 3.2.0-1 3.2.2-3 7.0.0-2", v5="3.1.4-5 3.2.0-1 3.2.2-3 3.2.2-8")
def test_connack_is_the_answer(clients: Clients) -> None:
    """A valid CONNECT gets CONNACK with code 0 as the first packet."""
    client = clients.open()
    connack = client.connect(Connect(clients.id("c"), clients.version))
    assert (connack.code, connack.session_present) == (0, False)
    client.silence()


FIRST = {
    "ping": PINGREQ,
    "publish": publish("a", b"x", version=Version.V311),
    "subscribe": subscribe(1, ("a", 0), version=Version.V311),
    "disconnect": disconnect(),
    "auth": packet(0xF0),
    "garbage": b"GET / HTTP/1.1\r\n" + b"Host: nowhere\r\n" * 20,
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
@pytest.mark.proves(v311="3.1.0-1 4.8.0-1", v5="3.1.0-1 3.14.0-1 4.13.1-1")
def test_first_packet_has_to_be_connect(clients: Clients, first: bytes) -> None:
    """Anything before CONNECT ends the connection, without DISCONNECT from the server."""
    client = clients.open()
    client.send(first)
    client.end()


@pytest.mark.proves(v311="3.1.0-2", v5="3.1.0-2 3.2.0-2")
def test_second_connect_ends_the_connection(clients: Clients) -> None:
    """CONNECT comes once in a connection; the second is no CONNACK's cause."""
    client = clients.connect()
    client.send(Connect(clients.id("client"), clients.version).encode())
    client.end(0x82)


@pytest.mark.parametrize("name", [b"MQTX", b"mqtt", b"MQTTT", b"", b"MQ"], ids=repr)
@pytest.mark.proves(v311="3.1.2-1", v5="3.1.2-1")
def test_other_protocol_names(clients: Clients, name: bytes) -> None:
    """A name other than MQTT is not served."""
    client = clients.open()
    client.send(Connect(clients.id("c"), clients.version, name=name).encode())
    client.refused(0x84, 0x01)


@pytest.mark.parametrize("level", [0, 2, 6, 127], ids="level{}".format)
@pytest.mark.proves(v311="3.1.2-2", v5="3.1.2-2")
def test_other_protocol_levels(clients: Clients, level: int) -> None:
    """A level that is not served gets CONNACK, in the form of one standard or the other."""
    stream = clients.open().stream
    stream.send(Connect(clients.id("c"), clients.version, level=level).encode())
    received = b""
    while chunk := stream.receive(PATIENCE):
        received += chunk
    assert received in (b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00", b"\x20\x02\x00\x84")


@pytest.mark.proves(v311="3.1.2-3 3.1.4-1", v5="3.1.2-3 3.1.4-1")
def test_reserved_connect_flag(clients: Clients) -> None:
    """The lowest connect flag has to be 0."""
    client = clients.open()
    client.send(Connect(clients.id("c"), clients.version, flags=0x01).encode())
    answer = client.refused()
    assert answer is None or clients.version is Version.V5


WILL = Will("will/topic")
FLAGS = {
    "will_flag_without_will": {"flags": 0x04},
    "will_without_will_flag": {"flags": 0x04, "will": WILL},
    "will_qos_without_will": {"flags": 0x08},
    "will_retain_without_will": {"flags": 0x20},
    "will_qos_3": {"flags": 0x18, "will": WILL},
    "user_flag_without_name": {"flags": 0x80},
    "user_without_flag": {"flags": 0x80, "username": "a", "password": b"b"},
    "password_flag_without_password": {"flags": 0x40, "username": "a"},
    "password_without_flag": {"flags": 0x40, "username": "a", "password": b"b"},
    "too_long": {"tail": b"\0"},
}


@pytest.mark.parametrize("wrong", FLAGS.values(), ids=FLAGS)
@pytest.mark.proves(
    v311="""3.1.2-9 3.1.2-11 3.1.2-13 3.1.2-14 3.1.2-15 3.1.2-18 3.1.2-19 3.1.2-20 3.1.2-21
    3.1.3-1 3.1.3-3 3.1.4-1""",
    v5="""3.1.2-9 3.1.2-11 3.1.2-12 3.1.2-13 3.1.2-16 3.1.2-17 3.1.2-18 3.1.2-19
    3.1.3-1 3.1.3-3 3.1.4-1 4.13.2-1""",
)
def test_flags_that_do_not_fit_the_payload(clients: Clients, wrong: dict[str, object]) -> None:
    """CONNECT whose flags and payload disagree ends the connection, on 3.1.1 without CONNACK."""
    client = clients.open()
    connect = Connect(clients.id("c"), clients.version, **wrong)  # type: ignore[arg-type]
    client.send(connect.encode())
    answer = client.refused()
    assert answer is None or clients.version is Version.V5


@pytest.mark.proves(v311="3.1.2-22 3.1.4-1")
def test_password_needs_a_user_name(clients: Clients) -> None:
    """MQTT 3.1.1 knows no password without a user name."""
    client = clients.open()
    client.send(Connect(clients.id("c"), password=b"secret").encode())
    assert client.refused() is None


@pytest.mark.proves(v5="3.1.2-16 3.1.2-19")
def test_password_without_a_user_name(clients: Clients) -> None:
    """MQTT 5 allows a password alone."""
    client = clients.open()
    connack = client.connect(Connect(clients.id("c"), Version.V5, password=b"secret"))
    assert connack.code == 0


@pytest.mark.proves(
    v311="3.1.2-9 3.1.2-19 3.1.2-21 3.1.3-1", v5="3.1.2-9 3.1.2-17 3.1.2-19 3.1.3-1"
)
def test_every_field_at_once(clients: Clients) -> None:
    """Client identifier, will, user name and password are read in their order."""
    client = clients.open()
    will = Will(clients.topic("will"), b"\xff\0", qos=2, retain=False)
    connect = Connect(
        clients.id("c"), clients.version, will=will, username="někdo", password=b"\xff\0\x01"
    )
    assert client.connect(connect).code == 0
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("will"), qos=2)
    client.close()
    message = watcher.message()
    assert (message.payload, message.qos) == (b"\xff\0", 2)


@pytest.mark.parametrize("cut", [2, 9, 12, 14], ids="at{}".format)
@pytest.mark.proves(v311="3.1.4-1", v5="3.1.4-1")
def test_connect_cut_short(clients: Clients, cut: int) -> None:
    """CONNECT whose body ends in the middle of a field ends the connection."""
    client = clients.open()
    data = Connect(clients.id("client"), clients.version).encode()
    client.send(packet(0x10, data[2 : 2 + cut]))
    answer = client.refused()
    assert answer is None or clients.version is Version.V5


@pytest.mark.proves(v311="3.1.4-5", v5="3.1.4-6")
def test_nothing_is_done_after_a_refusal(clients: Clients) -> None:
    """What a client sends behind a CONNECT that is refused has no effect."""
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("#"))
    client = clients.open()
    refused = Connect(clients.id("c"), clients.version, flags=0x01)
    client.send(refused.encode() + publish(clients.topic(), b"x", version=clients.version))
    client.refused()
    watcher.silence()


@pytest.mark.proves(v311="3.2.0-1", v5="3.2.0-1")
def test_packets_right_behind_connect(clients: Clients) -> None:
    """A client need not wait for CONNACK, which still comes first."""
    client = clients.open()
    topic, version = clients.topic(), clients.version
    client.send(
        Connect(clients.id("c"), version).encode()
        + subscribe(1, (topic, 0), version=version)
        + publish(topic, b"x", version=version, qos=1, packet_id=2)
        + PINGREQ
    )
    client.expect(ConnAck)
    client.expect(SubAck)
    assert {type(client.receive()), type(client.receive())} > {PubAck}
    client.expect(PingResp)
