"""MQTT over WebSocket."""

from __future__ import annotations

import pytest

from tests.conformance.client import Client
from tests.conformance.clients import Clients
from tests.conformance.wire.answers import ConnAck, PingResp, PubAck
from tests.conformance.wire.packets import PINGREQ, Connect, Will, publish
from tests.conformance.wire.stream import Opcode, WebSocketStream


def open_stream(clients: Clients, protocols: str | None) -> WebSocketStream:
    stream = WebSocketStream(clients.server.ws_port, protocols)
    clients.adopt(stream)
    return stream


def connect(clients: Clients, will: Will | None = None) -> tuple[Client, WebSocketStream]:
    stream = WebSocketStream(clients.server.ws_port)
    client = clients.adopt(stream)
    assert client.connect(Connect(clients.id("c"), clients.version, will=will)).code == 0
    return client, stream


@pytest.mark.proves(v311="6.0.0-1 6.0.0-4 7.1.1-1", v5="6.0.0-1 6.0.0-4 4.2.0-1")
def test_whole_conversation(clients: Clients) -> None:
    """The subprotocol mqtt is selected and everything travels in binary frames."""
    # A frame that is not binary makes the stream fail.
    client, stream = connect(clients)
    assert stream.status == 101
    assert stream.header("Sec-WebSocket-Protocol") == "mqtt"
    for qos in (0, 1, 2):
        client.subscribe(clients.topic(), qos=qos)
        client.publish(clients.topic(), b"\0\xff" * 3_000, qos=qos)
        assert client.message().payload == b"\0\xff" * 3_000
    client.silence()
    client.leave()


@pytest.mark.parametrize("offer", ["other, mqtt", "mqtt, mqttv3.1", "mqttv3.1,mqtt"])
@pytest.mark.proves(v311="6.0.0-4", v5="6.0.0-4")
def test_subprotocol_among_others(clients: Clients, offer: str) -> None:
    """Of several subprotocols offered, mqtt is selected."""
    stream = open_stream(clients, offer)
    assert stream.status == 101
    assert stream.header("Sec-WebSocket-Protocol") == "mqtt"


@pytest.mark.parametrize("offer", ["chat", None], ids=["other", "none"])
@pytest.mark.proves(v311="6.0.0-4", v5="6.0.0-4")
def test_other_subprotocols_are_never_selected(clients: Clients, offer: str | None) -> None:
    """A client that does not offer mqtt is refused, or no other subprotocol is named."""
    stream = open_stream(clients, offer)
    assert stream.status != 101 or stream.header("Sec-WebSocket-Protocol") in (None, "mqtt")


@pytest.mark.parametrize("opcode", [Opcode.TEXT], ids=["text"])
@pytest.mark.proves(v311="6.0.0-1", v5="6.0.0-1")
def test_text_frames_end_the_connection(clients: Clients, opcode: Opcode) -> None:
    """MQTT in a text frame is not read."""
    client, stream = connect(clients)
    stream.send_frame(opcode, PINGREQ)
    client.end()


@pytest.mark.proves(v311="6.0.0-1", v5="6.0.0-1")
def test_text_frame_first(clients: Clients) -> None:
    """CONNECT in a text frame is not answered."""
    stream = WebSocketStream(clients.server.ws_port)
    client = clients.adopt(stream)
    stream.send_frame(Opcode.TEXT, Connect("a", clients.version).encode())
    client.refused()


@pytest.mark.proves(v311="6.0.0-2", v5="6.0.0-2")
def test_packets_and_frames_need_not_fit(clients: Clients) -> None:
    """A packet may take several frames, a frame hold several packets, or one and a half."""
    client = clients.adopt(WebSocketStream(clients.server.ws_port))
    for byte in Connect(clients.id("c"), clients.version).encode():
        client.send(bytes([byte]))
    client.expect(ConnAck)
    message = publish(clients.topic(), b"x", version=clients.version, qos=1, packet_id=3)
    client.send(PINGREQ + message + message[:4])
    client.expect(PingResp)
    client.expect(PubAck)
    client.send(message[4:] + PINGREQ)
    client.expect(PubAck)
    client.expect(PingResp)


@pytest.mark.proves(v311="6.0.0-2", v5="6.0.0-2")
def test_fragmented_messages(clients: Clients) -> None:
    """A WebSocket message in fragments is read, with a ping among them."""
    client, stream = connect(clients)
    data = publish(clients.topic(), bytes(300), version=clients.version, qos=1, packet_id=3)
    stream.send_frame(Opcode.BINARY, data[:7], final=False)
    stream.send_frame(Opcode.CONTINUATION, data[7:100], final=False)
    stream.send_frame(Opcode.PING, b"still there?")
    stream.send_frame(Opcode.CONTINUATION, data[100:])
    assert client.expect(PubAck).packet_id == 3


@pytest.mark.proves(v311="", v5="")
def test_empty_frames(clients: Clients) -> None:
    """An empty binary frame is no packet and no harm."""
    client, stream = connect(clients)
    stream.send_frame(Opcode.BINARY, b"")
    client.silence()


@pytest.mark.proves(v311="3.1.2-8", v5="3.1.2-8")
def test_closing_without_disconnect_brings_the_will(clients: Clients) -> None:
    """A WebSocket close is no DISCONNECT."""
    watcher = clients.connect("watcher")
    watcher.subscribe(clients.topic("will"))
    _, stream = connect(clients, Will(clients.topic("will")))
    stream.send_frame(Opcode.CLOSE, b"\x03\xe8")
    assert watcher.message().payload == b"gone"


@pytest.mark.proves(v311="", v5="")
def test_tcp_and_websocket_meet(clients: Clients) -> None:
    """Clients of both transports share topics, sessions and retained messages."""
    browser, _ = connect(clients)
    browser.subscribe(clients.topic("a"), qos=1)
    other = clients.connect("other")
    other.subscribe(clients.topic("b"), qos=1)
    other.publish(clients.topic("a"), b"to the browser", qos=1)
    assert browser.message().payload == b"to the browser"
    browser.publish(clients.topic("b"), b"from the browser", qos=1)
    assert other.message().payload == b"from the browser"
    browser.leave()
