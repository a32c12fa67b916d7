"""SUBSCRIBE and SUBACK."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubAck, SubAck
from tests.conformance.wire.encodings import Version, packet, string, u16
from tests.conformance.wire.packets import publish, subscribe

EMPTY = {Version.V311: b"", Version.V5: b"\0"}


@pytest.mark.parametrize("packet_id", [1, 256, 65535])
@pytest.mark.proves(v311="2.3.1-7 3.8.4-1 3.8.4-2", v5="2.2.1-6 3.8.4-1 3.8.4-2")
def test_suback_has_the_identifier(clients: Clients, packet_id: int) -> None:
    """SUBSCRIBE is answered with SUBACK of the same identifier."""
    client = clients.connect()
    client.send(subscribe(packet_id, (clients.topic(), 0), version=clients.version))
    assert client.expect(SubAck).packet_id == packet_id


@pytest.mark.proves(
    v311="3.8.4-4 3.8.4-5 3.9.3-1 3.9.3-2", v5="3.8.4-5 3.8.4-6 3.8.4-7 3.9.3-1 3.9.3-2"
)
def test_one_granted_qos_for_each_filter(clients: Clients) -> None:
    """Several filters get one SUBACK with the QoS granted to each, in their order."""
    client = clients.connect()
    asked = [2, 0, 1, 1, 0, 2, 2]
    pairs = [(clients.topic(f"{number}"), qos) for number, qos in enumerate(asked)]
    client.send(subscribe(9, *pairs, version=clients.version))
    assert client.expect(SubAck).codes == tuple(asked)
    for number, qos in enumerate(asked):
        client.publish(clients.topic(f"{number}"), b"x", qos=2)
        assert client.message().qos == qos
    client.silence()


@pytest.mark.proves(v311="3.8.3-3 4.8.0-1", v5="3.8.3-2 4.13.1-1")
def test_subscribe_without_a_filter(clients: Clients) -> None:
    """SUBSCRIBE without a filter ends the connection."""
    client = clients.connect()
    client.send(packet(0x82, u16(1) + EMPTY[clients.version]))
    client.end(0x81, 0x82)


@pytest.mark.proves(v311="2.3.1-1 4.8.0-1", v5="2.2.1-3 4.13.1-1")
def test_subscribe_with_identifier_0(clients: Clients) -> None:
    """SUBSCRIBE with the identifier 0 ends the connection."""
    client = clients.connect()
    client.send(subscribe(0, ("a", 0), version=clients.version))
    client.end(0x81, 0x82)


V311_OPTIONS = [3, 4, 8, 0x10, 0x40, 0x80, 0xFC]
V5_OPTIONS = [3, 0x30, 0x40, 0x80, 0xC0]


@pytest.mark.parametrize("options", V311_OPTIONS, ids="x{:02x}".format)
@pytest.mark.proves(v311="3.8.3-4 4.8.0-1")
def test_reserved_bits_of_the_requested_qos(clients: Clients, options: int) -> None:
    """In 3.1.1 only the QoS bits may be set, and not both."""
    client = clients.connect()
    client.send(subscribe(1, ("a", options), version=clients.version))
    client.end()


@pytest.mark.parametrize("options", V5_OPTIONS, ids="x{:02x}".format)
@pytest.mark.proves(v5="3.8.3-5 4.13.1-1")
def test_wrong_subscription_options(clients: Clients, options: int) -> None:
    """QoS 3, retain handling 3 and the reserved bits end the connection."""
    client = clients.connect()
    client.send(subscribe(1, ("a", options), version=clients.version))
    client.end(0x81, 0x82)


CUT = {"no_options": string("a"), "half_a_filter": b"\0\5a", "half_a_length": b"\0"}


@pytest.mark.parametrize("rest", CUT.values(), ids=CUT)
@pytest.mark.proves(v311="3.8.3-1 4.8.0-1", v5="3.8.3-1 3.8.3-2 4.13.1-1")
def test_subscribe_cut_short(clients: Clients, rest: bytes) -> None:
    """SUBSCRIBE whose body ends in the middle of a filter ends the connection."""
    client = clients.connect()
    client.send(packet(0x82, u16(1) + EMPTY[clients.version] + rest))
    client.end(0x81, 0x82)


FILTERS = {
    "empty": "",
    "hash_inside": "a/#/b",
    "hash_joined": "a/b#",
    "hash_twice": "#/#",
    "plus_joined": "a/b+",
    "plus_before": "+a/b",
    "plus_twice": "a/++",
    "hash_after_plus": "+#",
}


@pytest.mark.parametrize("name", FILTERS.values(), ids=FILTERS)
@pytest.mark.proves(v311="4.7.1-2 4.7.1-3 4.7.3-1", v5="4.7.1-1 4.7.1-2 4.7.3-1")
def test_filters_that_are_none(clients: Clients, name: str) -> None:
    """A filter with wildcards where none can be, or an empty one, ends the connection."""
    client = clients.connect()
    client.send(subscribe(1, (name, 0), version=clients.version))
    client.end(0x81, 0x82, 0x8F)


@pytest.mark.parametrize("granted", [0, 1, 2], ids="granted{}".format)
@pytest.mark.parametrize("published", [0, 1, 2], ids="published{}".format)
@pytest.mark.proves(v311="3.8.4-6", v5="3.8.4-8")
def test_delivery_at_the_lower_qos(clients: Clients, published: int, granted: int) -> None:
    """The QoS of a delivery is the lower of the message's and the subscription's."""
    client = clients.connect()
    assert client.subscribe(clients.topic(), qos=granted).codes == (granted,)
    client.publish(clients.topic(), b"x", qos=published)
    assert client.message().qos == min(published, granted)
    client.silence()


@pytest.mark.proves(v311="3.8.4-3", v5="3.8.4-3")
def test_same_filter_again_replaces_the_subscription(clients: Clients) -> None:
    """The second QoS holds, and there is one delivery, not two."""
    client = clients.connect()
    for qos in (2, 0, 1):
        client.subscribe(clients.topic("+"), qos=qos)
        client.publish(clients.topic("a"), b"x", qos=2)
        assert client.message().qos == qos
        client.silence()
    client.unsubscribe(clients.topic("+"))
    client.publish(clients.topic("a"), b"x", qos=2)
    client.silence()


@pytest.mark.proves(v311="3.8.4-3", v5="3.8.4-3 3.8.4-4")
def test_replacing_loses_nothing(clients: Clients) -> None:
    """Messages published around a repeated SUBSCRIBE all arrive."""
    client = clients.connect()
    client.subscribe(clients.topic(), qos=1)
    topic, version = clients.topic(), clients.version
    data = b""
    for number in range(1, 21):
        payload = b"%d" % number
        data += publish(topic, payload, version=version, qos=1, packet_id=number)
        data += subscribe(100 + number, (topic, 1), version=version)
    client.send(data)
    for _ in range(20):
        client.wait_for(PubAck)
        client.wait_for(SubAck)
    assert [message.payload for message in client.messages(20)] == [
        b"%d" % number for number in range(1, 21)
    ]
    client.silence()


@pytest.mark.proves(v311="3.8.4-4", v5="3.8.4-5")
def test_same_filter_twice_in_one_packet(clients: Clients) -> None:
    """Filters of one packet are handled one after another: the last of the same wins."""
    client = clients.connect()
    topic = clients.topic()
    client.send(subscribe(5, (topic, 2), (topic, 0), version=clients.version))
    assert client.expect(SubAck).codes == (2, 0)
    client.publish(topic, b"x", qos=2)
    assert client.message().qos == 0
    client.silence()


@pytest.mark.proves(v311="4.5.0-1", v5="4.5.0-1")
def test_every_subscriber_gets_the_message(clients: Clients) -> None:
    """A message goes to each client that has a matching subscription, away or not."""
    away = clients.persist("away")
    away.subscribe(clients.topic("+"), qos=2)
    away.leave()
    here = [clients.connect(f"here{number}") for number in range(5)]
    for number, client in enumerate(here):
        client.subscribe(clients.topic("a" if number % 2 else "#"), qos=1)
    clients.connect("publisher").publish(clients.topic("a"), b"x", qos=1)
    for client in (*here, clients.persist("away")):
        assert client.message().payload == b"x"
        client.silence()
