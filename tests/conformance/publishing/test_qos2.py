"""QoS 2: exactly once."""

from __future__ import annotations

import time

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubComp, PubRec, PubRel
from tests.conformance.wire.encodings import Type
from tests.conformance.wire.packets import acknowledgement, publish
from tests.conformance.wire.properties import Property


def send(client: Client, topic: str, payload: bytes, *, dup: bool = False) -> PubRec:
    """Send the PUBLISH with the identifier 5 and return PUBREC, which has to carry it."""
    data = publish(topic, payload, version=client.version, qos=2, packet_id=5, dup=dup)
    client.send(data)
    pubrec = client.expect(PubRec)
    assert pubrec.packet_id == 5
    return pubrec


def release(client: Client) -> PubComp:
    client.send(acknowledgement(Type.PUBREL, 5))
    pubcomp = client.expect(PubComp)
    assert pubcomp.packet_id == 5
    return pubcomp


@pytest.mark.proves(v311="2.3.1-6 4.3.3-2", v5="2.2.1-5 3.5.2-1 3.7.2-1 4.3.3-8 4.3.3-11 4.3.3-12")
def test_receiving(clients: Clients) -> None:
    """PUBREC, then PUBCOMP; after it the identifier is free for another message."""
    client = clients.connect()
    client.subscribe(clients.topic())
    publisher = clients.connect("publisher")
    for payload in (b"1", b"2"):
        assert send(publisher, clients.topic(), payload).code == 0
        assert release(publisher).code == 0
        assert client.message().payload == payload
    client.silence()


@pytest.mark.proves(v311="4.3.3-2 2.3.1-3", v5="4.3.3-10")
def test_same_publish_twice(clients: Clients) -> None:
    """The PUBLISH again before PUBREL gets PUBREC again and is passed on once."""
    client = clients.connect()
    client.subscribe(clients.topic())
    publisher = clients.connect("publisher")
    send(publisher, clients.topic(), b"once")
    send(publisher, clients.topic(), b"once", dup=True)
    send(publisher, clients.topic(), b"once", dup=True)
    release(publisher)
    assert client.message().payload == b"once"
    client.silence()


@pytest.mark.proves(v311="4.3.3-2 4.4.0-1 3.1.2-4", v5="4.3.3-10 4.4.0-1 3.1.2-5")
def test_same_publish_over_a_reconnection(clients: Clients) -> None:
    """The session remembers an identifier that waits for PUBREL."""
    client = clients.connect()
    client.subscribe(clients.topic())
    publisher = clients.persist("publisher")
    send(publisher, clients.topic(), b"once")
    publisher.close()
    publisher = clients.persist("publisher")
    send(publisher, clients.topic(), b"once", dup=True)
    publisher.close()
    publisher = clients.persist("publisher")
    release(publisher)
    assert client.message().payload == b"once"
    client.silence()


@pytest.mark.proves(v311="4.3.3-2", v5="4.3.3-11 3.7.2-1")
def test_pubrel_of_an_unknown_identifier(clients: Clients) -> None:
    """PUBREL is answered with PUBCOMP even if nothing waits for it."""
    client = clients.connect()
    client.send(acknowledgement(Type.PUBREL, 77))
    pubcomp = client.expect(PubComp)
    assert (pubcomp.packet_id, pubcomp.code) in ((77, 0), (77, 0x92))


@pytest.mark.proves(v311="4.3.3-1 2.3.1-6", v5="2.2.1-5 3.6.2-1 4.3.3-3 4.3.3-4 4.3.3-5")
def test_sending(clients: Clients) -> None:
    """PUBREC is answered with PUBREL of the same identifier, PUBCOMP with nothing."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"x", qos=2)
    message = client.expect_publish()
    client.pubrec(message)
    pubrel = client.expect(PubRel)
    assert (pubrel.packet_id, pubrel.code) == (message.packet_id, 0)
    client.pubcomp(pubrel)
    client.silence()


@pytest.mark.parametrize(
    ("qos", "answers"),
    [
        (1, ["PUBREC"]),
        (1, ["PUBCOMP"]),
        (2, ["PUBACK"]),
        (2, ["PUBCOMP"]),
        (2, ["PUBREC", "PUBACK"]),
    ],
    ids=["qos1-pubrec", "qos1-pubcomp", "qos2-puback", "qos2-pubcomp", "qos2-pubrec-puback"],
)
@pytest.mark.proves(v311="4.8.0-1", v5="4.13.1-1")
def test_acknowledgements_of_another_flow(clients: Clients, qos: int, answers: list[str]) -> None:
    """An acknowledgement that does not belong to the message's QoS, or not yet, ends all."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=qos)
    clients.connect("publisher").publish(clients.topic(), b"x", qos=qos)
    message = client.expect_publish()
    assert message.packet_id is not None
    for name in answers[:-1]:
        client.send(acknowledgement(Type[name], message.packet_id))
        client.expect(PubRel)
    client.send(acknowledgement(Type[answers[-1]], message.packet_id))
    client.end(0x82)


@pytest.mark.proves(v311="4.3.3-1 4.4.0-1 3.3.1-1", v5="4.3.3-3 4.4.0-1 3.3.1-1")
def test_publish_comes_again_until_pubrec(clients: Clients) -> None:
    """Without PUBREC the PUBLISH comes again: same identifier, DUP set."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"x", qos=2)
    first = client.expect_publish()
    client.close()
    client = clients.persist()
    again = client.expect_publish()
    assert (again.packet_id, again.payload, again.dup) == (first.packet_id, b"x", True)
    client.acknowledge(again)
    client.close()
    clients.persist().silence()


@pytest.mark.proves(v311="4.3.3-1 4.4.0-1", v5="4.3.3-5 4.3.3-6 4.4.0-1")
def test_pubrel_comes_again_until_pubcomp(clients: Clients) -> None:
    """Without PUBCOMP the PUBREL comes again, and the PUBLISH never."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"x", qos=2)
    message = client.expect_publish()
    client.pubrec(message)
    client.expect(PubRel)
    client.close()
    for _ in range(2):
        client = clients.persist()
        assert client.expect(PubRel).packet_id == message.packet_id
        client.silence()
        client.close()
    client = clients.persist()
    client.pubcomp(client.expect(PubRel))
    client.close()
    clients.persist().silence()


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x97, 0x99], ids="x{:02x}".format)
@pytest.mark.proves(v5="4.3.3-4 4.4.0-2")
def test_refused_message_is_not_released(clients: Clients, code: int) -> None:
    """A PUBREC of 0x80 or more settles the delivery: no PUBREL, no repetition."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"x", qos=2)
    client.pubrec(client.expect_publish(), code)
    client.silence()
    client.close()
    clients.persist().silence()


@pytest.mark.waits
@pytest.mark.proves(v5="4.3.3-7")
def test_message_once_sent_does_not_expire(clients: Clients) -> None:
    """A PUBLISH that went out comes again although its expiry interval is over."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    expiry = ((Property.MESSAGE_EXPIRY, 1),)
    client.publish(clients.topic(), b"x", qos=2, properties=expiry)
    first = client.expect_publish()
    client.close()
    time.sleep(2.2)
    client = clients.persist()
    again = client.message()
    assert (again.packet_id, again.payload) == (first.packet_id, b"x")


@pytest.mark.waits
@pytest.mark.proves(v5="4.3.3-13")
def test_exchange_goes_on_for_an_expired_message(clients: Clients) -> None:
    """PUBREL is answered although the message expired between PUBREC and it."""
    client = clients.connect()
    expiry = ((Property.MESSAGE_EXPIRY, 1),)
    client.send(publish("a", b"x", version=client.version, qos=2, packet_id=5, properties=expiry))
    assert client.expect(PubRec).code in (0x00, 0x10)
    time.sleep(1.5)
    assert release(client).code == 0


@pytest.mark.proves(v311="", v5="")
def test_clean_start_forgets_identifiers(clients: Clients) -> None:
    """A new session knows nothing of an identifier that waited for PUBREL."""
    client = clients.connect()
    client.subscribe(clients.topic())
    publisher = clients.connect("publisher")
    send(publisher, clients.topic(), b"first")
    publisher.leave()
    publisher = clients.connect("publisher")
    send(publisher, clients.topic(), b"second")
    release(publisher)
    received = [client.message().payload]
    while received[-1] != b"second":
        received.append(client.message().payload)
    assert received in ([b"first", b"second"], [b"second"])
    client.silence()
