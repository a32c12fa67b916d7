"""The first byte and the remaining length."""

from __future__ import annotations

import pytest

from tests.conformance.client import PATIENCE
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import ConnAck, PingResp, PubAck
from tests.conformance.wire.encodings import Version, packet, string, u16
from tests.conformance.wire.packets import PINGREQ, Connect, Will, publish

SUBSCRIBED = {Version.V311: b"", Version.V5: b"\0"}


def filters(version: Version, options: bytes) -> bytes:
    return u16(1) + SUBSCRIBED[version] + string("a") + options


@pytest.mark.parametrize("first", [0x80, 0x81, 0x83, 0x86, 0x8A, 0x8F], ids="x{:02x}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2 3.8.1-1", v5="2.1.3-1 3.8.1-1 4.13.1-1")
def test_flags_of_subscribe(clients: Clients, first: int) -> None:
    """SUBSCRIBE with any flags but 0010 ends the connection."""
    client = clients.connect()
    client.send(packet(first, filters(clients.version, b"\0")))
    client.end()


@pytest.mark.parametrize("first", [0xA0, 0xA3, 0xA6, 0xAA, 0xAF], ids="x{:02x}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2 3.10.1-1", v5="2.1.3-1 3.10.1-1")
def test_flags_of_unsubscribe(clients: Clients, first: int) -> None:
    """UNSUBSCRIBE with any flags but 0010 ends the connection."""
    client = clients.connect()
    client.send(packet(first, filters(clients.version, b"")))
    client.end()


@pytest.mark.parametrize("first", [0x60, 0x61, 0x63, 0x66, 0x6A, 0x6F], ids="x{:02x}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2 3.6.1-1", v5="2.1.3-1 3.6.1-1")
def test_flags_of_pubrel(clients: Clients, first: int) -> None:
    """PUBREL with any flags but 0010 ends the connection."""
    client = clients.connect()
    client.send(publish(clients.topic(), version=clients.version, qos=2, packet_id=1))
    client.receive()
    client.send(packet(first, u16(1)))
    client.end()


@pytest.mark.parametrize("flags", [1, 2, 4, 8, 15], ids="f{:04b}".format)
@pytest.mark.proves(v311="2.2.2-2 3.14.1-1", v5="2.1.3-1 3.14.1-1")
def test_flags_of_disconnect(clients: Clients, flags: int) -> None:
    """DISCONNECT with flags is malformed: it ends the connection and the will stays."""
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("will"))
    client = clients.connect(will=Will(clients.topic("will")))
    client.send(packet(0xE0 | flags))
    client.end()
    assert watcher.message().payload == b"gone"


@pytest.mark.parametrize("first", [0x41, 0x42, 0x51, 0x52, 0x71, 0x72], ids="x{:02x}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2", v5="2.1.3-1")
def test_flags_of_acknowledgements(clients: Clients, first: int) -> None:
    """PUBACK, PUBREC and PUBCOMP with flags end the connection."""
    client = clients.connect()
    client.send(packet(first, u16(1)))
    client.end(0x81)


@pytest.mark.parametrize("flags", [1, 2, 8, 15], ids="f{:04b}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2", v5="2.1.3-1")
def test_flags_of_pingreq(clients: Clients, flags: int) -> None:
    """PINGREQ with flags ends the connection."""
    client = clients.connect()
    client.send(packet(0xC0 | flags))
    client.end(0x81)


@pytest.mark.parametrize("flags", [1, 2, 8, 15], ids="f{:04b}".format)
@pytest.mark.proves(v311="2.2.2-1 2.2.2-2 3.1.4-1", v5="2.1.3-1 3.1.4-1")
def test_flags_of_connect(clients: Clients, flags: int) -> None:
    """CONNECT with flags in its fixed header ends the connection."""
    client = clients.open()
    data = Connect(clients.id("c"), clients.version).encode()
    client.send(bytes([data[0] | flags]) + data[1:])
    client.refused()


@pytest.mark.parametrize("number", [0, 2, 9, 11, 13], ids="type{}".format)
@pytest.mark.waits
@pytest.mark.proves(v311="4.8.0-1", v5="4.13.1-1")
def test_packets_that_no_client_sends(clients: Clients, number: int) -> None:
    """The reserved type 0 and the packets of a server end the connection with 0x82."""
    client = clients.connect()
    client.send(packet(number << 4, b"\0\1\0"))
    client.end(0x82)


@pytest.mark.waits
@pytest.mark.proves(v311="4.8.0-1", v5="4.13.1-1")
def test_packets_that_no_client_begins(clients: Clients) -> None:
    """The first bytes of such a packet are enough: what would follow is not waited for."""
    for begun in (b"\x20\xff", b"\x90\x7f\0"):
        client = clients.connect()
        client.send(begun)
        client.end(0x82, timeout=PATIENCE)


@pytest.mark.proves(v311="2.2.2-2 4.8.0-1")
def test_type_15_is_reserved(clients: Clients) -> None:
    """MQTT 3.1.1 has no packet of type 15."""
    client = clients.connect()
    client.send(packet(0xF0))
    client.end()


@pytest.mark.proves(v311="4.8.0-1", v5="1.5.5-1 4.13.1-1")
def test_remaining_length_of_five_bytes(clients: Clients) -> None:
    """A remaining length that goes on after its fourth byte ends the connection."""
    client = clients.connect()
    client.send(b"\x30\xff\xff\xff\xff\x01")
    client.end()


@pytest.mark.parametrize("length", [b"\x80\x00", b"\x80\x80\x00"], ids=["two", "three"])
@pytest.mark.proves(v5="1.5.5-1")
def test_remaining_length_longer_than_need_be(clients: Clients, length: bytes) -> None:
    """A remaining length in more bytes than it takes is malformed."""
    client = clients.connect()
    client.send(b"\xc0" + length)
    client.end(0x81)


@pytest.mark.parametrize("size", [0, 100, 200, 17_000, 2_100_000], ids="bytes{}".format)
@pytest.mark.proves(v311="", v5="1.5.5-1")
def test_remaining_length_of_every_width(clients: Clients, size: int) -> None:
    """Lengths of one, two, three and four bytes are read, and written in the fewest bytes."""
    client = clients.connect()
    client.subscribe(clients.topic())
    client.publish(clients.topic(), bytes(size))
    assert client.message().payload == bytes(size)


@pytest.mark.proves(v311="7.1.1-1", v5="4.2.0-1")
def test_packets_in_pieces(clients: Clients) -> None:
    """TCP is a stream: packets are read when they come a byte at a time, and several at once."""
    client = clients.open()
    data = Connect(clients.id("c"), clients.version).encode() + PINGREQ
    for byte in data:
        client.send(bytes([byte]))
    client.expect(ConnAck)
    client.expect(PingResp)
    message = publish(clients.topic(), b"x", version=clients.version, qos=1, packet_id=9)
    client.send(message + PINGREQ + message[:3])
    assert client.expect(PubAck).packet_id == 9
    client.expect(PingResp)
    client.send(message[3:])
    assert client.expect(PubAck).packet_id == 9
