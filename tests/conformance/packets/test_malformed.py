"""Packets that do not end where they should, or hold what does not belong in them."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.encodings import Version, packet, string, u16, varint
from tests.conformance.wire.properties import Property, encode_property

P = Property
ENDS = {
    "puback_empty": (0x40, b""),
    "puback_half": (0x40, b"\0"),
    "pubrec_half": (0x50, b"\0"),
    "pubrel_half": (0x62, b"\0"),
    "pubcomp_half": (0x70, b"\0"),
    "subscribe_empty": (0x82, b""),
    "unsubscribe_empty": (0xA2, b""),
    "unsubscribe_half": (0xA2, b"\0"),
    "pingreq_with_a_body": (0xC0, b"\0"),
}


@pytest.mark.parametrize(("first", "body"), ENDS.values(), ids=ENDS)
@pytest.mark.proves(v311="4.8.0-1", v5="4.13.1-1")
def test_packets_of_the_wrong_length(clients: Clients, first: int, body: bytes) -> None:
    """A packet that is too short or too long for what it is ends the connection."""
    client = clients.connect()
    client.send(packet(first, body))
    client.end(0x81, 0x82)


TAILS = {"puback": 0x40, "pubrec": 0x50, "pubrel": 0x62, "pubcomp": 0x70}


@pytest.mark.parametrize("first", TAILS.values(), ids=TAILS)
@pytest.mark.proves(v311="4.8.0-1")
def test_acknowledgements_have_no_more_than_an_identifier(clients: Clients, first: int) -> None:
    """In 3.1.1 nothing follows the identifier."""
    client = clients.connect()
    client.send(packet(first, b"\0\1\0"))
    client.end()


CODES = {
    "puback": (0x40, 0x01),
    "pubrec": (0x50, 0x92),
    "pubrel": (0x62, 0x80),
    "pubcomp": (0x70, 0x10),
}


@pytest.mark.parametrize(("first", "code"), CODES.values(), ids=CODES)
@pytest.mark.proves(v5="3.4.2-1 3.5.2-1 3.6.2-1 3.7.2-1 4.13.1-1")
def test_codes_of_other_packets(clients: Clients, first: int, code: int) -> None:
    """An acknowledgement with a reason code that is not its own ends the connection."""
    client = clients.connect()
    client.send(packet(first, u16(1) + bytes([code])))
    client.end(0x81, 0x82)


def _block(*properties: bytes) -> bytes:
    data = b"".join(properties)
    return varint(len(data)) + data


REASON = encode_property(P.REASON_STRING, "why")
ALIAS = encode_property(P.TOPIC_ALIAS, 1)
PROPERTIES = {
    "puback_wrong": (0x40, u16(1) + b"\0" + _block(ALIAS)),
    "puback_twice": (0x40, u16(1) + b"\0" + _block(REASON, REASON)),
    "pubrec_wrong": (0x50, u16(1) + b"\0" + _block(ALIAS)),
    "pubrel_wrong": (0x62, u16(1) + b"\0" + _block(ALIAS)),
    "pubcomp_wrong": (0x70, u16(1) + b"\0" + _block(ALIAS)),
    "subscribe_wrong": (0x82, u16(1) + _block(REASON) + string("a") + b"\0"),
    "unsubscribe_wrong": (0xA2, u16(1) + _block(REASON) + string("a")),
    "unsubscribe_id": (0xA2, u16(1) + _block(b"\x0b\x01") + string("a")),
    "disconnect_wrong": (0xE0, b"\0" + _block(ALIAS)),
    "disconnect_reference": (0xE0, b"\0" + _block(b"\x1c\0\1a", b"\x1c\0\1a")),
}


@pytest.mark.parametrize(("first", "body"), PROPERTIES.values(), ids=PROPERTIES)
@pytest.mark.proves(v5="4.13.1-1")
def test_properties_of_other_packets(clients: Clients, first: int, body: bytes) -> None:
    """A property in a packet that cannot have it, or doubled, ends the connection."""
    client = clients.connect()
    client.send(packet(first, body))
    client.end(0x81, 0x82)


@pytest.mark.parametrize("first", [0x82, 0xA2], ids=["subscribe", "unsubscribe"])
@pytest.mark.proves(v5="3.8.4-1 3.10.4-4")
def test_user_properties_of_requests(clients: Clients, first: int) -> None:
    """SUBSCRIBE and UNSUBSCRIBE may have user properties; they change nothing."""
    client = clients.connect()
    pair = encode_property(P.USER_PROPERTY, ("a", "b"))
    options = b"\0" if first == 0x82 else b""
    topic = string(clients.topic())
    client.send(packet(first, u16(7) + _block(pair, pair) + topic + options))
    assert getattr(client.receive(), "packet_id", 0) == 7
    client.silence()


@pytest.mark.proves(v311="4.8.0-1", v5="4.13.1-1")
def test_other_clients_are_not_disturbed(clients: Clients) -> None:
    """What one connection does wrong ends that connection alone."""
    good = clients.connect("good")
    good.subscribe(clients.topic(), qos=1)
    for number in range(20):
        bad = clients.connect(f"bad{number}")
        bad.subscribe(clients.topic(), qos=1)
        bad.send(packet(0x36, b"\0\1a\0\1" + (b"\0" if bad.version is Version.V5 else b"")))
        bad.end()
    good.publish(clients.topic(), b"x", qos=1)
    assert good.message().payload == b"x"
