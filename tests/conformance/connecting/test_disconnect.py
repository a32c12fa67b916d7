"""DISCONNECT, from either side, and what the server says when it ends a connection."""

from __future__ import annotations

import pytest

from tests.conformance.clients import LONG, Clients
from tests.conformance.wire.answers import ConnAck, Disconnect
from tests.conformance.wire.encodings import Version, packet, string, u16, varint
from tests.conformance.wire.packets import PINGREQ, Connect, disconnect, publish, subscribe
from tests.conformance.wire.properties import Property, encode_property

P = Property
V5_CODES = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]


@pytest.mark.proves(v311="3.14.4-3", v5="3.14.4-3 3.14.4-2")
def test_server_closes_after_disconnect(clients: Clients) -> None:
    """DISCONNECT is followed by the end, and by nothing else from the server."""
    client = clients.connect()
    client.send(disconnect() + PINGREQ)
    client.end()


@pytest.mark.parametrize("code", V5_CODES, ids="x{:02x}".format)
@pytest.mark.proves(v5="3.14.2-1")
def test_codes_of_a_client(clients: Clients, code: int) -> None:
    """Each reason code that a client may use ends the connection without an answer."""
    client = clients.connect()
    client.send(disconnect(code))
    assert client.end() is None


@pytest.mark.proves(v5="3.14.2-1 4.13.1-1")
def test_codes_that_are_none(clients: Clients) -> None:
    """A code that DISCONNECT does not have is malformed or a protocol error."""
    client = clients.connect()
    client.send(disconnect(0x03))
    client.end(0x81, 0x82)


@pytest.mark.proves(v5="")
def test_properties_of_a_client(clients: Clients) -> None:
    """DISCONNECT may have a reason string, user properties and an expiry."""
    client = clients.persist()
    pairs = (
        (P.REASON_STRING, "why"),
        (P.USER_PROPERTY, ("a", "b")),
        (P.SESSION_EXPIRY, LONG),
    )
    client.send(disconnect(0x00, pairs))
    assert client.end() is None
    again = clients.persist()
    assert again.connack
    assert again.connack.session_present


@pytest.mark.proves(v311="4.8.0-1", v5="3.14.1-1 4.13.1-1")
def test_disconnect_with_a_body_too_many(clients: Clients) -> None:
    """In 3.1.1 DISCONNECT has no body; in 5 it ends with its properties."""
    client = clients.connect()
    body = b"\0" if clients.version is Version.V311 else b"\0\0\0"
    client.send(packet(0xE0, body))
    client.end(0x81, 0x82)


def _packet(first: int, block: bytes) -> bytes:
    return packet(first, string("a") + varint(len(block)) + block)


ERRORS: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "reserved_type": (packet(0x00), (0x81, 0x82)),
    "qos_3": (packet(0x36, string("a") + u16(1) + b"\0"), (0x81,)),
    "ill_formed_string": (_packet(0x30, b"").replace(b"a", b"\xff"), (0x81,)),
    "second_connect": (Connect("again", Version.V5).encode(), (0x82,)),
    "topic_wildcard": (publish("a/#", version=Version.V5), (0x81, 0x82, 0x90)),
    "property_twice": (_packet(0x30, encode_property(P.CONTENT_TYPE, "a") * 2), (0x81, 0x82)),
    "alias_too_large": (_packet(0x30, encode_property(P.TOPIC_ALIAS, 65535)), (0x94,)),
    "no_filter": (packet(0x82, u16(1) + b"\0"), (0x81, 0x82)),
    "reserved_options": (subscribe(1, ("a", 0xC0), version=Version.V5), (0x81, 0x82)),
    "auth_without_method": (packet(0xF0, b"\x18\x04\x15\0\1X"), (0x82, 0x87, 0x8C)),
}


@pytest.mark.parametrize(("data", "reasons"), ERRORS.values(), ids=ERRORS)
@pytest.mark.proves(v5="3.14.2-1 3.14.2-2 3.14.4-1 3.14.4-2 4.13.1-1 4.13.2-1")
def test_client_is_told_why(clients: Clients, data: bytes, reasons: tuple[int, ...]) -> None:
    """The server says with DISCONNECT what was wrong, then closes."""
    client = clients.connect()
    client.send(data)
    assert client.expect(Disconnect).code in reasons
    client.end()


@pytest.mark.proves(v311="4.8.0-1")
def test_server_says_nothing_in_3_1_1(clients: Clients) -> None:
    """A 3.1.1 server has no DISCONNECT to send: it just closes."""
    client = clients.connect()
    client.send(packet(0x00))
    assert client.end() is None


@pytest.mark.parametrize("size", [2, 8, 20], ids="max{}".format)
@pytest.mark.proves(
    v5="""3.1.2-24 3.2.2-19 3.2.2-20 3.4.2-2 3.4.2-3 3.5.2-2 3.5.2-3 3.6.2-2 3.6.2-3 3.7.2-2
    3.7.2-3 3.9.2-1 3.9.2-2 3.11.2-1 3.11.2-2 3.14.2-3 3.14.2-4"""
)
def test_explanations_fit_the_packet_size(clients: Clients, size: int) -> None:
    """With little room answers come without reason string and user properties, or not at all."""
    client = clients.open()
    limits = ((P.MAXIMUM_PACKET_SIZE, size),)
    connect = Connect(clients.id("c"), Version.V5, properties=limits)
    client.ledger.connected(connect)
    client.send(connect.encode())
    # The ledger refuses any packet above the size. CONNACK itself may not fit.
    if not isinstance(answer := client.receive_any(), ConnAck) or answer.code:
        return
    topic, version = clients.topic(), Version.V5
    client.send(publish(topic, b"x", version=version, qos=1, packet_id=1))
    client.send(publish("$SYS/no", b"x", version=version, qos=1, packet_id=2))
    client.send(publish(topic, b"x", version=version, qos=2, packet_id=3))
    client.send(packet(0x62, u16(3)) + packet(0x62, u16(99)))
    client.send(subscribe(5, ("$share/", 0), version=version) + packet(0x00))
    while client.receive_any() is not None:
        continue


@pytest.mark.proves(v5="3.1.2-29")
def test_no_problem_information(clients: Clients) -> None:
    """Who asked for no problem information gets none, whatever is wrong."""
    client = clients.connect(properties=((P.REQUEST_PROBLEM_INFORMATION, 0),))
    # The ledger refuses reason strings and user properties.
    client.publish("$SYS/no", b"x", qos=1)
    client.publish("$SYS/no", b"x", qos=2)
    client.send(packet(0x62, u16(99)))
    client.receive()
    client.unsubscribe(clients.topic())
    client.send(subscribe(5, ("a#", 0), version=Version.V5))
    client.receive_or_end()


@pytest.mark.parametrize("asked", [None, 0], ids=["absent", "zero"])
@pytest.mark.proves(v5="3.1.2-28")
def test_no_response_information(clients: Clients, asked: int | None) -> None:
    """Response information comes only to who asked for it."""
    pairs = () if asked is None else ((P.REQUEST_RESPONSE_INFORMATION, asked),)
    client = clients.connect(properties=pairs)
    assert client.connack
    assert P.RESPONSE_INFORMATION not in client.connack.properties


@pytest.mark.proves(v5="3.1.2-28")
def test_response_information_may_be_asked_for(clients: Clients) -> None:
    """Asking for it is no error, whether or not the server has any."""
    clients.connect(properties=((P.REQUEST_RESPONSE_INFORMATION, 1),)).silence()
