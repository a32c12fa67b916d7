"""The contract's table of rights on NATS, by role, kind of topic and action.

What differs from the embedded broker is written here: NATS has no right to retain, no shared
subscriptions of MQTT and no ``$SYS`` topics, and checks a will when it is due.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.conformance.client import Client
from tests.conformance.wire.answers import PubAck, Publish
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will, publish
from tests.programs.two_web_sides import TwoWebSides
from tests.server.access.test_rights_matrix import (
    ROLES,
    SUBSCRIBED,
    TOPICS,
    ControlledPlayer,
    controlled_on,
    letter,
)

pytestmark = pytest.mark.long

V3 = Version.V311

by_role = pytest.mark.parametrize("role", ROLES.values())
over = pytest.mark.parametrize("transport", ["tcp", "ws"])


@pytest.fixture(scope="module")
def controlled(two_web_sides: TwoWebSides) -> ControlledPlayer:
    # nginx lets the web sides take turns in giving tokens
    return controlled_on(two_web_sides, two_web_sides.first.tokens)


@pytest.fixture(autouse=True)
def closed(controlled: ControlledPlayer) -> Iterator[None]:
    yield
    controlled.close()


def observe(controlled: ControlledPlayer) -> Client:
    """Return a member of the household that hears everything, and has all that is retained."""
    observer = controlled.open(V3, "tcp")
    _, username, password = controlled.logins["household"]
    observer.connect(Connect("observer", V3, username=username, password=password.encode()))
    assert observer.subscribe("zapette/#", "homeassistant/#").codes == (0, 0)
    return observer


def heard(observer: Client, end: bytes) -> set[tuple[str, bytes]]:
    """Return what has come live until the observer hears itself say `end`."""
    observer.publish("zapette/services/end", end, qos=1)
    found = set()
    while (message := observer.wait_for(Publish)).payload != end:
        if not message.retain:
            found.add((message.topic, message.payload))
    return found


@by_role
@over
def test_publishing(controlled: ControlledPlayer, role: str, transport: str) -> None:
    observer = observe(controlled)
    client, code = controlled.connect(role, V3, transport)
    assert code == 0
    wanted, sent = set(), set()
    for number, ((template, plain, _, _), retain) in enumerate(
        itertools.product(TOPICS, (False, True))
    ):
        topic, payload = controlled.topic(template, role), f"matrix {number}".encode()
        if topic.startswith("$"):
            continue
        sent.add((topic, payload))
        if letter(role) in plain:
            wanted.add((topic, payload))
        client.send(publish(topic, payload, version=V3, qos=1, retain=retain, packet_id=number + 1))
        client.wait_for(PubAck)
        if retain and letter(role) in plain:
            # the other tests of this folder need the server
            before = b"online" if topic.endswith("server/availability") else b""
            client.send(publish(topic, before, version=V3, qos=1, retain=True, packet_id=100))
            client.wait_for(PubAck)
    assert heard(observer, b"end") & sent == wanted


@by_role
@over
def test_subscribing(controlled: ControlledPlayer, role: str, transport: str) -> None:
    client, code = controlled.connect(role, V3, transport)
    assert code == 0
    for topic, roles in SUBSCRIBED:
        pattern = controlled.topic(topic, role)
        (granted,) = client.subscribe(pattern).codes
        assert granted == (0 if letter(role) in roles else 0x80), pattern
        client.unsubscribe(pattern)
        (granted,) = client.subscribe(f"$share/g/{pattern}").codes
        assert granted == 0x80, pattern


@by_role
def test_wills(controlled: ControlledPlayer, role: str) -> None:
    observer = observe(controlled)
    for number, (template, plain, _, _) in enumerate(TOPICS):
        topic, payload = controlled.topic(template, role), f"will {number}".encode()
        if topic.startswith("$"):
            continue
        client, code = controlled.connect(role, V3, "tcp", Will(topic, payload, 1, False))
        # without DISCONNECT, so that the will is due
        client.close()
        if letter(role) in plain:
            assert code == 0, topic
            while (message := observer.wait_for(Publish)).payload != payload:
                assert not message.payload.startswith(b"will"), message
        elif code == 0:
            # the same client again: by its CONNACK, the will of the one before has been dealt with
            client, code = controlled.connect(role, V3, "tcp")
            assert code == 0
            client.close()
            assert (topic, payload) not in heard(observer, f"end {number}".encode()), topic
