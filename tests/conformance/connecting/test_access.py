"""A server that does not let everybody do everything."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.servers import PASSWORD, USERNAME
from tests.conformance.wire.answers import Disconnect, PubComp, PubRec, SubAck
from tests.conformance.wire.encodings import Type, Version
from tests.conformance.wire.packets import Connect, Will, acknowledgement, publish, subscribe


def enter(clients: Clients, label: str, will: Will | None = None) -> Client:
    client = clients.open()
    connect = Connect(
        clients.id(label), clients.version, username=USERNAME, password=PASSWORD, will=will
    )
    assert client.connect(connect).code == 0
    return client


@pytest.mark.proves(v311="3.2.2-4 3.2.2-5", v5="3.1.4-2 3.2.2-6 3.2.2-7 3.2.2-8 4.13.2-1")
def test_stranger_is_refused(guarded_clients: Clients) -> None:
    """A client without credentials gets a refusal with session present 0, then the end."""
    client = guarded_clients.open()
    client.send(Connect(guarded_clients.id("c"), guarded_clients.version, clean=False).encode())
    codes = (4, 5) if guarded_clients.version is Version.V311 else (0x86, 0x87)
    answer = client.refused(*codes)
    assert answer
    assert not answer.session_present


@pytest.mark.proves(v311="3.1.4-5 3.14.4-3", v5="3.1.4-6")
def test_stranger_has_no_effect(guarded_clients: Clients) -> None:
    """What a refused client sends, its will included, is never published."""
    clients = guarded_clients
    watcher = enter(clients, "watcher")
    watcher.subscribe("allowed/#", qos=1)
    client = clients.open()
    connect = Connect(clients.id("c"), clients.version, will=Will("allowed/will"))
    client.send(connect.encode() + publish("allowed/x", b"x", version=clients.version))
    client.refused()
    watcher.silence()


@pytest.mark.proves(v311="3.1.4-5 3.1.4-2", v5="3.1.4-6 3.1.4-3")
def test_stranger_ends_nobody(guarded_clients: Clients) -> None:
    """A refused client with somebody's identifier leaves that client and its session alone."""
    clients = guarded_clients
    owner = enter(clients, "owner")
    owner.subscribe("allowed/" + clients.topic(), qos=1)
    client = clients.open()
    client.send(Connect(clients.id("owner"), clients.version).encode())
    client.refused()
    owner.publish("allowed/" + clients.topic(), b"x", qos=1)
    assert owner.message().payload == b"x"


@pytest.mark.parametrize("qos", [0, 1, 2], ids="qos{}".format)
@pytest.mark.proves(v311="3.3.5-2", v5="3.4.2-1 3.5.2-1")
def test_publishing_without_a_right(guarded_clients: Clients, qos: int) -> None:
    """The message is acknowledged (in 5 with 0x87) or the connection ends; nobody gets it."""
    clients = guarded_clients
    watcher = enter(clients, "watcher")
    watcher.subscribe("allowed/#", "forbidden/#", qos=1)
    client = enter(clients, "client")
    identifier = None if qos == 0 else 1
    client.send(
        publish("forbidden/x", b"x", version=clients.version, qos=qos, packet_id=identifier)
    )
    if qos:
        answer = client.receive_any()
        if clients.version is Version.V5:
            assert getattr(answer, "code", None) == 0x87
        else:
            assert not isinstance(answer, Disconnect)
    watcher.publish("allowed/x", b"sentinel", qos=1)
    assert watcher.message().payload == b"sentinel"
    watcher.silence()


@pytest.mark.proves(v311="3.8.4-5 3.9.3-1 3.9.3-2", v5="3.8.4-7 3.9.3-1 3.9.3-2")
def test_subscribing_without_a_right(guarded_clients: Clients) -> None:
    """SUBACK says for each filter whether it was granted, the refused one among them."""
    clients = guarded_clients
    client = enter(clients, "client")
    filters = [("allowed/a", 1), ("forbidden/a", 1), ("allowed/b", 0)]
    client.send(subscribe(4, *filters, version=clients.version))
    refusal = 0x80 if clients.version is Version.V311 else 0x87
    assert client.expect(SubAck).codes == (1, refusal, 0)


@pytest.mark.proves(v5="4.3.3-9 3.5.2-1")
def test_identifier_after_a_refused_publish(guarded_clients: Clients) -> None:
    """After PUBREC of 0x80 or more the identifier stands for a new message, without PUBREL."""
    clients = guarded_clients
    watcher = enter(clients, "watcher")
    watcher.subscribe("allowed/" + clients.topic())
    client = enter(clients, "client")
    client.send(publish("forbidden/x", b"no", version=Version.V5, qos=2, packet_id=7))
    assert getattr(client.receive(), "code", 0) >= 0x80
    topic = "allowed/" + clients.topic()
    client.send(publish(topic, b"yes", version=Version.V5, qos=2, packet_id=7))
    assert client.expect(PubRec).code == 0
    client.send(acknowledgement(Type.PUBREL, 7))
    assert client.expect(PubComp).code == 0
    assert watcher.message().payload == b"yes"
