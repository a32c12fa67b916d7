"""Listeners: TLS, WebSocket, ports, and what an embedding program brings itself."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
import uvloop
from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.broker.certificates import make_certificate
from tests.broker.servers import ANONYMOUS, Running, config, run_ours
from tests.conformance.client import Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.stream import Stream
from tests.programs.ports import free_port
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_broker import Broker, BrokerError, Limits
from zapette_broker.__main__ import main
from zapette_broker.transports.upgrade import BadRequest, accept
from zapette_server.hosts import Hosts

LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]
ALL_LOOPS = pytest.mark.parametrize("new_loop", LOOPS, ids=["uvloop", "asyncio"])


@ALL_LOOPS
@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_a_foreign_client(
    tmp_path: Path,
    transport: Any,
    secure: bool,
    version: MQTTProtocolVersion,
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Every transport, on both event loops, with a client that others wrote."""
    certificate, key = make_certificate(tmp_path)
    settings = config()
    if secure:
        for listener in settings["listeners"].values():
            listener |= {"ssl": True, "certfile": str(certificate), "keyfile": str(key)}
    received = []
    with run_ours(settings, new_loop=new_loop) as running:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id="foreign", transport=transport, protocol=version
        )
        if secure:
            client.tls_set(str(certificate))
        client.on_message = lambda _c, _u, message: received.append(message)
        subscribed: list[object] = []
        client.on_subscribe = lambda *_: subscribed.append(1)
        port = running.ws_port if transport == "websockets" else running.port
        client.connect("localhost", port)
        client.loop_start()
        try:
            eventually(client.is_connected, "connected")
            client.subscribe("t/#", 2)
            eventually(lambda: subscribed, "subscribed")
            sizes = (0, 100, 200, 70_000, 500_000)
            for number, size in enumerate(sizes):
                client.publish("t/x", bytes(size), number % 3).wait_for_publish(10)
            eventually(lambda: len(received) == 5, "all have come")
            assert sorted(len(message.payload) for message in received) == sorted(sizes)
        finally:
            client.disconnect()
            client.loop_stop()


def test_plain_bytes_on_a_tls_port_harm_nobody(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    settings = config()
    settings["listeners"]["default"] |= {
        "ssl": True, "certfile": str(certificate), "keyfile": str(key),
    }  # fmt: skip
    with run_ours(settings) as running:
        plain = running.open()
        plain.send(Connect("c").encode())
        assert plain.end(timeout=HANG_TIMEOUT) is None
        context = ssl.create_default_context(cafile=str(certificate))
        with socket.create_connection(("127.0.0.1", running.port)) as raw:
            stream = Stream(running.port)
            stream.close()
            stream.socket = context.wrap_socket(raw, server_hostname="localhost")
            client = Client(stream, Version.V5)
            assert client.connect(Connect("c", Version.V5)).code == 0
            client.silence()
            client.close()


def upgrade(running: Running, *lines: str, path: str = "/mqtt", method: str = "GET") -> str:
    """Send a request to the WebSocket listener and return the first line of the answer."""
    request = "\r\n".join((f"{method} {path} HTTP/1.1", "Host: 127.0.0.1:8083", *lines, "", ""))
    with socket.create_connection(("127.0.0.1", running.ws_port), timeout=HANG_TIMEOUT) as one:
        one.sendall(request.encode())
        answer = one.recv(4096)
    return answer.decode()


USUAL = (
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
)


def without(start: str) -> tuple[str, ...]:
    return tuple(line for line in USUAL if not line.startswith(start))


def test_upgrade() -> None:
    """The example of RFC 6455 section 1.3, with Firefox's Connection header."""
    with run_ours() as running:
        answer = upgrade(running, *USUAL)
    assert answer.startswith("HTTP/1.1 101 ")
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert "Sec-WebSocket-Protocol: mqtt\r\n" in answer
    assert "permessage-deflate" not in answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((), 426),
        (without("Upgrade"), 426),
        (without("Connection"), 426),
        ((*without("Sec-WebSocket-Version"), "Sec-WebSocket-Version: 8"), 426),
        (without("Sec-WebSocket-Protocol"), 400),
        ((*without("Sec-WebSocket-Protocol"), "Sec-WebSocket-Protocol: chat"), 400),
        ((*without("Sec-WebSocket-Key"), "Sec-WebSocket-Key: short"), 400),
        ((*USUAL, "Content-Length: 5"), 400),
        ((*USUAL, "Content-Length: 0", "Content-Length: 0"), 400),
        ((*USUAL, "Content-Length: 0, 0"), 400),
        ((*USUAL, "Transfer-Encoding: chunked"), 400),
        ((*USUAL, "Transfer-Encoding : chunked"), 400),
        ((*USUAL, "X: a\nTransfer-Encoding: chunked"), 400),
        ((*USUAL, "X: a\rContent-Length: 5"), 400),
        ((*USUAL, "X: a", " folded: b"), 400),
        ((*USUAL, "X: a\0b"), 400),
        ((*USUAL, "X\u00e9: a"), 400),
        ((*USUAL, "Host: other.example"), 400),
        ((*USUAL, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
        ((*USUAL, "Cookie: x=\u00e9; \u540d=\u0424"), 101),
        ((*USUAL, "Broken line"), 400),
        ((*USUAL, "X: " + "y" * 20_000), 431),
    ],
)
def test_wrong_upgrades(lines: tuple[str, ...], status: int) -> None:
    with run_ours() as running:
        assert upgrade(running, *lines).startswith(f"HTTP/1.1 {status} ")
        running.connect("fine").silence()


@given(st.binary(min_size=1, max_size=60).filter(lambda it: not set(it) & {*range(32), 127}))
def test_bytes_in_values_of_others_are_none_of_our_business(value: bytes) -> None:
    head = "\r\n".join(("GET /mqtt HTTP/1.1", "Host: localhost", *USUAL, "Cookie: ")).encode()
    assert accept(head + value, "/mqtt", None).startswith(b"HTTP/1.1 101 ")


@given(st.sampled_from([*range(9), *range(10, 32), 127]), st.integers(0, 60))
def test_control_characters_are_refused(byte: int, place: int) -> None:
    head = "\r\n".join(("GET /mqtt HTTP/1.1", "Host: localhost", *USUAL)).encode()
    with pytest.raises(BadRequest, match=r"malformed|not an HTTP|only GET|no host"):
        accept(head[:place] + bytes((byte,)) + head[place:], "/mqtt", None)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8083", None, 101),
        ("[::1]", "http://localhost:8000", 101),
        ("tv.local", "http://tv.local:8000", 101),
        ("home.example", "https://home.example", 101),
        ("192.168.1.5", "http://192.168.1.5:8000", 101),
        ("evil.example", None, 421),
        ("evil.example", "http://evil.example", 421),
        ("home.example.evil.example", None, 421),
        ("127.0.0.1", "http://evil.example", 421),
        ("127.0.0.1", "null", 421),
        ("127.0.0.1", "http://8.8.8.8", 421),
        ("8.8.8.8", "http://8.8.8.8", 101),
        ("localhost@evil.example", None, 421),
        ("", None, 421),
    ],
)
def test_hosts(host: str, origin: str | None, status: int) -> None:
    lines = USUAL if origin is None else (*USUAL, f"Origin: {origin}")
    head = "\r\n".join(("GET /mqtt HTTP/1.1", f"Host: {host}", *lines)).encode()
    hosts = Hosts.of("https://home.example/zapette/")
    if status == 101:
        assert accept(head, "/mqtt", None, hosts).startswith(b"HTTP/1.1 101 ")
    else:
        with pytest.raises(BadRequest) as refused:
            accept(head, "/mqtt", None, hosts)
        assert refused.value.status.startswith(f"{status} ")
        assert len(refused.value.detail) > 20, "in words"


def test_a_host_is_needed() -> None:
    head = "\r\n".join(("GET /mqtt HTTP/1.1", *USUAL)).encode()
    with pytest.raises(BadRequest, match="no host"):
        accept(head, "/mqtt", None)


def test_the_household_answers_only_its_own_hosts(system: System) -> None:
    for host, status in (("localhost", 101), ("evil.example", 421)):
        request = "\r\n".join(("GET /mqtt HTTP/1.1", f"Host: {host}", *USUAL, "", ""))
        with socket.create_connection(("127.0.0.1", system.ws_port), timeout=HANG_TIMEOUT) as one:
            one.sendall(request.encode())
            assert one.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_browser_that_looks_at_the_port_is_told_what_it_is() -> None:
    with run_ours() as running:
        answer = upgrade(running, path="/")
    assert "MQTT over WebSocket: connect to /mqtt" in answer


def test_other_paths_and_methods() -> None:
    with run_ours() as running:
        for path in ("/other", "//[", "http://[/mqtt"):
            assert upgrade(running, *USUAL, path=path).startswith("HTTP/1.1 404 ")
        assert upgrade(running, *USUAL, path="/mqtt?x=1").startswith("HTTP/1.1 101 ")
        assert upgrade(running, *USUAL, method="POST").startswith("HTTP/1.1 405 ")


@pytest.mark.parametrize(
    ("allowed", "origin", "status"),
    [
        (None, "https://anywhere.example", 101),
        (frozenset({"https://a.example"}), "https://a.example", 101),
        (frozenset({"https://a.example"}), "https://b.example", 403),
        (frozenset({"https://a.example"}), "https://a.example.evil", 403),
        (frozenset({"https://a.example"}), None, 101),
        (frozenset({"same-host"}), "http://127.0.0.1:8000", 101),
        (frozenset({"same-host"}), "http://192.168.1.9:8000", 403),
        (frozenset({"same-host"}), "null", 403),
        (frozenset({"same-host"}), "http://[bad", 403),
        (frozenset(), "https://a.example", 403),
    ],
)
def test_origins(allowed: frozenset[str] | None, origin: str | None, status: int) -> None:
    with run_ours(limits=Limits(allowed_origins=allowed)) as running:
        lines = USUAL if origin is None else (*USUAL, f"Origin: {origin}")
        assert upgrade(running, *lines).startswith(f"HTTP/1.1 {status} ")


def test_a_foreign_page_is_logged_and_a_look_at_the_port_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "broker")
    with run_ours(limits=Limits(allowed_origins=frozenset())) as running:
        upgrade(running, path="/favicon.ico")
        upgrade(running, *USUAL, "Origin: https://a.example")
        eventually(lambda: "upgrade_refused" in caplog.text, "it is logged")
    assert caplog.text.count("peer=") == 1
    assert "status=403" in caplog.text


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = {"listeners": {"default": {"bind": f"127.0.0.1:{port}"}}, "plugins": {}}
        with pytest.raises(BrokerError, match=rf"listener default.*{port}"), run_ours(settings):
            pass


def test_a_broker_starts_again_after_it_was_shut_down() -> None:
    async def twice() -> None:
        broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{free_port()}"}},
                "plugins": {ANONYMOUS: {}},
            }
        )
        for _ in range(2):
            await broker.start()
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.ports["default"])
            writer.write(Connect("c").encode())
            assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
            await broker.shutdown()
            writer.close()

    uvloop.run(twice())


def test_an_external_listener() -> None:
    """A program hands over streams that it has accepted itself, as amqtt lets it."""

    async def serve() -> None:
        broker = Broker(
            {
                "listeners": {"default": {"type": "external", "bind": "unused"}},
                "plugins": {ANONYMOUS: {}},
            }
        )
        await broker.start()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await broker.external_connected(
                StreamReaderAdapter(reader), StreamWriterAdapter(writer), "default"
            )

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        await asyncio.to_thread(talk, port)
        server.close()
        await broker.shutdown()

    def talk(port: int) -> None:
        with Stream(port) as stream:
            client = Client(stream, Version.V5)
            assert client.connect(Connect("c", Version.V5)).code == 0
            client.subscribe("t", qos=1)
            client.publish("t", bytes(1000), qos=1)
            assert len(client.message().payload) == 1000
            client.leave()

    uvloop.run(serve())


def test_shutting_down_tells_the_clients() -> None:
    with run_ours() as running:
        client = running.connect("c", Version.V5)
        running.await_(running.broker.shutdown())
        farewell = client.end(timeout=HANG_TIMEOUT)
        assert farewell is not None
        assert farewell.code == 0x8B
        running.await_(running.broker.start())


def test_mosquitto_s_own_clients() -> None:
    with run_ours() as running:
        common = ["-h", "127.0.0.1", "-p", str(running.port)]
        for version in ("311", "5"):
            command = ["mosquitto_sub", *common, "-V", version, "-t", "t/#", "-C", "1"]
            with ending(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as reader:
                eventually(
                    lambda: running.call(lambda: running.broker.counters["subscriptions"]) == 1,
                    "subscribed",
                )
                subprocess.run(
                    ["mosquitto_pub", *common, "-V", version, "-t", "t/x", "-m", "hi", "-q", "1"],
                    check=True,
                    timeout=10,
                )
                assert reader.communicate(timeout=HANG_TIMEOUT)[0] == "hi\n"
            eventually(
                lambda: running.call(lambda: running.broker.counters["subscriptions"]) == 0,
                "it has left",
            )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "is not a mapping in YAML"),
        ("listener: {}", "listener: there is no such section"),
        ('listeners: {default: {type: tcp, bind: "127.0.0.1:99999"}}', "99999 is not a port"),
        ('listeners: {default: {type: udp, bind: "127.0.0.1:0"}}', "'udp' is not a valid"),
        ("limits: {max_pakcet: 1}", "did you mean max_packet?"),
    ],
)
def test_a_wrong_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file = tmp_path / "broker.yaml"
    file.write_text(text)
    assert main(["-c", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
