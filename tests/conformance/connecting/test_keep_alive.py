"""Keep alive: who is silent for too long is taken for gone."""

from __future__ import annotations

import time

import pytest

from tests.conformance.client import PATIENCE
from tests.conformance.clients import Clients
from tests.conformance.wire.packets import PINGREQ


@pytest.mark.waits
@pytest.mark.proves(v311="3.1.2-24", v5="3.1.2-22 3.2.2-22")
def test_silence_ends_the_connection(clients: Clients) -> None:
    """Keep alive 2: after three seconds of silence, not before, the server closes."""
    began = time.monotonic()
    client = clients.connect(keep_alive=2)
    client.end(0x8D, timeout=3 + clients.server.slack)
    assert time.monotonic() - began > 2.9


@pytest.mark.waits
@pytest.mark.proves(v311="3.1.2-24", v5="3.1.2-22")
def test_any_packet_keeps_the_connection(clients: Clients) -> None:
    """A client that sends something within keep alive stays, PINGREQ or not."""
    # It would end after six seconds; a busy machine may be late by as many seconds as are left.
    client = clients.connect(keep_alive=4)
    client.subscribe(clients.topic())
    for number in range(7):
        time.sleep(1)
        if number % 2:
            client.publish(clients.topic(), b"x")
            client.message()
        else:
            client.silence()


@pytest.mark.waits
@pytest.mark.proves(v311="3.1.2-24", v5="3.1.2-22")
def test_being_sent_to_does_not_count(clients: Clients) -> None:
    """What the server sends does not keep a silent client connected."""
    client = clients.connect(keep_alive=1)
    client.subscribe(clients.topic())
    publisher = clients.connect("publisher")
    deadline = time.monotonic() + 1.5 + clients.server.slack
    while time.monotonic() < deadline:
        publisher.publish(clients.topic(), b"x")
        publisher.silence()
        time.sleep(0.3)
        if _closed(client.stream.receive(PATIENCE)):
            return
    pytest.fail("the silent client is still connected")


def _closed(received: bytes) -> bool:
    # A DISCONNECT may come behind messages in one segment.
    return not received or received.endswith((b"\xe0\x01\x8d", b"\xe0\x02\x8d\0"))


@pytest.mark.waits
@pytest.mark.proves(v311="", v5="")
def test_keep_alive_0_is_no_limit(clients: Clients) -> None:
    """Keep alive 0 turns the mechanism off."""
    client = clients.connect(keep_alive=0)
    time.sleep(3)
    client.silence()


@pytest.mark.waits
@pytest.mark.proves(v311="3.1.2-24", v5="3.1.2-22")
def test_half_a_packet_does_not_count(clients: Clients) -> None:
    """Bytes that do not make a packet do not keep a client connected."""
    client = clients.connect(keep_alive=1)
    client.send(PINGREQ[:1])
    client.end(0x8D, timeout=1.5 + clients.server.slack)
