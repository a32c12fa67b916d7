"""What is measured: the system, and the floor under any such system."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from websockets.sync.client import connect

from tests.browser.pages import Pages
from tests.browser.screen import Screen
from tests.ports import free_ports
from tests.system import System
from tests.waiting import eventually
from zapette.client import Client
from zapette.topics import Topics

VIDEO: Final = {"width": 960, "height": 540}
"""How large the video is on all players; ours fills its window."""


@dataclass(frozen=True)
class Subject:
    """A player that was clicked on, and how to open remotes and make calls of it.

    Attributes:
        name: ``ours``, ``seed`` or ``floor``.
        player: its page.
        remote_url: what opens a remote.
        call: asks the player's page for its state once, and waits for the answer; None if that
            is not measured.
    """

    name: str
    player: Screen
    remote_url: str
    call: Callable[[], object] | None


@contextmanager
def ours(pages: Pages, folder: Path) -> Iterator[Subject]:
    """Bring the whole system up, with a player in a browser."""
    system = System(folder).start()
    client = Client(system.household())
    try:
        player = pages.started(system, viewport=VIDEO)
        client.start()
        client.wait(10)
        callee = Topics().player(player.id)
        # the loopback, as the floor, and not the address for phones
        remote = f"{system.url}remote#{player.link.split('#')[1]}"
        yield Subject("ours", player, remote, lambda: client.call(callee, "status"))
    finally:
        client.stop()
        pages.close()
        system.stop()


@contextmanager
def floor(pages: Pages) -> Iterator[Subject]:
    """Bring the bare pages up."""
    http_port, ws_port = free_ports(2)
    command = [sys.executable, "-m", "bench.page_load.relay", str(http_port), str(ws_port)]
    with subprocess.Popen(command) as relay:
        try:
            yield from _bare(pages, f"http://localhost:{http_port}", ws_port)
        finally:
            relay.terminate()


def player_of(pages: Pages, url: str, what: str, timeout: float = 20) -> Screen:
    """Open a player's page as soon as it is served."""
    page = pages.context().new_page()

    def is_there() -> bool:
        try:
            page.goto(url)
        except Exception:  # noqa: BLE001 - the server is still coming up
            return False
        return True

    eventually(is_there, what, timeout)
    return Screen(page)


def _bare(pages: Pages, root: str, ws_port: int) -> Iterator[Subject]:
    url = f"{root}/player.html#{ws_port}"
    player = player_of(pages, url, "the bare pages are served")
    eventually(lambda: player.connection == "live", "the bare player is connected")
    player.click("Start")
    # the relay answers no pings, and the others' turns are long
    with connect(f"ws://localhost:{ws_port}/remote", ping_interval=None) as caller:
        calls = count()

        def call() -> None:
            token = str(next(calls))
            caller.send(f"status {token}")
            # what the player tells everybody comes here as well
            while json.loads(caller.recv(timeout=10)).get("answers") != token:
                pass

        yield Subject("floor", player, f"{root}/remote.html#{ws_port}", call)
