"""Wills: when they are published, how, and when not."""

from __future__ import annotations

import time

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.encodings import Version, packet
from tests.conformance.wire.packets import Connect, Will, disconnect
from tests.conformance.wire.properties import Pairs, Property
from tests.waiting import HANG_TIMEOUT


def watch(clients: Clients, qos: int = 2) -> Client:
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("#"), qos=qos)
    return watcher


def no_will_but_the_next(clients: Clients, watcher: Client) -> None:
    """Show that no will is under way: that of a client which goes now comes first."""
    clients.connect("next", will=Will(clients.topic("next"), b"next")).close()
    assert watcher.message().payload == b"next"
    watcher.silence()


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.1.2-8 3.1.2-9 3.1.2-16", v5="3.1.2-7 3.1.2-8 3.1.2-14")
def test_will_is_published_when_the_connection_breaks(clients: Clients, qos: int) -> None:
    """The will has the QoS, topic and payload of CONNECT, and is not retained."""
    watcher = watch(clients)
    client = clients.connect(will=Will(clients.topic("will"), b"last", qos=qos))
    watcher.silence()
    client.close()
    message = watcher.message()
    assert (message.payload, message.qos, message.retain) == (b"last", qos, False)
    late = clients.connect("late")
    late.subscribe(clients.topic("will"))
    late.silence()


@pytest.mark.proves(v311="3.1.2-17", v5="3.1.2-15")
def test_retained_will(clients: Clients) -> None:
    """A will with will retain is found by who subscribes later."""
    watcher = watch(clients)
    clients.connect(will=Will(clients.topic("will"), b"last", 1, retain=True)).close()
    assert watcher.message().payload == b"last"
    late = clients.connect("late")
    late.subscribe(clients.topic("will"), qos=1)
    message = late.message()
    assert (message.payload, message.retain, message.qos) == (b"last", True, 1)


@pytest.mark.proves(v311="3.1.2-10 3.14.4-3", v5="3.1.2-8 3.1.2-10 3.14.4-3")
def test_disconnect_drops_the_will(clients: Clients) -> None:
    """A client that says goodbye leaves no will."""
    watcher = watch(clients)
    client = clients.connect(will=Will(clients.topic("will")))
    client.leave()
    no_will_but_the_next(clients, watcher)


@pytest.mark.parametrize("code", [0x04, 0x80], ids="x{:02x}".format)
@pytest.mark.proves(v5="3.1.2-8 3.14.4-3")
def test_disconnect_with_will(clients: Clients, code: int) -> None:
    """DISCONNECT drops the will only with the code 0x00: 0x04 asks for it, others are errors."""
    watcher = watch(clients)
    client = clients.connect(will=Will(clients.topic("will"), b"last"))
    client.send(disconnect(code))
    client.end()
    assert watcher.message().payload == b"last"


@pytest.mark.proves(v311="3.1.2-12", v5="")
def test_no_will_flag_no_will(clients: Clients) -> None:
    """A connection without a will breaks in silence."""
    watcher = watch(clients)
    client = clients.connect()
    client.close()
    no_will_but_the_next(clients, watcher)


@pytest.mark.proves(v311="3.1.2-10", v5="3.1.2-10")
def test_will_is_published_once(clients: Clients) -> None:
    """A session that goes on has no will left from the connection before."""
    watcher = watch(clients)
    clients.persist(will=Will(clients.topic("will"), b"first")).close()
    assert watcher.message().payload == b"first"
    clients.persist().close()
    no_will_but_the_next(clients, watcher)


@pytest.mark.proves(v311="3.1.2-8", v5="3.1.2-8")
def test_protocol_error_brings_the_will(clients: Clients) -> None:
    """A connection that the server ends for an error has its will published."""
    watcher = watch(clients)
    client = clients.connect(will=Will(clients.topic("will"), b"last"))
    client.send(packet(0x36, b"\0\1a\0\1"))
    client.end()
    assert watcher.message().payload == b"last"


@pytest.mark.proves(v311="3.1.2-8 3.1.4-2", v5="3.1.2-8 3.1.4-3")
def test_takeover_brings_the_will(clients: Clients) -> None:
    """A connection ended by a second one with its identifier has its will published."""
    watcher = watch(clients)
    clients.connect(will=Will(clients.topic("will"), b"last"))
    clients.connect()
    assert watcher.message().payload == b"last"


@pytest.mark.waits
@pytest.mark.proves(v311="3.1.2-8 3.1.2-24", v5="3.1.2-8 3.1.2-22")
def test_keep_alive_brings_the_will(clients: Clients) -> None:
    """A connection ended for silence has its will published."""
    watcher = watch(clients)
    clients.connect(keep_alive=1, will=Will(clients.topic("will"), b"last"))
    assert watcher.message(timeout=1.5 + clients.server.slack).payload == b"last"


@pytest.mark.proves(v311="3.1.2-8", v5="3.1.2-8")
def test_will_reaches_sessions_that_are_away(clients: Clients) -> None:
    """A will at QoS 1 waits for the sessions that subscribe to it."""
    away = clients.persist("away")
    away.subscribe(clients.topic("will"), qos=1)
    away.close()
    watcher = watch(clients)
    clients.connect(will=Will(clients.topic("will"), b"last", 1)).close()
    watcher.message()
    assert clients.persist("away").message().payload == b"last"


@pytest.mark.parametrize(
    "topic", ["will/+", "#", "a#", ""], ids=["plus", "hash", "inside", "empty"]
)
@pytest.mark.proves(v311="3.1.4-1 4.7.1-1 4.7.3-1", v5="4.7.0-1 4.7.3-1")
def test_will_topic_has_to_be_a_topic_name(clients: Clients, topic: str) -> None:
    """A will topic with wildcards, or an empty one, is refused; in 3.1.1 without CONNACK."""
    client = clients.open()
    client.send(Connect(clients.id("c"), clients.version, will=Will(topic)).encode())
    answer = client.refused(0x81, 0x82)
    assert answer is None or clients.version is Version.V5


@pytest.mark.proves(v311="", v5="")
def test_will_with_an_empty_payload(clients: Clients) -> None:
    """A will may be empty; retained, it clears what was retained."""
    clients.connect("first").publish(clients.topic("will"), b"old", qos=1, retain=True)
    watcher = watch(clients)
    assert watcher.message().payload == b"old"
    clients.connect(will=Will(clients.topic("will"), b"", retain=True)).close()
    assert watcher.message().payload == b""
    late = clients.connect("late")
    late.subscribe(clients.topic("will"))
    late.silence()


@pytest.mark.proves(v5="3.1.3-10 3.3.2-17 3.3.2-18")
def test_will_properties(clients: Clients) -> None:
    """The will is published with its properties, user properties in their order."""
    watcher = watch(clients)
    pairs = (
        (Property.USER_PROPERTY, ("b", "1")),
        (Property.PAYLOAD_FORMAT, 1),
        (Property.USER_PROPERTY, ("a", "2")),
        (Property.CONTENT_TYPE, "text/plain"),
        (Property.RESPONSE_TOPIC, "answer/here"),
        (Property.CORRELATION_DATA, b"\0\xff"),
        (Property.MESSAGE_EXPIRY, 100),
        (Property.USER_PROPERTY, ("b", "3")),
    )
    clients.connect(will=Will(clients.topic("will"), b"last", properties=pairs)).close()
    properties = watcher.message().properties
    assert properties.all(Property.USER_PROPERTY) == [("b", "1"), ("a", "2"), ("b", "3")]
    assert 98 <= properties.number(Property.MESSAGE_EXPIRY) <= 100
    for name, value in pairs:
        if name is not Property.MESSAGE_EXPIRY:
            assert value in properties.all(name)
    assert Property.WILL_DELAY not in properties


WRONG: dict[str, Pairs] = {
    "delay_twice": ((Property.WILL_DELAY, 1), (Property.WILL_DELAY, 1)),
    "not_for_wills": ((Property.TOPIC_ALIAS, 1),),
    "subscription_id": ((Property.SUBSCRIPTION_ID, 1),),
    "response_plus": ((Property.RESPONSE_TOPIC, "a/+"),),
    "response_empty": ((Property.RESPONSE_TOPIC, ""),),
    "ill_formed": ((Property.CONTENT_TYPE, b"\xff"),),
}


@pytest.mark.parametrize("pairs", WRONG.values(), ids=WRONG)
@pytest.mark.proves(v5="3.1.4-1 4.13.1-1")
def test_wrong_will_properties(clients: Clients, pairs: Pairs) -> None:
    """CONNECT with a wrong will property is refused."""
    client = clients.open()
    will = Will(clients.topic("will"), properties=pairs)
    client.send(Connect(clients.id("c"), clients.version, will=will).encode())
    client.refused(0x80, 0x81, 0x82)


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.2-8 3.1.2-10")
def test_will_delay(clients: Clients) -> None:
    """The will waits for its delay."""
    watcher = watch(clients)
    delay = ((Property.WILL_DELAY, 2),)
    client = clients.persist(will=Will(clients.topic("will"), b"last", properties=delay))
    began = time.monotonic()
    client.close()
    message = watcher.message(timeout=HANG_TIMEOUT)
    assert message.payload == b"last"
    assert time.monotonic() - began > 1


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.3-9 3.1.2-8")
def test_return_before_the_will_delay_is_over(clients: Clients) -> None:
    """A client that is back in time has no will published."""
    watcher = watch(clients)
    # As long as a busy machine may take to come back.
    delay = ((Property.WILL_DELAY, 5),)
    clients.persist(will=Will(clients.topic("will"), b"last", properties=delay)).close()
    back = clients.persist()
    time.sleep(6.5)
    back.silence()
    watcher.silence()


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.2-8")
def test_end_of_the_session_brings_the_will(clients: Clients) -> None:
    """A session that ends with its connection does not wait for the will delay."""
    watcher = watch(clients)
    delay = ((Property.WILL_DELAY, 300),)
    clients.connect(will=Will(clients.topic("will"), b"last", properties=delay)).close()
    assert watcher.message().payload == b"last"


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.2-8")
def test_clean_start_brings_the_delayed_will(clients: Clients) -> None:
    """A clean start ends the session, so the will that waits is published."""
    watcher = watch(clients)
    delay = ((Property.WILL_DELAY, 300),)
    clients.persist(will=Will(clients.topic("will"), b"last", properties=delay)).close()
    clients.connect()
    assert watcher.message().payload == b"last"


@pytest.mark.waits
@pytest.mark.proves(v5="3.1.2-8")
def test_expiry_of_the_session_brings_the_delayed_will(clients: Clients) -> None:
    """A session that expires before the will delay is over has its will published then."""
    watcher = watch(clients)
    delay = ((Property.WILL_DELAY, 300),)
    clients.persist(expiry=1, will=Will(clients.topic("will"), b"last", properties=delay)).close()
    assert watcher.message(timeout=HANG_TIMEOUT).payload == b"last"


@pytest.mark.proves(v5="")
def test_will_delay_is_per_connection(clients: Clients) -> None:
    """DISCONNECT 0x00 on a later connection drops the will that the session would have had."""
    watcher = watch(clients)
    delay = ((Property.WILL_DELAY, 300),)
    clients.persist(will=Will(clients.topic("will"), b"last", properties=delay)).close()
    back = clients.persist()
    back.send(disconnect(0, ((Property.SESSION_EXPIRY, 0),)))
    back.end()
    no_will_but_the_next(clients, watcher)


@pytest.mark.proves(v311="", v5="")
def test_will_at_the_lower_qos(clients: Clients) -> None:
    """A will is delivered at the lower of its QoS and the subscription's."""
    watcher = watch(clients, qos=1)
    clients.connect(will=Will(clients.topic("will"), b"last", 2)).close()
    assert watcher.message().qos == 1
