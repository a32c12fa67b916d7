"""Enhanced authentication (MQTT 5), which neither server has: refused as the standard asks."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.encodings import Version, packet
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Pairs, Property, encode_properties

METHOD: Pairs = ((Property.AUTHENTICATION_METHOD, "SCRAM-SHA-1"),)
DATA: Pairs = ((Property.AUTHENTICATION_DATA, b"client-first"),)


def auth(code: int) -> bytes:
    return packet(0xF0, bytes([code]) + encode_properties(METHOD))


@pytest.mark.parametrize("properties", [METHOD, METHOD + DATA], ids=["method", "method_and_data"])
@pytest.mark.proves(v5="4.12.0-1 4.12.0-4 3.2.2-7 3.1.4-2")
def test_unknown_method(clients: Clients, properties: Pairs) -> None:
    """A method that the server does not have is refused with 0x8C or 0x87."""
    client = clients.open()
    client.send(Connect(clients.id("c"), Version.V5, properties=properties).encode())
    assert client.refused(0x8C, 0x87)


@pytest.mark.proves(v5="4.12.0-6")
def test_no_method_no_auth(clients: Clients) -> None:
    """A CONNECT without a method is answered at once, without AUTH and without a method."""
    client = clients.connect()
    assert client.connack
    assert Property.AUTHENTICATION_METHOD not in client.connack.properties
    assert Property.AUTHENTICATION_DATA not in client.connack.properties
    client.silence()


@pytest.mark.parametrize("code", [0x00, 0x18, 0x19], ids="x{:02x}".format)
@pytest.mark.proves(v5="4.12.0-7 4.12.1-1 4.12.1-2 4.13.1-1")
def test_auth_without_a_method_before(clients: Clients, code: int) -> None:
    """AUTH on a connection that named no method is a protocol error, re-authentication too."""
    client = clients.connect()
    client.send(auth(code))
    client.end(0x81, 0x82, 0x8C, 0x87)


@pytest.mark.parametrize("flags", [1, 2, 8, 15], ids="f{:04b}".format)
@pytest.mark.proves(v5="3.15.1-1")
def test_flags_of_auth(clients: Clients, flags: int) -> None:
    """AUTH with flags is malformed."""
    client = clients.connect()
    data = auth(0x18)
    client.send(bytes([data[0] | flags]) + data[1:])
    client.end(0x81, 0x82)


@pytest.mark.proves(v5="3.1.4-6 4.12.0-1")
def test_auth_after_a_refusal(clients: Clients) -> None:
    """AUTH behind a CONNECT that was refused has no effect."""
    client = clients.open()
    client.send(Connect(clients.id("c"), Version.V5, properties=METHOD).encode() + auth(0x18))
    client.refused(0x8C, 0x87)
