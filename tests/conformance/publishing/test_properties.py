"""The properties of PUBLISH: passed on, or refused."""

from __future__ import annotations

import time

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import ConnAck
from tests.conformance.wire.encodings import Version, packet, string, u16, varint
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Property, Value, encode_property

P = Property
PASSED_ON: dict[str, tuple[Property, Value]] = {
    "utf8": (P.PAYLOAD_FORMAT, 1),
    "bytes": (P.PAYLOAD_FORMAT, 0),
    "content": (P.CONTENT_TYPE, "application/json; charset=utf-8"),
    "response": (P.RESPONSE_TOPIC, "some/where/é"),
    "correlation": (P.CORRELATION_DATA, bytes(range(256))),
    "empty_correlation": (P.CORRELATION_DATA, b""),
    "user": (P.USER_PROPERTY, ("näme", "välue")),
    "empty_user": (P.USER_PROPERTY, ("", "")),
}


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.parametrize("pair", PASSED_ON.values(), ids=PASSED_ON)
@pytest.mark.proves(v5="3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-20")
def test_properties_are_passed_on(clients: Clients, pair: tuple[Property, Value], qos: int) -> None:
    """Each property reaches the subscriber as it was, and nothing else does."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"x", qos=qos, properties=(pair,))
    received = client.message().properties
    # The indicator 0 means the same as its absence.
    allowed = [(pair,), ()] if pair == (P.PAYLOAD_FORMAT, 0) else [(pair,)]
    assert received.pairs in allowed


@pytest.mark.proves(v5="3.3.2-17 3.3.2-18")
def test_user_properties_keep_their_order(clients: Clients) -> None:
    """User properties, the same name twice included, arrive in the order they were sent."""
    pairs = [("b", "1"), ("a", "2"), ("b", "3"), ("", "4"), ("a", "2"), ("z", "")]
    client = clients.connect()
    client.subscribe(clients.topic(), qos=1)
    client.publish(
        clients.topic(), b"x", qos=1, properties=tuple((P.USER_PROPERTY, pair) for pair in pairs)
    )
    assert client.message().properties.all(P.USER_PROPERTY) == pairs


@pytest.mark.proves(v5="3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-20")
def test_retained_messages_keep_their_properties(clients: Clients) -> None:
    """What a new subscription is brought has the properties that were published."""
    pairs = tuple(
        PASSED_ON[name] for name in ("utf8", "content", "response", "correlation", "user")
    )
    client = clients.connect()
    client.publish(clients.topic(), b"x", qos=1, retain=True, properties=pairs)
    client.subscribe(clients.topic())
    assert sorted(map(str, client.message().properties)) == sorted(map(str, pairs))


@pytest.mark.proves(v5="3.3.2-17 3.1.2-23")
def test_queued_messages_keep_their_properties(clients: Clients) -> None:
    """What waited for a session has the properties that were published."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    pairs = (PASSED_ON["response"], PASSED_ON["correlation"], PASSED_ON["user"])
    clients.connect("publisher").publish(clients.topic(), b"x", qos=1, properties=pairs)
    message = clients.persist().message()
    assert sorted(map(str, message.properties)) == sorted(map(str, pairs))


@pytest.mark.waits
@pytest.mark.proves(v5="3.3.2-5 3.3.2-6")
def test_message_expires(clients: Clients) -> None:
    """A message that waited longer than its expiry is not delivered; others say what is left."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    publisher = clients.connect("publisher")
    for payload, seconds in ((b"short", 1), (b"long", 100), (b"short too", 1)):
        pairs = ((P.MESSAGE_EXPIRY, seconds),)
        publisher.publish(clients.topic(), payload, qos=1, properties=pairs)
    time.sleep(2.2)
    client = clients.persist()
    message = client.message()
    assert message.payload == b"long"
    assert 90 <= message.properties.number(P.MESSAGE_EXPIRY) <= 98
    client.silence()


@pytest.mark.waits
@pytest.mark.proves(v5="3.3.2-5 3.3.2-6")
def test_retained_message_expires(clients: Clients) -> None:
    """A retained message goes when its expiry is over; another says what is left."""
    publisher = clients.connect("publisher")
    for rest, seconds in (("a", 1), ("b", 100)):
        pairs = ((P.MESSAGE_EXPIRY, seconds),)
        publisher.publish(clients.topic(rest), b"x", qos=1, retain=True, properties=pairs)
    time.sleep(2.2)
    client = clients.connect()
    client.subscribe(clients.topic("#"))
    message = client.message()
    assert message.topic == clients.topic("b")
    assert 90 <= message.properties.number(P.MESSAGE_EXPIRY) <= 98
    client.silence()


@pytest.mark.proves(v5="3.3.2-6")
def test_expiry_is_passed_on_at_once(clients: Clients) -> None:
    """A message that did not wait has the expiry it was published with."""
    client = clients.connect()
    client.subscribe(clients.topic())
    client.publish(clients.topic(), b"x", properties=((P.MESSAGE_EXPIRY, 1000),))
    assert 998 <= client.message().properties.number(P.MESSAGE_EXPIRY) <= 1000


WRONG: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "twice": (encode_property(P.CONTENT_TYPE, "a") * 2, (0x81, 0x82)),
    "unknown": (b"\x7f\x00", (0x81, 0x82)),
    "not_for_publish": (encode_property(P.SESSION_EXPIRY, 5), (0x81, 0x82)),
    "not_for_clients": (encode_property(P.ASSIGNED_CLIENT_ID, "a"), (0x81, 0x82)),
    "alias_0": (encode_property(P.TOPIC_ALIAS, 0), (0x81, 0x82, 0x94)),
    "subscription_id": (encode_property(P.SUBSCRIPTION_ID, 5), (0x81, 0x82)),
    "cut": (b"\x02\x00", (0x81, 0x82)),
    "response_plus": (encode_property(P.RESPONSE_TOPIC, "a/+"), (0x81, 0x82, 0x90)),
    "response_hash": (encode_property(P.RESPONSE_TOPIC, "#"), (0x81, 0x82, 0x90)),
}


@pytest.mark.parametrize(("block", "reasons"), WRONG.values(), ids=WRONG)
@pytest.mark.proves(v5="3.3.2-8 3.3.2-14 3.3.4-6 4.13.1-1")
def test_properties_that_do_not_belong(
    clients: Clients, block: bytes, reasons: tuple[int, ...]
) -> None:
    """A property that is wrong, doubled, unknown or not for PUBLISH ends the connection."""
    client = clients.connect()
    client.send(packet(0x30, string("a") + varint(len(block)) + block))
    client.end(*reasons)


LENGTHS = {"too_long": b"\x20", "endless": b"\xff\xff\xff\xff\x01", "missing": b""}


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.proves(v5="2.2.2-1 1.5.5-1 4.13.1-1")
def test_property_lengths_that_do_not_fit(clients: Clients, length: bytes) -> None:
    """A property length that is missing, malformed or beyond the packet ends the connection."""
    client = clients.connect()
    client.send(packet(0x32, string("a") + u16(1) + length))
    client.end(0x81, 0x82)


CONNECT: dict[str, tuple[bytes, ...]] = {
    "twice": (encode_property(P.RECEIVE_MAXIMUM, 5) * 2,),
    "receive_maximum_0": (encode_property(P.RECEIVE_MAXIMUM, 0),),
    "packet_size_0": (encode_property(P.MAXIMUM_PACKET_SIZE, 0),),
    "problem_2": (encode_property(P.REQUEST_PROBLEM_INFORMATION, 2),),
    "response_2": (encode_property(P.REQUEST_RESPONSE_INFORMATION, 2),),
    "expiry_twice": (encode_property(P.SESSION_EXPIRY, 1) * 2,),
    "not_for_connect": (encode_property(P.TOPIC_ALIAS, 1),),
    "will_property": (encode_property(P.WILL_DELAY, 1),),
    "data_without_method": (encode_property(P.AUTHENTICATION_DATA, b"x"),),
}


@pytest.mark.parametrize("block", CONNECT.values(), ids=CONNECT)
@pytest.mark.proves(v5="3.1.4-1 3.2.2-7 3.2.2-8 4.13.1-1 4.13.2-1")
def test_wrong_properties_of_connect(clients: Clients, block: tuple[bytes]) -> None:
    """CONNECT with a wrong property is refused."""
    client = clients.open()
    body = string("MQTT") + b"\x05\x02" + u16(60) + varint(len(block[0])) + block[0] + string("")
    client.send(packet(0x10, body))
    client.refused(0x80, 0x81, 0x82)


@pytest.mark.proves(v5="3.2.2-1 3.2.2-8 3.2.2-9 3.2.0-1")
def test_properties_of_connack(clients: Clients) -> None:
    """CONNACK promises what the server does: all QoS, retained messages and kinds of filters."""
    client = clients.open()
    connack: ConnAck = client.connect(Connect(clients.id("c"), Version.V5))
    assert P.MAXIMUM_QOS not in connack.properties
    for name in (
        P.RETAIN_AVAILABLE,
        P.WILDCARD_AVAILABLE,
        P.SUBSCRIPTION_ID_AVAILABLE,
        P.SHARED_AVAILABLE,
    ):
        assert connack.properties.number(name, 1) == 1
    assert connack.properties.number(P.RECEIVE_MAXIMUM, 65535) > 0
    assert P.AUTHENTICATION_METHOD not in connack.properties
