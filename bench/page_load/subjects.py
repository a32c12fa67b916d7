"""What is measured: our system, the demo it descends from (the seed), and two bare pages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from websockets.sync.client import connect

from bench.broker_load.servers import Crossbar
from bench.processes import Process
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.programs.ports import free_ports
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.protocol.topics import Topics
from zapette_server.paths import ROOT

_VIDEO: Final = {"width": 960, "height": 540}
"""The size of the video on all players; ours fills its window."""
_DEMO: Final = Path(__file__).parent / "seed"
_MODULES: Final = Crossbar.packages.folder.parent / "seed"
_LIBRARY: Final = _MODULES / "node_modules" / "autobahn-browser" / "autobahn.min.js"
_INSTALL_TIMEOUT: Final = 300.0


class Subject(NamedTuple):
    """A player whose start button was clicked; `call` asks its page for its state."""

    name: str
    player: PageDriver
    remote_url: str
    call: Callable[[], object] | None = None


@contextmanager
def ours(pages: Pages, folder: Path) -> Iterator[Subject]:
    """Start our system with a player in a browser."""
    (folder / "ours").mkdir()
    with System(folder / "ours") as system:
        player = pages.started(system, viewport=_VIDEO)
        # the loopback interface, as for the floor, instead of the address for phones
        remote = f"{system.url}remote#{player.link.split('#')[1]}"
        callee, client = Topics().player(player.id), Client(system.household())
        client.start()
        client.wait(10)
        yield Subject("ours", player, remote, lambda: client.call(callee, "status"))
        client.stop()


@contextmanager
def floor(pages: Pages, folder: Path) -> Iterator[Subject]:
    """Start the bare pages and their relay."""
    http_port, ws_port = free_ports(2)
    relay = [sys.executable, str(Path(__file__).with_name("relay.py")), str(ws_port)]
    files = [sys.executable, "-m", "http.server", str(http_port), "--bind", "127.0.0.1"]
    files += ["--protocol", "HTTP/1.1"]
    site = folder / "floor"
    shutil.copytree(Path(__file__).with_name("floor"), site)
    _copy_clip(site)
    with Process(relay, ws_port, site / "relay.log"), Process(files, http_port, site / "log"):
        root = f"http://localhost:{http_port}"
        player = _opened(pages, f"{root}/player.html#{ws_port}")
        # the relay answers no pings, and the turns of the others are long
        with connect(f"ws://localhost:{ws_port}/remote", ping_interval=None) as caller:
            calls = count()

            def call() -> None:
                token = str(next(calls))
                caller.send(f"status {token}")
                # the player's messages to all come here as well
                while json.loads(caller.recv(timeout=10)).get("answers") != token:
                    pass

            yield Subject("floor", player, f"{root}/remote.html#{ws_port}", call)


def install_seed() -> None:
    """Install the demo's packages in the user's cache folder, unless they are there."""
    Crossbar.install()
    if not _LIBRARY.exists():
        _MODULES.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_DEMO / name, _MODULES / name)
        npm = [str(ROOT / "scripts" / "npm.sh"), "--prefix", str(_MODULES), "ci"]
        subprocess.run(npm, check=True, timeout=_INSTALL_TIMEOUT)


@contextmanager
def seed(pages: Pages, folder: Path) -> Iterator[Subject]:
    """Start the demo, rebuilt from its own packages.

    Crossbar.io serves two pages with autobahn-js and routes their calls; an Autobahn service in
    Python gives the player an address and an id.
    """
    (port,) = free_ports(1)
    site, node = folder / "site", folder / "node"
    site.mkdir()
    node.mkdir()
    for file in (_LIBRARY, _DEMO / "player.html", _DEMO / "remote.html"):
        shutil.copy(file, site)
    _copy_clip(site)
    configuration = Template((_DEMO / "config.json").read_text()).substitute(port=port, site=site)
    (node / "config.json").write_text(configuration)
    root = f"http://localhost:{port}"
    with Process(Crossbar.command(node), port, node / "log"):
        program = [f"{Crossbar.programs}/python", str(_DEMO / "service.py")]
        program.append(f"ws://127.0.0.1:{port}/ws")
        with ending(subprocess.Popen(program, stdout=subprocess.PIPE, text=True)) as service:
            assert service.stdout is not None
            if service.stdout.readline() != "ready\n":
                raise RuntimeError("the demo's service did not join")
            player = _opened(pages, f"{root}/player.html")
            yield Subject("seed", player, f"{root}/remote.html#{player.data('id')}")


def _copy_clip(site: Path) -> None:
    shutil.copy(ROOT / "samples" / "zapette.webm", site / "clip.webm")


def _opened(pages: Pages, url: str) -> PageDriver:
    page = pages.context().new_page()
    page.goto(url)
    player = PageDriver(page)
    eventually(lambda: player.connection == "live", "the player is connected")
    player.click("Start")
    return player
