"""A server that allows little: it says so to MQTT 5 clients, and holds everybody to it."""

from __future__ import annotations

import time

import pytest

from tests.conformance.clients import Clients
from tests.conformance.servers import MAX_ALIAS, MAX_KEEP_ALIVE, MAX_OPEN, MAX_PACKET
from tests.conformance.wire.answers import PubRec
from tests.conformance.wire.encodings import Version, packet, string, varint
from tests.conformance.wire.packets import publish, subscribe
from tests.conformance.wire.properties import Property

P = Property


@pytest.mark.proves(v5="3.2.0-1")
def test_limits_are_told(limited_clients: Clients) -> None:
    """CONNACK has the receive maximum, maximum packet size and topic alias maximum."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    assert client.connack
    properties = client.connack.properties
    assert properties.number(P.RECEIVE_MAXIMUM) == MAX_OPEN
    assert properties.number(P.MAXIMUM_PACKET_SIZE) == MAX_PACKET
    assert properties.number(P.TOPIC_ALIAS_MAXIMUM) == MAX_ALIAS


@pytest.mark.parametrize("asked", [0, 11, 65535], ids="keep_alive{}".format)
@pytest.mark.proves(v5="3.2.2-22")
def test_server_keep_alive_is_told(limited_clients: Clients, asked: int) -> None:
    """A keep alive that is too long, or none, is replaced by the server's."""
    client = limited_clients.connect(keep_alive=asked)
    assert client.connack
    assert (
        client.connack.properties.number(P.SERVER_KEEP_ALIVE)
        == limited_clients.server.max_keep_alive
    )


@pytest.mark.proves(v5="3.2.2-22")
def test_keep_alive_that_is_short_enough(limited_clients: Clients) -> None:
    """A keep alive within the limit stays as it is."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    assert client.connack
    assert P.SERVER_KEEP_ALIVE not in client.connack.properties


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.2-22 3.2.2-22")
def test_server_keep_alive_holds(limited_clients: Clients) -> None:
    """One and a half times the server's keep alive without a packet end the connection."""
    began = time.monotonic()
    client = limited_clients.connect(keep_alive=600)
    limit = 1.5 * limited_clients.server.max_keep_alive
    client.end(0x8D, timeout=limit + limited_clients.server.slack)
    assert time.monotonic() - began > limit - 0.1


@pytest.mark.parametrize("size", [MAX_PACKET + 1, 268_000_000], ids=["by_one", "by_far"])
@pytest.mark.waits
@pytest.mark.proves(v311="4.8.0-1", v5="3.2.2-15 4.13.1-1")
def test_packet_too_large_for_the_server(limited_clients: Clients, size: int) -> None:
    """A packet above the maximum ends the connection as soon as its length is known: 0x95."""
    # A keep alive that ends the connection later than this test gives up.
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    client.send(b"\x30" + varint(size - 1 - len(varint(size))) + b"\0\1a")
    client.end(0x95, timeout=MAX_KEEP_ALIVE)


@pytest.mark.proves(v311="", v5="3.2.2-15")
def test_packet_that_just_fits(limited_clients: Clients) -> None:
    """A packet of exactly the maximum is taken."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    topic = limited_clients.topic()
    client.subscribe(topic)
    head = string(topic) + (b"\0" if limited_clients.version is Version.V5 else b"")
    body = head + bytes(MAX_PACKET - 4 - len(head))
    data = packet(0x30, body)
    assert len(data) == MAX_PACKET
    client.send(data)
    assert client.message().topic == topic


@pytest.mark.proves(v5="3.3.4-7 4.13.1-1")
def test_client_beyond_the_receive_maximum_of_the_server(limited_clients: Clients) -> None:
    """One QoS 2 message more than the receive maximum ends the connection with 0x93."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    for number in range(1, MAX_OPEN + 2):
        client.send(publish("a", version=Version.V5, qos=2, packet_id=number))
    for _ in range(MAX_OPEN):
        client.expect(PubRec)
    client.end(0x93)


@pytest.mark.proves(v5="3.3.4-7 3.3.4-10")
def test_client_within_the_receive_maximum_of_the_server(limited_clients: Clients) -> None:
    """Up to the receive maximum all goes well, and what was released counts no more."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    for _ in range(3):
        identifiers = [client.next_id() for _ in range(MAX_OPEN)]
        for number in identifiers:
            client.send(publish("a", version=Version.V5, qos=2, packet_id=number))
        client.send(subscribe(60_000, (limited_clients.topic(), 0), version=Version.V5))
        for number in identifiers:
            assert client.expect(PubRec).packet_id == number
        client.receive()
        for number in identifiers:
            client.send(packet(0x62, number.to_bytes(2, "big")))
            client.receive()


@pytest.mark.parametrize("number", [MAX_ALIAS, MAX_ALIAS + 1, 65535], ids="alias{}".format)
@pytest.mark.proves(v5="3.2.2-17 3.3.2-9 3.3.2-12")
def test_topic_alias_maximum_holds(limited_clients: Clients, number: int) -> None:
    """The last alias allowed is taken, the next ends the connection with 0x94."""
    client = limited_clients.connect(keep_alive=MAX_KEEP_ALIVE)
    alias = ((P.TOPIC_ALIAS, number),)
    client.send(publish(limited_clients.topic(), version=Version.V5, properties=alias))
    if number <= MAX_ALIAS:
        client.silence()
    else:
        client.end(0x94)
