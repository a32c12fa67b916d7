"""The socket that hands messages on: what came before the end, and then the end."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from zapette.mqtt.publish_packets import write_publish
from zapette.mqtt.publish_socket import PublishSocket
from zapette.mqtt.subscriptions import Message

PACKET = write_publish("a", b"last", retain=False, is_5=False)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, PublishSocket]]:
    """A server's end of a connection, and ours."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    with ours, theirs:
        ours.settimeout(10)
        yield theirs, PublishSocket(ours, is_5=False)


def test_one_look_finds_what_came_and_that_the_connection_was_reset(
    ends: tuple[socket.socket, PublishSocket],
) -> None:
    """With uvloop there is no second one."""
    theirs, ours = ends
    theirs.sendall(PACKET)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    ours.receive()
    message = ours.next()
    assert isinstance(message, Message)
    assert message.payload == b"last"
    with pytest.raises(ConnectionResetError):
        ours.next()


def test_one_look_finds_what_came_and_that_the_connection_was_closed(
    ends: tuple[socket.socket, PublishSocket],
) -> None:
    theirs, ours = ends
    theirs.sendall(PACKET)
    theirs.close()
    ours.receive()
    assert isinstance(ours.next(), Message)
    # paho reads that it is the end
    assert ours.next() is True
    assert ours.recv(1) == b""
