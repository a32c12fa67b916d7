"""The demo that this project descends from, rebuilt of its own packages.

Crossbar.io serves two pages with autobahn-js and routes their calls; an Autobahn service in Python
gives the player an address and an id.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.broker_load.servers.crossbar import Crossbar, environment
from bench.page_load.subject import Subject, player_of
from tests.browser.pages import Pages
from tests.ports import free_ports
from tests.waiting import eventually
from zapette.config import ROOT

_DEMO: Final = Path(__file__).parent / "seed"
_LIBRARY: Final = Path("node_modules/autobahn-browser/autobahn.min.js")
_INSTALL_TIMEOUT: Final = 300.0


def install() -> None:
    """Install the demo's packages in the user's cache folder, unless they are there."""
    asyncio.run(Crossbar.install())
    modules = _modules()
    if (modules / _LIBRARY).exists():
        return
    modules.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_DEMO / name, modules / name)
    npm = [str(ROOT / "scripts" / "npm.sh"), "--prefix", str(modules), "ci"]
    subprocess.run(npm, check=True, timeout=_INSTALL_TIMEOUT)


@contextmanager
def seed(pages: Pages, folder: Path) -> Iterator[Subject]:
    """Bring the installed demo up, with a player in a browser."""
    (port,) = free_ports(1)
    site, node = folder / "site", folder / "node"
    _lay_out(site)
    node.mkdir()
    (node / "config.json").write_text(json.dumps(_configuration(port, site)))
    programs = Crossbar.programs()
    router = [str(programs / "crossbar"), "start", "--cbdir", str(node), "--loglevel", "warn"]
    url = f"ws://127.0.0.1:{port}/ws"
    with subprocess.Popen(router) as crossbar:
        try:
            root = f"http://localhost:{port}"
            player = player_of(pages, f"{root}/player.html", "the demo's pages are served", 60)
            with _service(programs / "python", url):
                # without the service the page has failed, and is opened again
                player.page.reload()
                eventually(lambda: player.connection == "live", "the demo's player is connected")
                player.click("Start")
                yield Subject("seed", player, f"{root}/remote.html#{player.data('id')}", None)
        finally:
            crossbar.terminate()


@contextmanager
def _service(python: Path, url: str) -> Iterator[None]:
    command = [str(python), str(_DEMO / "service.py"), url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            if service.stdout is None or service.stdout.readline() != "ready\n":
                raise RuntimeError("the demo's service did not join")
            yield
        finally:
            service.terminate()


def _modules() -> Path:
    return environment().parent / "seed"


def _lay_out(site: Path) -> None:
    site.mkdir()
    shutil.copy(_modules() / _LIBRARY, site / "autobahn.min.js")
    shutil.copy(ROOT / "samples" / "zapette.webm", site / "clip.webm")
    for page in ("player.html", "remote.html"):
        shutil.copy(_DEMO / page, site / page)


def _configuration(port: int, site: Path) -> dict[str, Any]:
    everything = dict.fromkeys(("call", "register", "publish", "subscribe"), True)
    permission = {"uri": "", "match": "prefix", "allow": everything, "cache": True}
    transport = {
        "type": "web",
        "endpoint": {"type": "tcp", "interface": "127.0.0.1", "port": port},
        "paths": {
            "/": {"type": "static", "directory": str(site)},
            "ws": {"type": "websocket"},
        },
    }
    realm = {"name": "realm1", "roles": [{"name": "anonymous", "permissions": [permission]}]}
    return {
        "version": 2,
        "controller": {},
        "workers": [{"type": "router", "realms": [realm], "transports": [transport]}],
    }
