"""QoS 1: at least once."""

from __future__ import annotations

import time

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubAck
from tests.conformance.wire.packets import publish


@pytest.mark.proves(v311="4.3.2-1 4.4.0-1 3.3.1-1", v5="4.3.2-3 4.4.0-1 3.3.1-1")
def test_unacknowledged_message_comes_again(clients: Clients) -> None:
    """Without PUBACK the message comes again to the resumed session: same identifier, DUP set."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=1)
    first = client.expect_publish()
    client.close()
    for _ in range(2):
        client = clients.persist()
        again = client.expect_publish()
        assert (again.packet_id, again.payload) == (first.packet_id, b"x")
        assert (again.dup, again.qos) == (True, 1)
        client.close()
    client = clients.persist()
    client.message()
    client.close()
    clients.persist().silence()


@pytest.mark.waits
@pytest.mark.proves(v5="4.4.0-1")
def test_nothing_is_sent_again_on_one_connection(clients: Clients) -> None:
    """As long as the connection stands, an open delivery is not repeated."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    for qos in (1, 2):
        client.publish(clients.topic(), b"x", qos=qos)
        client.expect_publish()
    time.sleep(6)
    client.silence()


@pytest.mark.proves(v311="4.3.2-2", v5="4.3.2-4 4.3.2-5")
def test_identifier_after_puback_is_a_new_message(clients: Clients) -> None:
    """The same identifier after PUBACK is another message, DUP or not."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=0)
    publisher = clients.connect("publisher")
    topic, version = clients.topic(), clients.version
    for payload, dup in ((b"1", False), (b"2", False), (b"3", True)):
        publisher.send(publish(topic, payload, version=version, qos=1, packet_id=5, dup=dup))
        assert publisher.expect(PubAck).packet_id == 5
        assert client.message().payload == payload


@pytest.mark.proves(v311="4.3.2-1", v5="4.3.2-3")
def test_puback_of_an_unknown_identifier(clients: Clients) -> None:
    """A PUBACK that nothing waits for does no harm to what does wait."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.publish(clients.topic(), b"x", qos=1)
    message = client.expect_publish()
    other = message.packet_id % 65535 + 1
    client.send(b"\x40\x02" + other.to_bytes(2, "big"))
    client.close()
    assert clients.persist().message().payload == b"x"


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x97, 0x99], ids="x{:02x}".format)
@pytest.mark.proves(v5="4.4.0-2")
def test_refused_message_is_not_sent_again(clients: Clients, code: int) -> None:
    """A PUBACK of 0x80 or more settles the delivery."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=1)
    client.publish(clients.topic(), b"x", qos=1)
    client.puback(client.expect_publish(), code)
    client.silence()
    client.close()
    clients.persist().silence()


@pytest.mark.proves(v311="2.3.1-4", v5="2.2.1-4 4.3.2-1")
def test_identifiers_are_taken_again_only_when_free(clients: Clients) -> None:
    """While a delivery is open its identifier is given to no other message."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=1)
    publisher = clients.connect("publisher")
    publisher.publish(clients.topic(), b"open", qos=1)
    held = client.expect_publish()
    for number in range(100):
        publisher.publish(clients.topic(), b"%d" % number, qos=1)
        # The ledger refuses an identifier in use.
        assert client.message().packet_id != held.packet_id
    client.acknowledge(held)
    client.silence()
