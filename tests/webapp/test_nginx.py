"""The configuration of nginx in docs/reverse-proxy.md, as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.chromium import PHONE, launch
from tests.ports import free_port
from tests.system import System
from tests.waiting import eventually
from zapette_server.places import ROOT

pytestmark = pytest.mark.slow

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


def configuration(system: System, port: int, folder: Path) -> str:
    """Return the documented locations in a server of the test's own."""
    document = (ROOT / "docs" / "reverse-proxy.md").read_text(encoding="utf-8")
    (locations,) = re.findall(r"```nginx\n(.*?)```", document, re.DOTALL)
    locations = locations.replace("127.0.0.1:8000", f"127.0.0.1:{system.http_port}")
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        "events {}\n"
        f"http {{ access_log off; {places}\n"
        f"server {{ listen 127.0.0.1:{port};\n{locations}\n}} }}\n"
    )


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def nginx(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    assert Path(NGINX).exists(), "nginx is needed; scripts/system-packages.sh says how"
    url = f"http://localhost:{port}/zap/"
    system = System(
        tmp_path_factory.mktemp("system"),
        {
            "ZAPETTE_PUBLIC_URL": url,
            "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
            "ZAPETTE_BIND": "127.0.0.1",
        },
    ).start()
    folder = tmp_path_factory.mktemp("nginx")
    # its workers may run as another user
    folder.chmod(0o777)
    (folder / "nginx.conf").write_text(configuration(system, port, folder))
    process = subprocess.Popen([NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        eventually(lambda: (folder / "pid").exists() and process.poll() is None, "nginx is up")
        yield system
    finally:
        process.terminate()
        process.wait(10)
        system.stop()


@pytest.mark.usefixtures("nginx")
def test_a_phone_follows_the_player(port: int) -> None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        player = browser.new_page()
        sockets: list[str] = []
        player.on("websocket", lambda it: sockets.append(it.url))
        player.goto(f"http://localhost:{port}/zap/")
        player.wait_for_selector("body[data-connection=live]", state="attached")
        link = player.locator("qr-card a").first.get_attribute("href")
        assert link is not None
        remote = browser.new_context(**PHONE).new_page()
        remote.goto(link)
        remote.wait_for_selector("body[data-live=true]", state="attached")
        assert set(sockets) == {f"ws://localhost:{port}/zap/mqtt"}
        # a film comes through it, in parts
        asks = "{headers: {Range: 'bytes=5-9'}}"
        played = player.evaluate(f"async () => (await fetch('media/zapette.webm', {asks})).status")
        assert played == 206
        browser.close()
