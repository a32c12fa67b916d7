"""Every example, run as a person would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.driving.chromium import launched
from tests.clients.plain_player import PlainPlayer
from tests.programs.processes import ending
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import HANG_TIMEOUT, eventually
from zapette import Application
from zapette.errors import CallError
from zapette_server.paths import ROOT

EXAMPLES = ROOT / "examples"


class Run:
    """An example that runs; what it prints is read as it comes."""

    def __init__(self, system: System, program: str, *arguments: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-u", EXAMPLES / program, *arguments],
            cwd=ROOT,
            env=system.environment | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(HANG_TIMEOUT)
        self._reader.join(HANG_TIMEOUT)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(iter(self.process.stdout.readline, ""))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a system of our own, on which these players are the only ones."""
    with sharing(System(tmp_path_factory.mktemp("examples"))) as running:
        yield running


@pytest.fixture
def run(house: System) -> Iterator[Callable[..., Run]]:
    running: list[Run] = []

    def start(program: str, *arguments: str) -> Run:
        running.append(Run(house, program, *arguments))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def players(house: System) -> Iterator[Callable[..., PlainPlayer]]:
    made: list[PlainPlayer] = []

    def start(name: str) -> PlainPlayer:
        made.append(PlainPlayer(house.household(), name).start())
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def app(house: System) -> Iterator[Application]:
    with Application(url=house.household(), base_topic="zapette") as running:
        yield running


def test_remote(run: Callable[..., Run], players: Callable[..., PlainPlayer]) -> None:
    player = players("Living room")
    remote = run("remote.py", "living")
    eventually(lambda: "Living room: Enter plays" in remote.text, "it has found the player", 20)
    for key in ("", "-", "+", "-", "<", "?", ""):
        remote.type(key)
    eventually(lambda: len(remote.lines) == 8, "each key is answered")
    assert [procedure for procedure, _ in player.heard] == [
        "toggle",
        "volume/down",
        "volume/up",
        "volume/down",
        "seek/by",
        "toggle",
    ]
    assert remote.lines[-1].startswith("waits at")
    assert remote.lines[-1].endswith("volume 95\n")
    remote.type("q")
    assert remote.process.wait(HANG_TIMEOUT) == 0


def test_remote_without_a_player(run: Callable[..., Run]) -> None:
    remote = run("remote.py", "nobody")
    assert remote.process.wait(20) == 1
    eventually(lambda: "No such player" in remote.text, "it is said")


def feed(*titles: str) -> str:
    items = "".join(f"<item><title>{title}</title></item>" for title in titles)
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'


def test_rss_titles(
    run: Callable[..., Run], players: Callable[..., PlainPlayer], tmp_path: Path
) -> None:
    player, other = players("Kitchen"), players("Attic")
    file = tmp_path / "feed.xml"
    file.write_text(feed("Old news"))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}/feed.xml"
        reader = run("rss_titles.py", url, "--player", "Kitchen", "--every", "0.2")
        eventually(lambda: "1 titles;" in reader.text, "the feed is read", 20)
        file.write_text(feed("New &amp; shiny", "Newer\n  than old", "Old news"))
        shown = [("message", "Newer than old"), ("message", "New & shiny")]
        eventually(lambda: player.heard == shown, "the new titles are shown, the older first")
        file.write_text("no feed")
        eventually(lambda: "syntax error" in reader.text, "what is no feed is said")
        file.write_text(feed("Last", "Old news"))
        eventually(lambda: player.heard[2:] == [("message", "Last")], "it goes on")
        server.shutdown()
    assert other.heard == []


def test_atom_titles() -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>All</title>'
        "<entry><title>One</title></entry><entry><id>x</id></entry></feed>"
    )
    program = "import sys, rss_titles; print(rss_titles.titles(sys.stdin.buffer.read()))"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=EXAMPLES,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        input=text,
        capture_output=True,
        text=True,
    )
    assert ended.stdout == "['One']\n"


def test_lights_out(
    run: Callable[..., Run],
    players: Callable[..., PlainPlayer],
    app: Application,
    tmp_path: Path,
) -> None:
    player, out = players("Living room"), tmp_path / "out"
    lights = run("lights_out.py", "--", "touch", str(out))
    eventually(lambda: "waiting for the end of a film" in lights.text, "it has begun", 20)
    app.call("lights/skip")
    player.end()
    eventually(lambda: "ignored one" in lights.text, "the first end passes")
    assert not out.exists()
    player.end()
    eventually(out.exists, "the lights are out")
    out.unlink()
    assert app.call("lights/off") == 0
    assert out.exists()


def test_wall(run: Callable[..., Run], players: Callable[..., PlainPlayer]) -> None:
    all_of_them = [players(f"Screen {number}") for number in range(3)]
    apart = players("Apart")
    wall = run("wall.py", "media/film.webm", *(f"Screen {number}" for number in range(3)))
    eventually(lambda: all(each.state["playing"] for each in all_of_them), "all play", 20)
    assert all(("load", "media/film.webm") in each.heard for each in all_of_them)

    def spread() -> float:
        positions = [each.position for each in all_of_them]
        return max(positions) - min(positions)

    # those that begin late on a busy machine are brought up
    eventually(lambda: spread() < 0.1, "they are in step", 20)
    # one falls behind a lot, another a little
    all_of_them[1].client.call(all_of_them[1].callee, "seek", 40)
    all_of_them[2].client.call(all_of_them[2].callee, "seek/by", -0.3)
    eventually(lambda: spread() < 0.1, "they are in step again", 20)
    assert any(procedure == "rate" for procedure, _ in all_of_them[2].heard)
    eventually(lambda: "3 players, 0.0" in wall.text, "it says so", 20)
    assert apart.heard == []


def shell(house: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    login = {"PORT": str(house.mqtt_port), "PASSWORD": house.home_password()}
    return subprocess.run(
        [EXAMPLES / "everything.sh", *arguments],
        env=os.environ | login,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_everything_from_a_shell(house: System, players: Callable[..., PlainPlayer]) -> None:
    player = players("Living room")
    assert f"zapette/players/{player.id}/state" in shell(house, "players").stdout
    for arguments in (("play",), ("volume", "40"), ("message", "Dinner is ready"), ("status",)):
        procedure, *given = arguments
        answer = json.loads(shell(house, procedure, player.id, *given).stdout)
        assert "result" in answer
    assert answer["result"]["volume"] == 40
    assert player.heard == [("play", None), ("volume", 40), ("message", "Dinner is ready")]
    assert "error" in json.loads(shell(house, "volume", player.id, "loud").stdout)
    assert json.loads(shell(house, "server", "id").stdout)["result"]
    assert "examples/everything.sh play ID" in shell(house).stdout
    assert shell(house, "players").returncode == 0


def test_watching_from_a_shell(house: System, players: Callable[..., PlainPlayer]) -> None:
    player = players("Living room")
    login = {"PORT": str(house.mqtt_port), "PASSWORD": house.home_password()}
    watching = subprocess.Popen(
        [EXAMPLES / "everything.sh", "watch", player.id],
        env=os.environ | login,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with ending(watching) as process:
        assert process.stdout is not None
        first = {process.stdout.readline().strip()[:6] for _ in range(2)}
        assert "online" in first
        player.client.call(player.callee, "volume", 7)
        line = process.stdout.readline() + process.stdout.readline()
        os.killpg(process.pid, 15)
        assert '"volume":7' in line


def test_bank(run: Callable[..., Run], house: System, app: Application) -> None:
    run("bank/service.py")

    def is_open() -> bool:
        try:
            return bool(app.call("bank/balance", timeout=1) == 0)
        except CallError:
            return False

    eventually(is_open, "the bank is open", 20)
    client = run("bank/client.py", "500")
    assert client.process.wait(20) == 0
    eventually(lambda: client.text == "500\n", "the balance is printed")
    too_much = run("bank/client.py", "-501")
    assert too_much.process.wait(20) == 1
    eventually(lambda: "not_supported: there are only 500 cents" in too_much.text, "it is said")
    served = run("bank/page.py", "0")
    eventually(lambda: served.lines, "the page is served", 20)
    with launched() as browser:
        page = browser.new_page()
        page.goto(served.lines[0].strip())
        page.fill("[name=url]", f"ws://127.0.0.1:{house.ws_port}/mqtt")
        page.fill("[name=password]", house.home_password())
        page.click("#login button")
        page.wait_for_selector("#bank:not([hidden])")
        output = page.locator("#balance")
        eventually(lambda: output.inner_text() == "500", "the page shows the balance")
        page.click("[value=deposit]")
        eventually(lambda: output.inner_text() == "600", "a deposit from the page")
        app.call("bank/deposit", 1)
        eventually(lambda: output.inner_text() == "601", "a deposit from elsewhere is seen")
        page.fill("[name=amount]", "1000")
        page.click("[value=withdraw]")
        page.wait_for_selector("#error:has-text('not_supported: there are only 601 cents')")
