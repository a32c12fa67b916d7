"""Clients of MQTT 3.1.1 and of MQTT 5 with one another."""

from __future__ import annotations

import time

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Will
from tests.conformance.wire.properties import Property

P = Property
OTHER = {Version.V311: Version.V5, Version.V5: Version.V311}


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="7.0.0-2", v5="")
def test_messages_from_the_other_version(clients: Clients, qos: int) -> None:
    """A message reaches clients of the other version, whatever its QoS."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    publisher = clients.connect("publisher", version=OTHER[clients.version])
    publisher.publish(clients.topic(), b"x", qos=qos)
    message = client.message()
    assert (message.payload, message.qos) == (b"x", qos)


@pytest.mark.proves(v311="7.0.0-2", v5="")
def test_properties_stay_behind(clients: Clients) -> None:
    """A message with properties loses them on the way to 3.1.1, and nothing else."""
    pairs = (
        (P.RESPONSE_TOPIC, "answer"),
        (P.USER_PROPERTY, ("a", "b")),
        (P.MESSAGE_EXPIRY, 1000),
    )
    old = clients.connect("old", version=Version.V311)
    new = clients.connect("new", version=Version.V5)
    for client in (old, new):
        client.subscribe(clients.topic(), qos=1)
    new.publish(clients.topic(), b"x", qos=1, properties=pairs)
    assert old.message().payload == b"x"
    assert P.RESPONSE_TOPIC in new.message().properties


@pytest.mark.proves(v311="3.3.1-6", v5="3.3.1-9")
def test_retained_by_the_other_version(clients: Clients) -> None:
    """A retained message is found by clients of the other version."""
    publisher = clients.connect("publisher", version=OTHER[clients.version])
    publisher.publish(clients.topic(), b"x", qos=1, retain=True)
    client = clients.connect()
    client.subscribe(clients.topic(), qos=1)
    message = client.message()
    assert (message.payload, message.retain) == (b"x", True)


@pytest.mark.proves(v311="3.1.2-8", v5="3.1.2-8")
def test_will_of_the_other_version(clients: Clients) -> None:
    """A will reaches clients of the other version."""
    client = clients.connect("watcher")
    client.subscribe(clients.topic("will"), qos=1)
    will = Will(clients.topic("will"), b"last", 1)
    clients.connect(version=OTHER[clients.version], will=will).close()
    assert client.message().payload == b"last"


@pytest.mark.proves(v311="3.1.4-2", v5="3.1.4-3")
def test_takeover_by_the_other_version(clients: Clients) -> None:
    """The same identifier on the other version ends the first connection."""
    first = clients.connect()
    second = clients.connect(version=OTHER[clients.version])
    first.end(0x8E)
    second.silence()


@pytest.mark.waits
@pytest.mark.proves(v311="", v5="3.3.2-5")
def test_expiry_counts_for_everybody(clients: Clients) -> None:
    """A message that expired in a session's queue is not delivered, whatever the version."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    publisher = clients.connect("publisher", version=Version.V5)
    publisher.publish(clients.topic(), b"x", qos=1, properties=((P.MESSAGE_EXPIRY, 1),))
    time.sleep(2.2)
    clients.persist().silence()
