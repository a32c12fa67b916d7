"""Sessions: how long they last, and what they keep."""

from __future__ import annotations

import time

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import LONG, Clients
from tests.conformance.wire.answers import Disconnect
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import disconnect
from tests.conformance.wire.properties import Property


def present(client: Client) -> bool:
    assert client.connack
    return client.connack.session_present


@pytest.mark.proves(
    v311="3.1.2-4 3.1.4-3 3.2.2-2 3.2.2-3 4.1.0-1",
    v5="3.1.2-5 3.1.2-6 3.1.2-23 3.1.4-4 3.2.2-3",
)
def test_session_is_resumed(clients: Clients) -> None:
    """A kept session is there again, with its subscriptions; session present says so."""
    client = clients.persist()
    assert not present(client)
    client.subscribe(clients.topic("+"), qos=1)
    client.leave()
    client = clients.persist()
    assert present(client)
    client.publish(clients.topic("a"), b"x", qos=1)
    assert client.message().payload == b"x"


@pytest.mark.parametrize("way", ["disconnect", "drop"])
@pytest.mark.parametrize("qos", [1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.1.2-5 4.5.0-1 4.1.0-1", v5="3.1.2-23 4.5.0-1")
def test_messages_wait_for_the_session(clients: Clients, qos: int, way: str) -> None:
    """Messages of QoS 1 and 2 that come while the client is away are delivered in order."""
    client = clients.persist()
    client.subscribe(clients.topic("+"), qos=2)
    client.leave() if way == "disconnect" else client.close()
    publisher = clients.connect("publisher")
    for number in range(5):
        publisher.publish(clients.topic(f"{number}"), b"%d" % number, qos=qos)
    client = clients.persist()
    assert present(client)
    received = [(message.payload, message.qos) for message in client.messages(5)]
    assert received == [(b"%d" % number, qos) for number in range(5)]
    client.silence()


@pytest.mark.proves(v311="3.1.2-6 3.2.2-1 3.1.4-3", v5="3.1.2-4 3.2.2-2 3.1.4-4")
def test_clean_connection_drops_the_session(clients: Clients) -> None:
    """A clean start finds nothing, neither subscriptions nor messages, and leaves nothing."""
    client = clients.persist()
    client.subscribe(clients.topic("+"), qos=1)
    client.leave()
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic("a"), b"lost", qos=1)
    client = clients.connect()
    assert not present(client)
    publisher.publish(clients.topic("a"), b"lost too", qos=1)
    client.silence()
    client.leave()
    client = clients.persist()
    assert not present(client)
    publisher.publish(clients.topic("a"), b"lost again", qos=1)
    client.silence()


@pytest.mark.proves(v311="3.1.2-6")
def test_clean_session_is_not_kept(clients: Clients) -> None:
    """The state of a clean session is not found by the next one."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    assert not present(clients.persist())


@pytest.mark.proves(v5="3.1.2-4 3.1.2-23")
def test_clean_start_can_begin_a_kept_session(clients: Clients) -> None:
    """In MQTT 5 the end of a session is up to the expiry interval, not to clean start."""
    expiry = ((Property.SESSION_EXPIRY, LONG),)
    clients.connect(properties=expiry).leave()
    assert present(clients.persist())


@pytest.mark.parametrize("expiry", [None, 0], ids=["absent", "zero"])
@pytest.mark.proves(v5="4.1.0-2 3.2.2-3")
def test_session_without_expiry_ends_with_the_connection(
    clients: Clients, expiry: int | None
) -> None:
    """No session expiry interval, or 0: nothing is kept, whatever clean start says."""
    pairs = () if expiry is None else ((Property.SESSION_EXPIRY, expiry),)
    client = clients.connect(clean=False, properties=pairs)
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    assert not present(clients.persist())


@pytest.mark.waits
@pytest.mark.proves(v5="4.1.0-2")
def test_session_expires(clients: Clients) -> None:
    """A session is gone once its interval of a second is over, and was there before."""
    deadline = time.monotonic() + 10
    while True:
        left = time.monotonic()
        clients.persist(expiry=1).leave()
        if present(again := clients.persist(expiry=1)):
            break
        # only a machine that stood still for the second excuses it, and then it is asked again
        assert time.monotonic() - left >= 1, "the session is gone before its time"
        assert time.monotonic() < deadline, "the machine stands still"
        again.leave()
    again.leave()
    time.sleep(1.1)
    while present(again := clients.persist(expiry=1)):
        # Each look takes the session up, so the interval starts again.
        again.leave()
        assert time.monotonic() < deadline, "the session is still there"
        time.sleep(2.1)


@pytest.mark.waits
@pytest.mark.proves(v311="4.1.0-2", v5="4.1.0-1")
def test_session_lasts_while_connected(clients: Clients) -> None:
    """The interval does not run while the client is connected."""
    # A busy machine may take as long to come back as the session lasts.
    client = clients.persist(expiry=5)
    client.subscribe(clients.topic(), qos=1)
    for _ in range(6):
        time.sleep(1)
        client.silence()
    client.publish(clients.topic(), b"x", qos=1)
    assert client.message().payload == b"x"
    client.close()
    assert present(clients.persist())


@pytest.mark.proves(v5="4.1.0-2 3.1.2-5")
def test_expiry_is_that_of_the_last_connection(clients: Clients) -> None:
    """A session taken up without an expiry interval ends with that connection."""
    clients.persist().leave()
    client = clients.connect(clean=False)
    assert present(client)
    client.leave()
    assert not present(clients.persist())


@pytest.mark.proves(v5="")
def test_disconnect_can_shorten_the_expiry(clients: Clients) -> None:
    """DISCONNECT with a session expiry interval of 0 ends the session."""
    client = clients.persist()
    client.send(disconnect(0, ((Property.SESSION_EXPIRY, 0),)))
    client.end()
    assert not present(clients.persist())


@pytest.mark.proves(v5="")
def test_disconnect_can_lengthen_the_expiry(clients: Clients) -> None:
    """DISCONNECT may change the interval if it was not 0."""
    client = clients.persist(expiry=1)
    client.send(disconnect(0, ((Property.SESSION_EXPIRY, LONG),)))
    client.end()
    assert present(clients.persist())


@pytest.mark.proves(v5="4.13.1-1")
def test_disconnect_cannot_begin_an_expiry(clients: Clients) -> None:
    """An interval in DISCONNECT after none in CONNECT is a protocol error."""
    client = clients.connect()
    client.send(disconnect(0, ((Property.SESSION_EXPIRY, LONG),)))
    client.end(0x82)
    assert not present(clients.persist())


@pytest.mark.proves(v311="3.1.4-2", v5="3.1.4-3 3.14.2-1 3.14.4-2 4.13.2-1")
def test_second_connection_ends_the_first(clients: Clients) -> None:
    """The same identifier again: the first connection ends, the second goes on."""
    first = clients.connect()
    second = clients.connect()
    first.end(0x8E)
    second.silence()


@pytest.mark.proves(v5="3.1.4-3")
def test_first_connection_is_told_of_the_second(clients: Clients) -> None:
    """The connection taken over gets DISCONNECT 0x8E."""
    first = clients.connect()
    clients.connect()
    assert first.expect(Disconnect).code == 0x8E


@pytest.mark.proves(v311="3.1.4-2 3.1.2-4", v5="3.1.4-3 3.1.2-5")
def test_session_is_taken_over(clients: Clients) -> None:
    """The second connection gets the session of the first, its subscriptions included."""
    first = clients.persist()
    first.subscribe(clients.topic(), qos=1)
    second = clients.persist()
    first.end(0x8E)
    assert present(second)
    second.publish(clients.topic(), b"x", qos=1)
    assert second.message().payload == b"x"


@pytest.mark.proves(v311="3.1.2-7", v5="")
def test_retained_messages_outlive_the_session(clients: Clients) -> None:
    """What a client retained stays when its session ends."""
    client = clients.connect()
    client.publish(clients.topic(), b"stays", qos=1, retain=True)
    client.leave()
    client = clients.connect()
    client.subscribe(clients.topic())
    assert client.message().payload == b"stays"


@pytest.mark.parametrize("other", [Version.V311, Version.V5], ids=["then_v311", "then_v5"])
@pytest.mark.proves(v311="", v5="")
def test_session_over_a_change_of_version(clients: Clients, other: Version) -> None:
    """A session begun on one version goes on on the other."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    clients.connect("publisher").publish(clients.topic(), b"x", qos=1)
    client = clients.persist(version=other)
    assert present(client)
    assert client.message().payload == b"x"
