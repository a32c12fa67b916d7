"""MQTT over WebSocket on the port of the pages."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.conformance.client import Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.stream import WebSocketStream
from tests.programs.ports import free_port
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from tests.webapp import raw
from zapette.errors import SettingsError
from zapette_server import handover_socket
from zapette_server.settings.settings import Settings
from zapette_webapp.http.connections import MOST_OF_ADDRESS
from zapette_webapp.http.reading.forwarded import forwarded_address

HOST = "Host: localhost"
USUAL = (
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
)
UPGRADE = "\r\n".join(("GET /mqtt HTTP/1.1", HOST, *USUAL, "", "")).encode()
GET = b"GET /api/ip HTTP/1.1\r\nHost: localhost\r\n\r\n"

pytestmark = pytest.mark.ours("a Mosquitto has a port of its own for WebSockets")


def masked(data: bytes) -> bytes:
    """Return a short binary frame, with a mask that changes nothing."""
    return bytes((0x82, 0x80 | len(data))) + bytes(4) + data


def connect_packet(system: System, client_id: str) -> Connect:
    password = system.home_password().encode()
    return Connect(client_id, Version.V5, username="home", password=password)


def test_what_an_earlier_process_left_is_no_obstacle(tmp_path: Path) -> None:
    """It may have had the same id, as in a container, and have been killed."""
    left = tmp_path / f"mqtt.sock.{os.getpid()}.try"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(left))
    assert handover_socket.handover_socket(tmp_path) == tmp_path / "mqtt.sock"


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_a_foreign_client(system: System, version: MQTTProtocolVersion) -> None:
    received: list[bytes] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, transport="websockets", protocol=version)
    client.username_pw_set("home", system.home_password())
    client.on_message = lambda _c, _u, message: received.append(bytes(message.payload))
    subscribed: list[object] = []
    client.on_subscribe = lambda *_: subscribed.append(1)
    client.connect("127.0.0.1", system.http_port)
    client.loop_start()
    try:
        eventually(client.is_connected, "connected")
        client.subscribe("homeassistant/one-port", 1)
        eventually(lambda: subscribed, "subscribed")
        for size in (0, 70_000):
            client.publish("homeassistant/one-port", bytes(size), 1).wait_for_publish(10)
        eventually(lambda: list(map(len, received)) == [0, 70_000], "all have come")
    finally:
        client.disconnect()
        client.loop_stop()


def test_bytes_that_follow_the_head_at_once(system: System) -> None:
    with raw.connect(system) as connection:
        connection.sendall(UPGRADE + masked(connect_packet(system, "eager").encode()))
        answer = b""
        while b"\r\n\r\n\x82" not in answer:
            part = connection.recv(4096)
            assert part, answer
            answer += part
    head, _, frame = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert frame[2] == 0x20, "a CONNACK"


def test_a_connection_that_was_used_before(system: System) -> None:
    """As a proxy does that keeps connections."""
    with raw.connect(system) as connection:
        for _ in range(2):
            connection.sendall(GET)
            assert raw.read(connection).status == 200
        connection.sendall(UPGRADE)
        assert raw.read(connection, has_body=False).status == 101


def test_an_upgrade_behind_requests_that_are_not_answered_yet(system: System) -> None:
    with raw.connect(system) as connection:
        connection.sendall(GET + GET + UPGRADE)
        answers = b""
        while b" 101 " not in answers:
            part = connection.recv(65536)
            assert part, answers
            answers += part
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert answers.index(b" 101 ") > answers.rindex(b" 200 ")


def test_a_head_in_pieces(system: System) -> None:
    with raw.connect(system) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(UPGRADE)):
            connection.sendall(UPGRADE[at : at + 1])
        assert raw.read(connection, has_body=False).status == 101


@pytest.mark.parametrize(
    ("first", "lines", "status", "words"),
    [
        ("GET /mqtt HTTP/1.1", (HOST,), 426, "connect to /mqtt"),
        ("GET /mqtt HTTP/1.0", (HOST, *USUAL), 400, "not an HTTP/1.1 request"),
        ("GET /mqtt?a=b HTTP/1.1", (HOST, *USUAL), 101, ""),
        ("GET http://localhost/mqtt HTTP/1.1", (HOST, *USUAL), 101, ""),
        ("GET /mqtt HTTP/1.1", ("Host: evil.example", *USUAL), 421, "allowed_hosts"),
        ("GET /mqtt HTTP/1.1", (HOST, *USUAL, "Origin: http://evil.example"), 421, ""),
        ("GET /mqtt HTTP/1.1", (HOST, *USUAL, "Origin: http://localhost:8000"), 101, ""),
        ("GET /mqtt HTTP/1.1", (HOST, *USUAL[:-1]), 400, "subprotocol"),
        ("GET /mqtt HTTP/1.1", (HOST, *USUAL, HOST), 400, "Host"),
        ("GET /mqtt HTTP/1.1", (HOST, *USUAL, "Content-Length: 5"), 400, "neither body"),
        ("GET /mqtt/ HTTP/1.1", (HOST, *USUAL), 404, ""),
        ("GET /other HTTP/1.1", (HOST, *USUAL), 404, ""),
        ("POST /mqtt HTTP/1.1", (HOST, *USUAL), 405, ""),
        ("HEAD /mqtt HTTP/1.1", (HOST, *USUAL), 405, ""),
        ("GET /api/ip HTTP/1.1", (HOST, *USUAL), 200, ""),
    ],
)
def test_requests(
    system: System, first: str, lines: tuple[str, ...], status: int, words: str
) -> None:
    request = "\r\n".join((first, *lines, "", "")).encode()
    has_body = not first.startswith("HEAD") and status != 101
    if "Content-Length: 5" in lines:
        request += b"12345"
    answer = raw.ask(system, request, has_body=has_body)
    assert answer.status == status
    if has_body:
        assert answer.body, "in words"
        assert words in answer.body.decode()
    if status == 405:
        assert answer.fields["allow"] == "GET"


def test_many_at_once_and_each_counts_once(system: System) -> None:
    """More than one address may have of HTTP: they are the broker's, which allows more."""
    many = 2 * MOST_OF_ADDRESS

    def refused() -> list[bytes]:
        counter = b'zapette_http_refused_total{reason="connections"}'
        return [it for it in system.get("metrics").body.splitlines() if it.startswith(counter)]

    before = refused()
    assert len(before) == 1
    with ExitStack() as stack:

        def open_one(_: int) -> int:
            stream = stack.enter_context(WebSocketStream(system.ws_port))
            return stream.status

        with ThreadPoolExecutor(20) as threads:
            assert set(threads.map(open_one, range(many))) == {101}
        assert system.get("api/ip").status == 200
        assert refused() == before


def websocket_part(system: System) -> object:
    return system.get("healthz").json["parts"]["broker_websocket"]


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a system whose parts tests kill."""
    with System(tmp_path_factory.mktemp("mortal")) as running:
        yield running


def test_there_is_no_broker(mortal: System) -> None:
    system = mortal
    assert websocket_part(system) == "up"
    with WebSocketStream(system.ws_port) as open_before:
        client = Client(open_before, Version.V5)
        assert client.connect(connect_packet(system, "before")).code == 0
        with system.kept_dead("broker"):
            assert client.end(timeout=HANG_TIMEOUT) is None
            # its sockets close one after another
            eventually(lambda: websocket_part(system) == "down", "it is noticed")
            # bytes after it are nobody's: they must not be taken for a request
            answer = raw.ask(system, UPGRADE + masked(b"GET / HTTP/1.1\r\n\r\n"))
            assert (answer.status, answer.is_closed, answer.rest) == (503, True, b"")
            assert answer.fields["retry-after"] == "1"
            assert answer.json["code"] == "unavailable"
            assert "broker" in answer.json["detail"]
            assert system.get("api/ip").status == 200
        assert raw.ask(system, UPGRADE, has_body=False).status == 101


def test_connections_outlive_the_web_side(mortal: System) -> None:
    system = mortal
    with WebSocketStream(system.ws_port) as stream:
        client = Client(stream, Version.V5)
        assert client.connect(connect_packet(system, "stays")).code == 0
        with system.kept_dead("web"):
            client.silence()
        client.silence()
        assert raw.ask(system, UPGRADE, has_body=False).status == 101


def test_a_further_port(new_system: Callable[..., System]) -> None:
    port = free_port()
    system = new_system(ZAPETTE_WS_PORT=str(port))
    made = system.post("api/credentials", system.get("api/id").json).json
    assert made["url"] == f"ws://localhost:{system.http_port}/mqtt"
    for each in (port, system.http_port):
        with WebSocketStream(each) as stream:
            assert stream.status == 101


def test_a_system_that_cannot_hand_over(tmp_path: Path) -> None:
    """Windows, for example."""
    port = free_port()
    (tmp_path / "sitecustomize.py").write_text("import socket\ndel socket.send_fds\n")
    settings = {"PYTHONPATH": str(tmp_path), "ZAPETTE_WS_PORT": str(port)}
    with System(tmp_path, settings) as system:
        made = system.post("api/credentials", system.get("api/id").json).json
        assert made["url"] == f"ws://localhost:{port}/mqtt"
        with WebSocketStream(port) as stream:
            assert stream.status == 101
        answer = raw.ask(system, UPGRADE)
        assert (answer.status, answer.is_closed) == (404, True)
        assert str(port) in answer.json["detail"]
        assert f"WebSocket {port}" in system.log
        assert "this system cannot share the HTTP port" in system.log


def test_a_data_folder_with_a_long_path(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with System(folder) as system:
        assert raw.ask(system, UPGRADE, has_body=False).status == 101
        socket_file = system.data / "mqtt.sock"
        assert socket_file.is_socket()
        assert socket_file.stat().st_mode & 0o077 == 0
    assert not socket_file.exists()


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Take sockets away from a data folder; return the system's temporary folder."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "data").mkdir()
    real = handover_socket._takes_sockets
    monkeypatch.setattr(
        handover_socket, "_takes_sockets", lambda it: it != tmp_path / "data" and real(it)
    )
    handover_socket._found.cache_clear()
    yield tmp_path / "tmp"
    handover_socket._found.cache_clear()


def test_a_file_system_without_sockets(no_sockets: Path, tmp_path: Path) -> None:
    found = handover_socket.handover_socket(tmp_path / "data")
    assert found is not None
    assert found.parent.parent == no_sockets
    assert found.parent.stat().st_mode & 0o777 == 0o700
    # nobody else's folder is used
    found.parent.chmod(0o755)
    handover_socket._found.cache_clear()
    assert handover_socket.handover_socket(tmp_path / "data") is None
    assert handover_socket.websocket_port(Settings(data_dir=tmp_path / "data")) == 8083


def test_a_port_for_websockets_alone(tmp_path: Path) -> None:
    assert handover_socket.websocket_port(Settings(data_dir=tmp_path)) == 0
    assert handover_socket.websocket_port(Settings(data_dir=tmp_path, ws_port=9001)) == 9001
    with pytest.raises(SettingsError, match="ws_port"):
        Settings(ws_port=65536)


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("", ""),
        ("192.168.7.7", "192.168.7.7"),
        ("9.9.9.9, 192.168.7.7", "192.168.7.7"),
        ("192.168.7.7:5000", "192.168.7.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("unknown", ""),
        ("x" * 70_000, ""),
    ],
)
def test_the_address_that_a_proxy_adds(field: str, address: str) -> None:
    assert forwarded_address(field) == address


def test_the_broker_knows_clients_behind_a_proxy_by_their_address(
    new_system: Callable[..., System],
) -> None:
    system = new_system(ZAPETTE_TRUSTED_PROXY="127.0.0.1")
    foreign = UPGRADE.replace(HOST.encode(), b"Host: evil.example\r\nX-Forwarded-For: 192.168.7.7")
    for source in ("127.0.0.1", "127.0.0.2"):
        with raw.connect(system, source) as connection:
            connection.sendall(foreign)
            assert raw.read(connection).status == 421
    # who is not the proxy cannot say so
    for peer in ("192.168.7.7", "127.0.0.2"):
        said = f"event=upgrade_refused peer={peer} "
        eventually(lambda said=said: said in system.log, f"{said} is logged")  # type: ignore[misc]
