"""The proxies' configurations in docs/reverse-proxy.md, as they stand there."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.browser.driving.chromium import PHONE, launched
from tests.clients.mqtt_clients import MqttClient
from tests.programs.fronts import (
    Caddy,
    Nginx,
    Proxy,
    SecureCaddy,
    SecureNginx,
    SecureTraefik,
    Traefik,
)
from tests.programs.ports import free_ports
from tests.programs.system import System
from tests.waiting import eventually
from tests.webapp.access.test_library_rights import cookies

pytestmark = pytest.mark.slow

FOREIGN = b"\r\n".join(
    (
        b"GET /tv/mqtt HTTP/1.1",
        b"Host: HOST",
        b"Origin: http://evil.example",
        b"X-Forwarded-For: 192.168.7.7",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Protocol: mqtt",
        b"",
        b"",
    )
)
"""A WebSocket that another site's page opens, and a claim about who asks."""

OTHERS: Final = (Nginx, Caddy, SecureCaddy, Traefik, SecureTraefik)

IDLE: Final = 10
"""Seconds of silence; a page that is seen sends something every three."""

MINUTE: Final = 65
"""Seconds that are longer than a minute, also where a proxy counts in steps."""


class NginxThatCutsOff(Nginx):
    """nginx that closes what was silent for some seconds, as many proxies do."""

    def documented(self) -> str:
        return super().documented().replace("proxy_read_timeout 1h", f"proxy_read_timeout {IDLE}s")


@pytest.fixture(
    scope="module",
    params=[SecureNginx, *(pytest.param(it, marks=pytest.mark.long) for it in OTHERS)],
)
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    http_port, mqtt_port = free_ports(2)
    front: Proxy = request.param(http_port)
    system = System(tmp_path_factory.mktemp("system"), front=front)
    system.http_port = system.ws_port = http_port
    system.mqtt_port = mqtt_port
    with system:
        yield system


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


def test_a_phone_follows_the_player(behind: System, browser: Browser) -> None:
    player = browser.new_context().new_page()
    sockets: list[str] = []
    player.on("websocket", lambda it: sockets.append(it.url))
    requests: list[str] = []
    player.on("request", lambda it: requests.append(it.url))
    # without the slash: the proxy sends the browser on
    player.goto(behind.url.removesuffix("/"))
    player.wait_for_selector("body[data-connection=live]", state="attached")
    link = player.locator("qr-card a").first.get_attribute("href")
    assert link is not None
    assert link.startswith(f"{behind.url}remote#")
    remote = browser.new_context(**PHONE).new_page()
    remote.goto(link)
    remote.wait_for_selector("body[data-live=true]", state="attached")
    assert set(sockets) == {f"{behind.url.replace('http', 'ws', 1)}mqtt"}
    assert all(it.startswith(behind.url.removesuffix("/")) for it in requests)
    # a film comes through it, in parts, and only with a cookie below the path
    asks = "{headers: {Range: 'bytes=5-9'}}"
    played = player.evaluate(f"async () => (await fetch('media/zapette.webm', {asks})).status")
    assert played == 206
    kept = player.context.cookies()
    assert {cookie["path"] for cookie in kept} == {"/tv/"}
    assert {cookie["secure"] for cookie in kept} == {behind.url.startswith("https:")}
    # what the phone asks for reaches the player
    remote.get_by_role("slider", name="Volume").fill("35")
    volume = "document.querySelector('video').volume"
    eventually(lambda: player.evaluate(volume) == 0.35, "the player hears it")


def test_a_program_gets_a_cookie_for_the_proxy_s_scheme(behind: System) -> None:
    """A program sends no Origin: only the proxy says whether it came over https."""
    made = behind.get("api/id").json
    key = behind.post("api/credentials", made).json["links"]["remote"]["url"].rpartition(".")[2]
    (cookie,) = cookies(behind.post("api/credentials", {"id": made["id"], "key": key}))
    assert cookie["path"] == "/tv/"
    assert bool(cookie["secure"]) == behind.url.startswith("https:")


def test_the_client_is_known_by_its_own_address(behind: System) -> None:
    """What a client says of itself does not count: the proxy's word does."""
    assert behind.front is not None
    request = FOREIGN.replace(b"HOST", f"localhost:{behind.front.port}".encode())
    context = behind.front.trusting()
    connection = socket.create_connection(
        ("127.0.0.1", behind.front.port), timeout=20, source_address=("127.0.0.2", 0)
    )
    if context is not None:
        connection = context.wrap_socket(connection, server_hostname="localhost")
    with connection:
        connection.sendall(request)
        assert b" 421 " in connection.recv(4096).partition(b"\r\n")[0]
    eventually(lambda: "event=upgrade_refused peer=127.0.0.2" in behind.log, "it is logged")
    assert "192.168.7.7" not in behind.log


def silent_client(system: System) -> MqttClient:
    """Return a client that says nothing by itself, through the proxy."""
    assert system.front is not None
    silent = MqttClient(
        system, "silent", "home", system.home_password(),
        transport="websockets", port=system.front.port,
    )  # fmt: skip
    silent.mqtt.ws_set_options("/tv/mqtt")
    return silent


@pytest.mark.long
@pytest.mark.parametrize("proxy", [Caddy, Traefik])
def test_a_silent_client_stays(tmp_path: Path, proxy: type[Proxy]) -> None:
    """These two need no setting for it: a minute of silence is what nginx cuts off by default."""
    system = System(tmp_path)
    system.front = proxy(system.http_port)
    with system, silent_client(system) as silent:
        assert silent.is_in
        with pytest.raises(AssertionError, match="it is cut off"):
            eventually(lambda: silent.ended, "it is cut off", timeout=MINUTE, every=0.5)
        assert silent.is_in


@pytest.mark.long
def test_a_page_outlasts_a_proxy_s_idle_limit(tmp_path: Path, browser: Browser) -> None:
    """The limit is in force: a client that stays silent meanwhile is cut off."""
    system = System(tmp_path)
    system.front = NginxThatCutsOff(system.http_port)
    with system:
        page = browser.new_context().new_page()
        page.goto(system.url)
        page.wait_for_selector("body[data-connection=live]", state="attached")
        silent = silent_client(system)
        began = time.monotonic()
        with silent:
            assert silent.is_in
            eventually(lambda: silent.ended, "it is cut off", timeout=IDLE + 30, every=0.5)
        assert time.monotonic() - began >= IDLE
        (errors,) = tmp_path.rglob("error.log")
        cut = [it for it in errors.read_text().splitlines() if "timed out" in it]
        # one of two: the page, which was there before, is not among them
        assert len(cut) == 1
        page.wait_for_selector("body[data-connection=live]", state="attached")
