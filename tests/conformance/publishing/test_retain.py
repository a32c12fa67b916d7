"""Retained messages."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import Publish

RETAIN_AS_PUBLISHED = 0x08
NEW_ONLY, NEVER = 0x10, 0x20


def retain(clients: Clients, rest: str, payload: bytes, qos: int = 1) -> None:
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic(rest), payload, qos=qos, retain=True)
    publisher.silence()


def found(client: Client, topic: str) -> Publish:
    client.subscribe(topic, qos=2)
    return client.message()


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.3.1-5 3.3.1-6 3.3.1-7 3.3.1-8", v5="3.3.1-5 3.3.1-9 4.3.1-1")
def test_retained_message_is_found(clients: Clients, qos: int) -> None:
    """A new subscription brings the retained message, its QoS, and RETAIN set."""
    retain(clients, "a", b"old", 1)
    retain(clients, "a", b"new", qos)
    message = found(client := clients.connect(), clients.topic("a"))
    assert (message.payload, message.qos, message.retain, message.dup) == (b"new", qos, True, False)
    client.silence()


@pytest.mark.parametrize("rest", ["+", "#", "a", "a/#", "+/#"])
@pytest.mark.proves(v311="3.3.1-6", v5="3.3.1-9")
def test_wildcards_find_every_retained_message(clients: Clients, rest: str) -> None:
    """A filter brings each retained message that it matches, once."""
    for name in ("a", "b", "a/b", "c/d"):
        retain(clients, name, name.encode())
    expected = {"+": "a b", "#": "a b a/b c/d", "a": "a", "a/#": "a a/b", "+/#": "a b a/b c/d"}
    client = clients.connect()
    client.subscribe(clients.topic(rest))
    names = expected[rest].split()
    assert sorted(message.payload.decode() for message in client.messages(len(names))) == sorted(
        names
    )
    client.silence()


@pytest.mark.proves(v311="3.3.1-9", v5="3.3.1-12")
def test_established_subscriptions_see_no_retain(clients: Clients) -> None:
    """A message passed on to a subscription that was there has RETAIN 0."""
    client = clients.connect()
    client.subscribe(clients.topic())
    client.publish(clients.topic(), b"x", retain=True)
    assert client.message().retain is False


@pytest.mark.parametrize("sent", [True, False], ids=["retain", "plain"])
@pytest.mark.proves(v5="3.3.1-13")
def test_retain_as_published(clients: Clients, sent: bool) -> None:
    """With retain as published the flag is the publisher's."""
    client = clients.connect()
    client.subscribe(clients.topic(), options=RETAIN_AS_PUBLISHED)
    client.publish(clients.topic(), b"x", retain=sent)
    assert client.message().retain is sent


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.3.1-10 3.3.1-11", v5="3.3.1-6 3.3.1-7")
def test_empty_message_clears(clients: Clients, qos: int) -> None:
    """An empty message with RETAIN is passed on, not kept, and nothing is left."""
    retain(clients, "a", b"old")
    client = clients.connect()
    assert found(client, clients.topic("a")).payload == b"old"
    retain(clients, "a", b"", qos)
    message = client.message()
    assert (message.payload, message.retain) == (b"", False)
    late = clients.connect("late")
    late.subscribe(clients.topic("#"))
    late.silence()


@pytest.mark.proves(v311="3.3.1-12", v5="3.3.1-8")
def test_message_without_retain_changes_nothing(clients: Clients) -> None:
    """Neither a plain message nor an empty one touches what is retained."""
    retain(clients, "a", b"kept")
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic("a"), b"passing", qos=1)
    publisher.publish(clients.topic("a"), b"", qos=1)
    publisher.publish(clients.topic("b"), b"passing", qos=1)
    client = clients.connect()
    assert found(client, clients.topic("#")).payload == b"kept"
    client.silence()


@pytest.mark.proves(v311="3.3.1-7", v5="3.3.1-5")
def test_last_retained_message_wins(clients: Clients) -> None:
    """A topic has one retained message: the last, of whatever QoS."""
    for number, qos in enumerate((2, 0, 1, 0)):
        retain(clients, "a", b"%d" % number, qos)
    client = clients.connect()
    message = found(client, clients.topic("a"))
    assert (message.payload, message.qos) == (b"3", 0)
    client.silence()


@pytest.mark.proves(v311="3.8.4-3", v5="3.8.4-4 3.3.1-9")
def test_subscribing_again_brings_it_again(clients: Clients) -> None:
    """The same filter a second time brings the retained message a second time."""
    retain(clients, "a", b"kept")
    client = clients.connect()
    for _ in range(2):
        message = found(client, clients.topic("a"))
        assert (message.payload, message.retain) == (b"kept", True)
    client.silence()


@pytest.mark.proves(v311="3.3.1-6 3.8.4-4", v5="3.3.1-9 3.8.4-5")
def test_each_filter_brings_its_retained_messages(clients: Clients) -> None:
    """Two filters of one SUBSCRIBE that match the same topic bring its message twice."""
    retain(clients, "a", b"kept")
    client = clients.connect()
    client.subscribe(clients.topic("a"), clients.topic("+"), qos=1)
    assert [message.payload for message in client.messages(2)] == [b"kept", b"kept"]
    client.silence()


@pytest.mark.proves(v5="3.3.1-10")
def test_retain_handling_1(clients: Clients) -> None:
    """Retain handling 1 brings retained messages to a new subscription only."""
    retain(clients, "a", b"kept")
    client = clients.connect()
    client.subscribe(clients.topic("a"), options=NEW_ONLY)
    assert client.message().payload == b"kept"
    client.subscribe(clients.topic("a"), options=NEW_ONLY)
    client.silence()
    client.unsubscribe(clients.topic("a"))
    client.subscribe(clients.topic("a"), options=NEW_ONLY)
    assert client.message().payload == b"kept"


@pytest.mark.proves(v5="3.3.1-10")
def test_retain_handling_1_over_a_reconnection(clients: Clients) -> None:
    """A subscription of a resumed session is not new."""
    retain(clients, "a", b"kept")
    client = clients.persist()
    client.subscribe(clients.topic("a"), options=NEW_ONLY)
    assert client.message().payload == b"kept"
    client.leave()
    client = clients.persist()
    client.subscribe(clients.topic("a"), options=NEW_ONLY)
    client.silence()


@pytest.mark.proves(v5="3.3.1-11")
def test_retain_handling_2(clients: Clients) -> None:
    """Retain handling 2 brings no retained messages; new ones come."""
    retain(clients, "a", b"kept")
    client = clients.connect()
    client.subscribe(clients.topic("a"), options=NEVER)
    client.silence()
    retain(clients, "a", b"next")
    assert client.message().payload == b"next"


@pytest.mark.proves(v311="", v5="")
def test_retained_message_at_the_lower_qos(clients: Clients) -> None:
    """A retained message is delivered at the lower of its QoS and the subscription's."""
    retain(clients, "a", b"kept", 2)
    client = clients.connect()
    client.subscribe(clients.topic("a"), qos=1)
    assert client.message().qos == 1


@pytest.mark.proves(v311="", v5="")
def test_nobody_else_is_sent_retained_messages(clients: Clients) -> None:
    """Retained messages go to who subscribes, not to who is or becomes connected."""
    bystander = clients.connect("bystander")
    retain(clients, "a", b"kept")
    client = clients.connect()
    assert found(client, clients.topic("a")).payload == b"kept"
    bystander.silence()
    clients.connect("newcomer").silence()


@pytest.mark.proves(v311="", v5="")
def test_resumed_session_is_not_sent_retained_messages(clients: Clients) -> None:
    """Retained messages come with SUBSCRIBE, not with a session that is taken up again."""
    client = clients.persist()
    client.subscribe(clients.topic("#"))
    client.leave()
    retain(clients, "a", b"kept", 0)
    client = clients.persist()
    client.silence()
