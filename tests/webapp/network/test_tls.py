"""TLS without a proxy: the one port, the port of MQTT, and certificates that are replaced."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.certificates import make_certificate
from tests.programs import fronts
from tests.programs.ports import free_ports
from tests.programs.system import System
from tests.waiting import eventually
from tests.webapp import raw
from tests.webapp.network.test_one_port import UPGRADE, USUAL, connect_packet, masked
from tests.webapp.raw import Raw
from zapette.client.application import Application
from zapette.mqtt.dialing import Timing
from zapette_broker.errors import CertificateError
from zapette_broker.transports.server_certificate import ServerCertificate, load
from zapette_server.hosts import Hosts
from zapette_server.tls import plain_answer, proxy_line, relay

pytestmark = [
    pytest.mark.ours("the tests start the web side alone in front of a Mosquitto"),
    pytest.mark.slow,
]

FOREIGN = "\r\n".join(("GET /mqtt HTTP/1.1", "Host: evil.example", *USUAL, "", "")).encode()


class Secure(System):
    """A system with TLS, on a certificate in its own folder."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = make_certificate(folder)
        self.secure_port = free_ports(1)[0]
        super().__init__(
            folder,
            {
                "ZAPETTE_TLS_CERT": str(self.certificate),
                "ZAPETTE_TLS_KEY": str(self.key),
                "ZAPETTE_MQTTS_PORT": str(self.secure_port),
            },
        )
        front = fronts.Tls(self.http_port, self.certificate)
        self.front, self.trust = front, front.trusting()

    def connect(self, port: int = 0, source: str = "127.0.0.1") -> ssl.SSLSocket:
        """Return a connection that trusts the first certificate."""
        plain = socket.create_connection(
            ("127.0.0.1", port or self.http_port), timeout=20, source_address=(source, 0)
        )
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def ask_by_hand(self, request: bytes) -> Raw:
        with self.connect() as connection:
            connection.sendall(request)
            return raw.read(connection)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    system = Secure(tmp_path_factory.mktemp("secure"))
    with system:
        yield system


def test_all_that_a_page_gets_is_secure(secure: Secure) -> None:
    page = secure.get("")
    origin = f"localhost:{secure.http_port}"
    assert f"wss://{origin}" in page.headers["Content-Security-Policy"]
    assert "ws://" not in page.headers["Content-Security-Policy"]
    # nobody is locked out by turning TLS off again
    assert "Strict-Transport-Security" not in page.headers
    made = secure.post("api/credentials", secure.get("api/id").json)
    assert made.json["url"] == f"wss://{origin}/mqtt"
    assert made.json["links"]["remote"]["url"].startswith("https://")
    cookies = made.all("Set-Cookie")
    assert cookies
    assert all("; Secure" in cookie for cookie in cookies)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_http_leads_to_tls(secure: Secure, method: str) -> None:
    request = f"{method} /remote?a=1 HTTP/1.1\r\nHost: tv.local:8000\r\n\r\n".encode()
    answer = raw.ask(secure, request)
    assert (answer.status, answer.is_closed) == (307, True)
    assert answer.fields["location"] == "https://tv.local:8000/remote?a=1"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: x@tv.local\r\n\r\n", 400),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: tv.local\r\n\r\n", 400),
        (b"GET /\r\nX: y HTTP/1.1\r\nHost: tv.local\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"\x10\x20\x00\x04MQTT\r\n\r\n", 400),
    ],
)
def test_other_plain_bytes_lead_nowhere(head: bytes, status: int) -> None:
    answer = plain_answer.answer(head, Hosts())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Location" not in answer


def test_the_client_is_known_by_its_own_address(secure: Secure) -> None:
    with secure.connect(source="127.0.0.3") as connection:
        connection.sendall(FOREIGN)
        assert raw.read(connection).status == 421
    eventually(lambda: "event=upgrade_refused peer=127.0.0.3 " in secure.log, "it is logged")


def test_nobody_introduces_clients_but_the_front(secure: Secure) -> None:
    """A line of the PROXY protocol from the network is a malformed request."""
    answer = secure.ask_by_hand(proxy_line.encode("192.168.7.7", 1) + UPGRADE)
    assert answer.status == 400


@pytest.mark.parametrize(
    "line",
    [b"GET / HTTP/1.1\r\n", b"PROXY TCP4 x y 1 0\r\n", b"PROXY UNKNOWN\r\n", bytes(200)],
)
def test_a_line_that_introduces_nobody(line: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        proxy_line.split(line)


def test_a_line_that_introduces_a_client() -> None:
    for address in ("192.168.7.7", "2001:db8::1"):
        line = proxy_line.encode(address, 5)
        assert proxy_line.split(line + b"GET") == ((address, 5), b"GET")
        assert all(proxy_line.split(line[:cut]) is None for cut in range(len(line) - 1))
    assert proxy_line.split(proxy_line.encode("fe80::1%eth0", 5)) == (("fe80::1", 5), b"")


def test_films_come_through_whole(secure: Secure) -> None:
    film = secure.get("media/zapette.webm")
    assert film.body == (Path("samples") / "zapette.webm").read_bytes()
    part = secure.get("media/zapette.webm", {"Range": "bytes=100-299"} | secure.proof)
    assert (part.status, part.body) == (206, film.body[100:300])


def test_silent_clients_of_one_address_leave_room(secure: Secure) -> None:
    """A hundred handshakes of one address are waited for, however many there are."""
    silent = [
        socket.create_connection(("127.0.0.1", secure.http_port), 20, ("127.0.0.4", 0))
        for _ in range(102)
    ]
    try:
        # the last two are closed at once
        for each in silent[-2:]:
            assert each.recv(1) == b""
        assert secure.ask_by_hand(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200
    finally:
        for each in silent:
            each.close()


@pytest.mark.parametrize("scheme", ["mqtts", "wss"])
def test_the_library_and_the_command(secure: Secure, scheme: str) -> None:
    port = secure.secure_port if scheme == "mqtts" else secure.http_port
    url = f"{scheme}://home:{secure.home_password()}@localhost:{port}"
    called = secure.zapette(
        "call", "server", "ip", "--url", url, "--ca-file", str(secure.certificate)
    )
    assert json.loads(called.stdout), called.stderr
    untrusting = Application(url=url, timing=Timing(connect=5, insist=False))
    with pytest.raises(Exception, match="ca_file"):
        untrusting.start(5)
    untrusting.stop()


def test_a_client_that_goes_while_the_web_side_does_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(relay, "FAREWELL", 0.1)

    async def run() -> None:
        (one, client), (other, web) = socket.socketpair(), socket.socketpair()
        loop, outer, inner = asyncio.get_running_loop(), relay.Side(), relay.Side()
        with client, web:
            await loop.create_connection(lambda: outer, sock=one)
            await loop.create_connection(lambda: inner, sock=other)
            outer.join(inner, bytes(4 << 20))
            outer.close()
            async with asyncio.timeout(20):
                await inner.ended.wait()

    asyncio.run(run())


def test_a_client_of_tls_is_closed_twice(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = load(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def run() -> None:
        one, client = socket.socketpair()
        loop, outer = asyncio.get_running_loop(), relay.Side()
        dialled = asyncio.open_connection(sock=client, ssl=trusting, server_hostname="localhost")
        _, (_, writer) = await asyncio.gather(
            loop.connect_accepted_socket(lambda: outer, one, ssl=context), dialled
        )
        outer.close()
        # the other side was lost too
        outer.close()
        writer.close()
        async with asyncio.timeout(20):
            await outer.ended.wait()

    asyncio.run(run())


def test_a_web_side_that_is_away(secure: Secure) -> None:
    with secure.connect() as connection:
        connection.sendall(UPGRADE)
        assert raw.read(connection, has_body=False).status == 101
        with secure.kept_dead("web"):
            answer = secure.ask_by_hand(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert (answer.status, answer.fields["retry-after"]) == (503, "1")
            # who is connected to the broker stays
            connection.sendall(masked(connect_packet(secure, "stays").encode()))
            assert connection.recv(3)[2:3] == b"\x20"


def test_a_certificate_that_is_replaced(secure: Secure, tmp_path: Path) -> None:
    old = secure.certificate.read_bytes(), secure.key.read_bytes()
    first = _served(secure.http_port)
    with secure.connect() as connection:
        connection.sendall(UPGRADE)
        assert raw.read(connection, has_body=False).status == 101
        try:
            # half of a pair is refused once, and the one before serves on
            other, key = make_certificate(tmp_path)
            shutil.copy(other, secure.certificate)
            eventually(lambda: secure.log.count("event=certificate_refused") == 2, "it is refused")
            assert str(secure.key) in secure.log
            assert _served(secure.http_port) == _served(secure.secure_port) == first
            shutil.copy(key, secure.key)
            new = ssl.PEM_cert_to_DER_cert(other.read_text())
            for port in (secure.http_port, secure.secure_port):
                eventually(lambda port=port: _served(port) == new, "the new one serves")  # type: ignore[misc]
            assert secure.log.count("event=certificate_refused") == 2
        finally:
            secure.certificate.write_bytes(old[0])
            secure.key.write_bytes(old[1])
        # nobody was cut off
        connection.sendall(masked(connect_packet(secure, "stays too").encode()))
        assert connection.recv(3)[2:3] == b"\x20"


def _served(port: int) -> bytes:
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port), timeout=20))


def _broken(folder: Path, how: str) -> tuple[Path, Path, Path]:
    """Return a certificate, its key, and the one of them that is wrong."""
    certificate, key = make_certificate(folder)
    if how == "absent":
        key.unlink()
        return certificate, key, key
    if how == "not PEM":
        certificate.write_bytes(b"no certificate")
        return certificate, key, certificate
    if how == "not a key":
        shutil.copy(certificate, key)
        return certificate, key, key
    other = folder / "other"
    other.mkdir()
    return certificate, make_certificate(other)[1], other / "localhost.key"


@pytest.mark.parametrize("how", ["absent", "not PEM", "not a key", "another's key"])
def test_a_pair_that_cannot_be_used(tmp_path: Path, how: str) -> None:
    certificate, key, wrong = _broken(tmp_path, how)
    with pytest.raises(CertificateError) as refused:
        load(certificate, key)
    assert refused.value.file == wrong


def test_a_change_is_taken_when_both_files_have_settled(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    served = ServerCertificate(certificate, key)
    assert not served.look()
    other = tmp_path / "other"
    other.mkdir()
    for new, old in zip(make_certificate(other), (certificate, key), strict=True):
        shutil.copy(new, old)
    # it may still be being written
    assert not served.look()
    assert served.look()
    assert not served.look()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ZAPETTE_TLS_CERT": "{certificate}"}, "zapette.toml: it is needed"),
        ({"ZAPETTE_TLS_CERT": "{key}", "ZAPETTE_TLS_KEY": "{key}"}, "tls_cert: {key} is not a"),
        (
            {"ZAPETTE_TLS_CERT": "{folder}/none", "ZAPETTE_TLS_KEY": "{key}"},
            "tls_cert in the environment: there is no file {folder}/none",
        ),
    ],
)
def test_a_wrong_pair_at_the_start(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    certificate, key = make_certificate(tmp_path)
    names = {"certificate": str(certificate), "key": str(key), "folder": str(tmp_path)}
    system = System(tmp_path, {name: value.format(**names) for name, value in settings.items()})
    run = system.zapette("run")
    assert run.returncode == 2
    assert said.format(**names) in run.stderr
