"""Everything works behind a reverse proxy, below a path."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.driving.chromium import PHONE, launched
from tests.programs.ports import free_port
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT
from tests.webapp.network.proxy import CLIENT, Proxy
from zapette_broker.transports.handover import listen
from zapette_server.settings.settings import Settings
from zapette_webapp.network.addresses import Addresses

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def behind(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = System(
        tmp_path_factory.mktemp("behind"),
        {
            "ZAPETTE_PUBLIC_URL": f"http://127.0.0.1:{port}/zap/",
            "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
            "ZAPETTE_BIND": "127.0.0.1",
            # the clients are said to be in a network that this machine is not in
            "ZAPETTE_NEW_PLAYERS": "open",
        },
    ).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def proxy(behind: System, port: int) -> Iterator[Proxy]:
    made = Proxy(port, behind.http_port)
    made.start()
    yield made
    made.stop()


def opened(page: Page, url: str, failures: list[str]) -> None:
    page.on("requestfailed", lambda it: failures.append(f"{it.url} {it.failure}"))
    page.on("response", lambda it: failures.append(it.url) if it.status >= 400 else None)
    page.on("console", lambda it: failures.append(it.text) if it.type == "error" else None)
    page.goto(url)
    page.wait_for_selector("body[data-connection=live]", state="attached")


def test_both_pages_work_below_a_path(proxy: Proxy, port: int) -> None:
    failures: list[str] = []
    sockets: list[str] = []
    with launched() as browser:
        player = browser.new_page()
        player.on("websocket", lambda it: sockets.append(it.url))
        opened(player, f"http://127.0.0.1:{port}/zap/", failures)
        link = player.locator("qr-card a").first.get_attribute("href")
        assert link is not None
        assert link.startswith(f"http://127.0.0.1:{port}/zap/remote#")
        phone = browser.new_context(**PHONE)
        remote = phone.new_page()
        opened(remote, link, failures)
        remote.wait_for_selector("body[data-live=true]", state="attached")
        cookies = phone.cookies(f"http://127.0.0.1:{port}/zap/api/credentials")
        paths = {it.get("name", "").split("_")[1]: it.get("path") for it in cookies}
        assert paths == {"device": "/zap/api", "session": "/zap/"}
        # what is still asked for when the browser is closed fails
        failed = list(failures)
    assert sockets[0] == f"ws://127.0.0.1:{port}/zap/mqtt"
    # whatever has no path before it would not have come through
    assert proxy.outside in ([], ["/favicon.ico"])
    assert [it for it in failed if "favicon" not in it] == []


def test_the_policy_names_the_broker_without_a_path(behind: System, port: int) -> None:
    # with one it would hold for that very path only
    for page in ("", "remote"):
        policy = behind.get(page, {"Host": "127.0.0.1"}).headers["Content-Security-Policy"]
        (connect,) = [it for it in policy.split("; ") if it.startswith("connect-src")]
        assert f"ws://127.0.0.1:{port}" in connect.split()


@pytest.mark.usefixtures("proxy")
def test_who_came_through_the_proxy(behind: System, port: int) -> None:
    made = behind.get("api/id").json
    links = behind.post("api/credentials", made).json["links"]
    body = f'{{"id": "{made["id"]}", "key": "{links["guest"]["url"].split(".")[-1]}"}}'.encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/zap/api/credentials",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=HANG_TIMEOUT) as answer:
        assert answer.status == 200
    path = f"api/players/{made['id']}/visitors"
    # while the broker is away nobody knows who is connected
    with behind.kept_dead("broker"):
        (visitor,) = behind.post(path, {"owner_key": made["owner_key"]}).json["visitors"]
    assert visitor["address"] == CLIENT


@pytest.mark.parametrize(
    ("public_url", "public_ws_url", "url"),
    [
        ("", "", "ws://tv:8000/mqtt"),
        ("http://tv.example/zap", "", "ws://tv:8000/mqtt"),
        ("http://tv/zap", "", "ws://tv/zap/mqtt"),
        ("http://tv:9000/", "", "ws://tv:9000/mqtt"),
        ("https://tv.example/zap", "", "wss://tv.example/zap/mqtt"),
        ("https://tv.example:8443/", "", "wss://tv.example:8443/mqtt"),
        ("https://tv.example/zap", "wss://mqtt.example/", "wss://mqtt.example/"),
    ],
)
def test_where_the_broker_is(public_url: str, public_ws_url: str, url: str, tmp_path: Path) -> None:
    settings = Settings(public_url=public_url, public_ws_url=public_ws_url, data_dir=tmp_path)
    assert Addresses(settings).broker("tv") == url


def test_where_another_broker_is(tmp_path: Path) -> None:
    """With a port for WebSockets and without our broker, they are there."""
    settings = Settings(ws_port=9001, data_dir=tmp_path)
    assert Addresses(settings).broker("tv") == "ws://tv:9001/mqtt"
    with listen(tmp_path / "mqtt.sock", 1):
        pass
    # ours was there, and will be again
    assert Addresses(settings).broker("tv") == "ws://tv:8000/mqtt"
