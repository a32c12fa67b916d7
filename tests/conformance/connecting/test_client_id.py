"""Client identifiers: which are taken, and what is done about an empty one."""

from __future__ import annotations

import string

import pytest

from tests.conformance.clients import LONG, Clients
from tests.conformance.wire.answers import ConnAck
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Property

CHARACTERS = string.digits + string.ascii_letters
IDENTIFIERS = ["7", "Z", CHARACTERS[:23], CHARACTERS[23:46], CHARACTERS[-23:]]


@pytest.mark.parametrize("client_id", IDENTIFIERS)
@pytest.mark.proves(v311="3.1.3-5", v5="3.1.3-5")
def test_identifiers_that_every_server_takes(clients: Clients, client_id: str) -> None:
    """One to 23 digits and Latin letters are accepted."""
    client = clients.open()
    assert client.connect(Connect(client_id, clients.version)).code == 0
    client.silence()


@pytest.mark.proves(v311="", v5="")
def test_longer_identifiers(clients: Clients) -> None:
    """64 characters, hyphens and underscores among them, are accepted."""
    client = clients.open()
    client_id = clients.id("player-" + "0123456789abcdef_" * 4)[:64]
    assert client.connect(Connect(client_id, clients.version)).code == 0


@pytest.mark.proves(v311="3.1.3-6 3.1.3-7", v5="3.1.3-6")
def test_empty_identifiers_are_told_apart(clients: Clients) -> None:
    """Two clients without an identifier are two sessions: neither ends the other."""
    first, second = clients.open(), clients.open()
    for client in (first, second):
        assert client.connect(Connect("", clients.version)).code == 0
    first.subscribe(clients.topic())
    second.publish(clients.topic(), b"x")
    assert first.message().payload == b"x"
    second.silence()


@pytest.mark.proves(v311="3.1.3-7 3.1.3-8 3.1.3-9 3.2.2-4 3.2.2-5")
def test_empty_identifier_with_a_session_to_keep(clients: Clients) -> None:
    """MQTT 3.1.1 refuses an empty identifier with clean session 0: code 0x02, then the end."""
    client = clients.open()
    client.send(Connect("", clean=False).encode())
    answer = client.refused(0x02)
    assert answer == ConnAck(
        False, 0x02, answer.properties if answer else ConnAck(False, 0).properties
    )


@pytest.mark.proves(v5="3.1.3-6 3.1.3-7 3.2.2-16")
def test_assigned_identifier(clients: Clients) -> None:
    """MQTT 5 tells the identifier it assigned, different each time."""
    assigned = set()
    for _ in range(3):
        client = clients.open()
        connack = client.connect(Connect("", Version.V5))
        name = connack.properties.get(Property.ASSIGNED_CLIENT_ID)
        assert isinstance(name, str)
        assert name
        assigned.add(name)
    assert len(assigned) == 3


@pytest.mark.proves(v5="3.1.3-7 3.1.3-2")
def test_assigned_identifier_names_the_session(clients: Clients) -> None:
    """A session begun without an identifier goes on under the assigned one."""
    client = clients.open()
    expiry = ((Property.SESSION_EXPIRY, LONG),)
    connack = client.connect(Connect("", Version.V5, clean=False, properties=expiry))
    name = connack.properties.get(Property.ASSIGNED_CLIENT_ID)
    assert isinstance(name, str)
    client.subscribe(clients.topic(), qos=1)
    client.leave()
    clients.connect("publisher").publish(clients.topic(), b"kept", qos=1)
    again = clients.open()
    connack = again.connect(Connect(name, Version.V5, clean=False, properties=expiry))
    assert connack.session_present
    assert Property.ASSIGNED_CLIENT_ID not in connack.properties
    assert again.message().payload == b"kept"


@pytest.mark.proves(v311="3.1.3-2", v5="3.1.3-2")
def test_identifiers_are_compared_exactly(clients: Clients) -> None:
    """Identifiers that differ in case name different sessions."""
    clients.persist("name").close()
    other = clients.persist("NAME")
    assert other.connack
    assert not other.connack.session_present
    again = clients.persist("name")
    assert again.connack
    assert again.connack.session_present
