"""UNSUBSCRIBE and UNSUBACK."""

from __future__ import annotations

import pytest

from tests.conformance.clients import Clients
from tests.conformance.wire.answers import PubRel, UnsubAck
from tests.conformance.wire.encodings import Version, packet, u16
from tests.conformance.wire.packets import unsubscribe

EMPTY = {Version.V311: b"", Version.V5: b"\0"}


@pytest.mark.parametrize("packet_id", [1, 256, 65535])
@pytest.mark.proves(v311="2.3.1-7 3.10.4-4 3.10.4-5", v5="2.2.1-6 3.10.4-4 3.10.4-5")
def test_unsuback_has_the_identifier(clients: Clients, packet_id: int) -> None:
    """UNSUBSCRIBE is answered with UNSUBACK of the same identifier, even if nothing is removed."""
    client = clients.connect()
    client.send(unsubscribe(packet_id, clients.topic(), version=clients.version))
    assert client.expect(UnsubAck).packet_id == packet_id


@pytest.mark.proves(v5="3.11.3-1 3.11.3-2")
def test_one_unsuback_code_for_each_filter(clients: Clients) -> None:
    """UNSUBACK says for each filter, in their order, whether there was a subscription."""
    client = clients.connect()
    client.subscribe(clients.topic("a"), clients.topic("+/c"))
    codes = client.unsubscribe(
        clients.topic("x"), clients.topic("a"), clients.topic("a"), clients.topic("+/c")
    ).codes
    assert codes == (0x11, 0x00, 0x11, 0x00)


@pytest.mark.parametrize("name", ["", "a#", "a/#/b"], ids=["empty", "inside", "not_last"])
@pytest.mark.proves(v311="4.7.1-2 4.7.3-1", v5="4.7.1-1 4.7.3-1")
def test_unsubscribing_from_what_is_no_filter(clients: Clients, name: str) -> None:
    """What is no filter ends the connection here too."""
    client = clients.connect()
    client.send(unsubscribe(1, name, version=clients.version))
    client.end(0x81, 0x82, 0x8F)


@pytest.mark.proves(v311="3.10.4-2 3.10.4-6", v5="3.10.4-2 3.10.4-6")
def test_no_messages_after_unsubscribe(clients: Clients) -> None:
    """Each filter of one packet is removed; others stay."""
    client = clients.connect()
    names = [clients.topic(rest) for rest in ("a", "b", "c")]
    client.subscribe(*names, qos=1)
    unsuback = client.unsubscribe(*names[:2])
    assert unsuback.codes == ((0, 0) if clients.version is Version.V5 else ())
    for name in names:
        client.publish(name, b"x", qos=1)
    assert client.message().topic == names[2]
    client.silence()


@pytest.mark.proves(v311="3.10.4-1", v5="3.10.4-1")
def test_filters_are_compared_character_for_character(clients: Clients) -> None:
    """A filter that matches more, less or in another case removes nothing."""
    client = clients.connect()
    client.subscribe(clients.topic("a/+"))
    for other in ("a/b", "a/#", "#", "+/+", "A/+", "a/+/", "a"):
        client.unsubscribe(clients.topic(other))
    client.publish(clients.topic("a/b"), b"x")
    assert client.message().payload == b"x"


@pytest.mark.proves(v311="3.10.3-2 4.8.0-1", v5="3.10.3-2 4.13.1-1")
def test_unsubscribe_without_a_filter(clients: Clients) -> None:
    """UNSUBSCRIBE without a filter ends the connection."""
    client = clients.connect()
    client.send(packet(0xA2, u16(1) + EMPTY[clients.version]))
    client.end(0x81, 0x82)


@pytest.mark.proves(v311="2.3.1-1 4.8.0-1", v5="2.2.1-3 4.13.1-1")
def test_unsubscribe_with_identifier_0(clients: Clients) -> None:
    """UNSUBSCRIBE with the identifier 0 ends the connection."""
    client = clients.connect()
    client.send(unsubscribe(0, "a", version=clients.version))
    client.end(0x81, 0x82)


@pytest.mark.parametrize("rest", [b"\0", b"\0\5a"], ids=["half_a_length", "half_a_filter"])
@pytest.mark.proves(v311="3.10.3-1 4.8.0-1", v5="3.10.3-1 4.13.1-1")
def test_unsubscribe_cut_short(clients: Clients, rest: bytes) -> None:
    """UNSUBSCRIBE whose body ends in the middle of a filter ends the connection."""
    client = clients.connect()
    client.send(packet(0xA2, u16(1) + EMPTY[clients.version] + rest))
    client.end(0x81, 0x82)


@pytest.mark.proves(v311="3.10.4-3 4.3.2-1", v5="3.10.4-3 4.3.2-3")
def test_deliveries_begun_are_completed(clients: Clients) -> None:
    """Open deliveries go on after UNSUBSCRIBE, over a reconnection too."""
    client = clients.persist()
    client.subscribe(clients.topic(), qos=2)
    client.publish(clients.topic(), b"1", qos=1)
    client.publish(clients.topic(), b"2", qos=2)
    first, second = client.expect_publish(), client.expect_publish()
    client.unsubscribe(clients.topic())
    client.pubrec(second)
    assert client.expect(PubRel).packet_id == second.packet_id
    client.leave()
    client = clients.persist()
    answers = (client.receive(), client.receive())
    assert {getattr(answer, "packet_id", 0) for answer in answers} == {
        first.packet_id,
        second.packet_id,
    }
    client.silence()


@pytest.mark.proves(v311="3.10.4-2", v5="3.10.4-2")
def test_unsubscribed_session_collects_nothing(clients: Clients) -> None:
    """A session that unsubscribed gets nothing for that filter while it is away."""
    client = clients.persist()
    client.subscribe(clients.topic("a"), clients.topic("b"), qos=1)
    client.unsubscribe(clients.topic("a"))
    client.leave()
    publisher = clients.connect("publisher")
    for rest in ("a", "b"):
        publisher.publish(clients.topic(rest), rest.encode(), qos=1)
    client = clients.persist()
    assert client.message().payload == b"b"
    client.silence()
