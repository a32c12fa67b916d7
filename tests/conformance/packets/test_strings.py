"""UTF-8 strings, wherever they stand."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will, publish, subscribe, unsubscribe
from tests.conformance.wire.properties import Property, Value

ILL_FORMED = {
    "surrogate": b"\xed\xa0\x80",
    "overlong": b"\xc0\xaf",
    "truncated": b"\xe2\x82",
    "stray": b"\xff",
    "beyond": b"\xf4\x90\x80\x80",
    "null": b"\x00",
}
ill_formed = pytest.mark.parametrize("ill", ILL_FORMED.values(), ids=ILL_FORMED)


@ill_formed
@pytest.mark.proves(
    v311="1.5.3-1 1.5.3-2 3.3.2-1 4.7.3-2 4.8.0-1", v5="1.5.4-1 1.5.4-2 3.3.2-1 4.7.3-2 4.13.1-1"
)
def test_ill_formed_topic_name(clients: Clients, ill: bytes) -> None:
    """A topic name that is not a well-formed string ends the connection."""
    client = clients.connect()
    client.send(publish(b"a" + ill, version=clients.version))
    client.end(0x81)


@ill_formed
@pytest.mark.proves(v311="1.5.3-1 1.5.3-2 3.8.3-1 4.7.3-2", v5="1.5.4-1 1.5.4-2 3.8.3-1 4.7.3-2")
def test_ill_formed_filter_in_subscribe(clients: Clients, ill: bytes) -> None:
    """A filter of SUBSCRIBE that is not a well-formed string ends the connection."""
    client = clients.connect()
    client.send(subscribe(1, (b"a" + ill, 0), version=clients.version))
    client.end(0x81)


@ill_formed
@pytest.mark.proves(v311="1.5.3-1 1.5.3-2 3.10.3-1", v5="1.5.4-1 1.5.4-2 3.10.3-1")
def test_ill_formed_filter_in_unsubscribe(clients: Clients, ill: bytes) -> None:
    """A filter of UNSUBSCRIBE that is not a well-formed string ends the connection."""
    client = clients.connect()
    client.send(unsubscribe(1, b"a" + ill, version=clients.version))
    client.end(0x81)


@ill_formed
@pytest.mark.proves(v311="1.5.3-1 1.5.3-2 3.1.3-4", v5="1.5.4-1 1.5.4-2 3.1.3-4 3.1.3-8")
def test_ill_formed_client_identifier(clients: Clients, ill: bytes) -> None:
    """A client identifier that is not a well-formed string ends the connection."""
    client = clients.open()
    client.send(Connect(b"a" + ill, clients.version).encode())
    client.refused()


@ill_formed
@pytest.mark.proves(v311="1.5.3-1 1.5.3-2 3.1.3-10", v5="1.5.4-1 1.5.4-2 3.1.3-11")
def test_ill_formed_will_topic(clients: Clients, ill: bytes) -> None:
    """A will topic that is not a well-formed string ends the connection."""
    client = clients.open()
    will = Will(b"a" + ill)
    client.send(Connect(clients.id("c"), clients.version, will=will).encode())
    client.refused()


@ill_formed
@pytest.mark.proves(v311="1.5.3-1 1.5.3-2 3.1.3-11", v5="1.5.4-1 1.5.4-2 3.1.3-12")
def test_ill_formed_user_name(clients: Clients, ill: bytes) -> None:
    """A user name that is not a well-formed string ends the connection."""
    client = clients.open()
    client.send(Connect(clients.id("c"), clients.version, username=b"a" + ill).encode())
    client.refused()


PROPERTIES: dict[str, tuple[Property, Value]] = {
    "key": (Property.USER_PROPERTY, (b"\xed\xa0\x80", b"value")),
    "value": (Property.USER_PROPERTY, (b"key", b"\xff")),
    "null": (Property.USER_PROPERTY, (b"key", b"a\0b")),
    "content": (Property.CONTENT_TYPE, b"\xc0\xaf"),
    "response": (Property.RESPONSE_TOPIC, b"\xe2\x82"),
}


@pytest.mark.parametrize("pair", PROPERTIES.values(), ids=PROPERTIES)
@pytest.mark.proves(v5="1.5.4-1 1.5.7-1 3.3.2-13 3.3.2-19")
def test_ill_formed_property(clients: Clients, pair: tuple[Property, Value]) -> None:
    """A string or a pair of strings among the properties is checked like any other."""
    client = clients.connect()
    client.send(publish(clients.topic(), version=Version.V5, properties=(pair,)))
    client.end()


@pytest.mark.proves(v311="1.5.3-3 4.7.3-4", v5="1.5.4-3 4.7.3-4")
def test_byte_order_mark_is_kept(clients: Clients) -> None:
    """U+FEFF in a topic is a character like others: neither dropped nor ignored in matching."""
    marked, plain = clients.topic("\ufeffa"), clients.topic("a")
    client = clients.connect()
    client.subscribe(marked)
    client.publish(plain, b"plain")
    client.publish(marked, b"marked")
    message = client.message()
    assert (message.topic, message.payload) == (marked, b"marked")
    client.silence()


@pytest.mark.proves(v311="4.7.3-4", v5="4.7.3-4")
def test_topics_are_not_normalised(clients: Clients) -> None:
    """An é of one code point and an é of two are different topics, and case counts."""
    client = clients.connect()
    client.subscribe(clients.topic("caf\u00e9"))
    for other in ("cafe\u0301", "CAF\u00c9", "cafe", "caf\u00e9/", "/caf\u00e9"):
        client.publish(clients.topic(other), b"other")
    client.publish(clients.topic("caf\u00e9"), b"same")
    assert client.message().payload == b"same"
    client.silence()
