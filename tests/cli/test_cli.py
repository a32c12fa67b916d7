"""The command line against a running system, with players that are really there."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clients.mqtt_clients import Household
from tests.clients.plain_player import PlainPlayer
from tests.programs.mosquitto import Mosquitto
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.application import Application
from zapette.client.client import Client
from zapette.mqtt.url import BrokerUrl
from zapette_server.access.credentials import new_player_id

TIMEOUT = ("--timeout", "20")


@pytest.fixture
def connect() -> Iterator[Callable[[BrokerUrl], Client]]:
    clients: list[Client] = []

    def make(url: BrokerUrl) -> Client:
        clients.append(client := Client(url))
        client.start()
        client.wait(20)
        return client

    yield make
    for client in clients:
        client.stop()


@pytest.fixture(scope="module")
def players(system: System) -> Iterator[list[PlainPlayer]]:
    names = ("Scullery", "Bedroom", "bedroom")
    made = [PlainPlayer(system.household(), name).start() for name in names]
    yield made
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def scullery(players: list[PlainPlayer]) -> PlainPlayer:
    return players[0]


def answer(system: System, *arguments: str) -> Any:
    ended = system.zapette(*arguments, *TIMEOUT)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return json.loads(ended.stdout)


@pytest.mark.parametrize("target", ["id", "prefix", "Scullery", "SCULLERY"])
def test_call_by_id_and_by_name(system: System, scullery: PlainPlayer, target: str) -> None:
    name = {"id": scullery.id, "prefix": scullery.id[:12]}.get(target, target)
    assert answer(system, "call", name, "volume", "41")["volume"] == 41
    assert answer(system, "call", name, "volume", "-p", "level=42")["volume"] == 42
    assert answer(system, "call", name, "volume/up")["volume"] == 47
    assert scullery.state["volume"] == 47


def test_call_the_server(system: System) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", answer(system, "call", "server", "id"))


def test_command(system: System, scullery: PlainPlayer) -> None:
    ended = system.zapette("command", "Scullery", "volume", "12.5", *TIMEOUT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    eventually(lambda: scullery.state["volume"] == 12.5, "the volume is set")


@pytest.mark.usefixtures("players")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("call", "Scullery", "fly"), 1, r"no_such_procedure: .*'fly'"),
        (("call", "Scullery", "volume", "loud"), 1, r"invalid_argument: volume: level takes"),
        (("call", "Scullery", "volume"), 1, r"invalid_argument: .*level"),
        (("call", "Scullery", "volume", "1", "-p", "level=2"), 1, "by position or by name"),
        (("call", "Scullery", "volume", "[1"), 1, "is not JSON"),
        (("call", "Scullery", "volume", "-p", "level"), 2, "NAME=VALUE"),
        (("call", "Scullery", "Fly high"), 2, "procedure 'Fly high'"),
        (("call", "Cellar", "play"), 2, "nothing is called 'Cellar'"),
        (("call", "Bedroom", "play"), 2, r"'Bedroom' matches [0-9a-f]{32} \(.*\) and [0-9a-f]{32}"),
        (("watch", "server"), 2, "'server' is not a player"),
        (("call", "server", "ip", "--url", "http://h"), 2, "setting url: it must begin"),
        (("call", "server", "ip", "--url", "mqtt://127.0.0.1:1"), 3, "127.0.0.1:1: Connection ref"),
    ],
)
def test_failures(system: System, arguments: tuple[str, ...], code: int, message: str) -> None:
    ended = system.zapette(*arguments, *TIMEOUT)
    assert ended.stdout == ""
    assert re.search(message, ended.stderr), ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.returncode == code


def test_where_nothing_runs_the_doctor_is_named(tmp_path: Path) -> None:
    system = System(tmp_path)
    assert system.zapette("credentials").returncode == 0
    ended = system.zapette("players", "--timeout", "1")
    assert ended.returncode == 3
    assert ended.stderr.endswith("Connection refused (`zapette doctor` finds out why)\n")


def test_no_answer_and_nobody_there(system: System) -> None:
    nobody = new_player_id()
    silent = system.zapette("call", nobody, "play", "--timeout", "1")
    assert (silent.returncode, silent.stderr) == (
        3,
        "zapette: unavailable: no answer, and the player has never been online\n",
    )
    gone = PlainPlayer(system.household(), "Gone").start()
    gone.stop()
    offline = system.zapette("call", gone.id, "play", *TIMEOUT)
    assert (offline.returncode, offline.stderr) == (
        3,
        "zapette: unavailable: the player is offline\n",
    )


def test_a_wrong_password(system: System) -> None:
    url = f"mqtt://home:wrong@127.0.0.1:{system.mqtt_port}"
    ended = system.zapette("players", "--url", url, *TIMEOUT)
    assert ended.returncode == 3
    assert "refused the connection: Bad user name or password" in ended.stderr
    assert "wrong" not in ended.stderr


def test_without_a_broker_of_this_machine(tmp_path: Path) -> None:
    ended = System(tmp_path).zapette("players")
    assert ended.returncode == 2
    assert "ZAPETTE_URL" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_players_as_json_and_as_a_table(system: System, players: list[PlainPlayer]) -> None:
    shown = {each["id"]: each for each in answer(system, "players", "--json")}
    for player in players:
        assert shown[player.id]["online"] is True
        assert shown[player.id]["name"] == player.state["name"]
        assert shown[player.id]["state"]["title"] == "A film"
    table = system.zapette("players", *TIMEOUT).stdout
    (line,) = [each for each in table.splitlines() if players[0].id in each]
    assert re.search(r"^Scullery\s+\w+\s+paused\s+0:12/0:52\s+[\d.]+%\s+A film$", line), line


def test_a_player_is_forgotten(system: System) -> None:
    household, other = Household(system), Household(system)
    with household.visitor("remote") as remote:
        assert remote.is_in
        gone = system.zapette("players", "forget", household.id[:12])
        assert (gone.returncode, gone.stdout, gone.stderr) == (0, "", "")
        eventually(lambda: remote.ended, "who came in by its code is out")
    by_link = {"id": household.id, "key": household.key("remote")}
    assert system.post("api/credentials", by_link).json["code"] == "wrong_key"
    again = system.zapette("players", "forget", household.id)
    assert (again.returncode, again.stderr) == (
        2,
        f"zapette: no player id begins with '{household.id}'\n",
    )
    assert (
        system.post("api/credentials", {"id": other.id, "key": other.key("remote")}).status == 200
    )


def test_players_on_a_terminal_is_live(system: System, scullery: PlainPlayer) -> None:
    main, secondary = pty.openpty()
    command = [sys.executable, "-m", "zapette_cli", "players", *TIMEOUT]
    process = subprocess.Popen(
        command, env=system.environment | {"TERM": "xterm"}, stdout=secondary, stderr=secondary
    )
    os.close(secondary)
    os.set_blocking(main, False)
    seen = b""

    def read() -> bytes:
        nonlocal seen
        with contextlib.suppress(BlockingIOError):
            seen += os.read(main, 65536)
        return seen

    eventually(lambda: b"Scullery" in read(), "the table is shown", timeout=20)
    player = scullery.client.call_later(scullery.callee, "play")
    assert player.result(HANG_TIMEOUT)["playing"] is True
    eventually(lambda: b"playing" in read(), "the table follows")
    scullery.client.call(scullery.callee, "pause")
    process.send_signal(signal.SIGINT)

    def ended() -> bool:
        # who writes to a terminal that nobody reads waits
        with contextlib.suppress(OSError):
            read()
        return process.poll() is not None

    eventually(ended, "it ends")
    assert process.returncode == 130
    os.close(main)


@contextlib.contextmanager
def start(system: System, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "zapette_cli", *arguments, *TIMEOUT],
        env=system.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with ending(process):
        yield process


def test_watch(system: System, scullery: PlainPlayer) -> None:
    with start(system, "watch", "Scullery", "--json", "--count", "3", "--events") as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["id"], first["online"]) == (scullery.id, True)
        scullery.client.call(scullery.callee, "volume", 33)
        more = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert {"volume": 33, "muted": False} in [each.get("value") for each in more]
        assert 33 in [each.get("state", {}).get("volume") for each in more]
        assert process.wait(30) == 0


def test_watch_in_words_and_interrupted(system: System, scullery: PlainPlayer) -> None:
    # it has played before
    scullery.client.call(scullery.callee, "seek", 12, timeout=20)
    with start(system, "watch", scullery.id) as process:
        assert process.stdout is not None
        assert re.search(r"^\d\d:\d\d:\d\d  Scullery  paused  0:12", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


def test_watch_interrupted_on_another_thread(system: System, scullery: PlainPlayer) -> None:
    """The system chooses the thread that has the signal."""
    with start(system, "watch", scullery.id) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threads = Path(f"/proc/{process.pid}/task")
        seen = [""]

        def is_idle() -> bool:
            """Return whether the main thread has not run since the last look."""
            seen.append((threads / str(process.pid) / "status").read_text())
            return seen[-1] == seen[-2]

        eventually(is_idle, "it waits")
        *_, other = threads.iterdir()
        assert ctypes.CDLL(None).tgkill(process.pid, int(other.name), signal.SIGINT) == 0
        assert process.wait(30) == 130


def test_a_reader_that_has_seen_enough(system: System, scullery: PlainPlayer) -> None:
    with start(system, "watch", scullery.id) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        for _ in range(3):
            scullery.client.call(scullery.callee, "volume/up", 1)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


def test_accounts(system: System) -> None:
    assert system.zapette("credentials", "show").stdout == f"home {system.home_password()}\n"
    assert system.zapette("credentials", "add", "bob", "--password", "x").returncode == 0
    hashed = system.zapette("credentials", "show", "bob")
    assert hashed.returncode == 2
    assert "only a hash of the password" in hashed.stderr
    by_bob = f"mqtt://bob:x@127.0.0.1:{system.mqtt_port}"
    assert system.zapette("call", "server", "id", "--url", by_bob, *TIMEOUT).returncode == 0
    system.zapette("credentials", "remove", "bob")
    gone = system.zapette("credentials", "show", "bob")
    assert (gone.returncode, gone.stderr) == (2, "zapette: there is no account 'bob'\n")


def test_by_websocket_and_by_mosquitto(
    system: System, scullery: PlainPlayer, tmp_path: Path
) -> None:
    url = f"ws://home:{system.home_password()}@127.0.0.1:{system.ws_port}/mqtt"
    assert answer(system, "call", scullery.id, "volume", "9", "--url", url)["volume"] == 9
    mosquitto = Mosquitto(tmp_path).start()
    there = PlainPlayer(mosquitto.url, "Elsewhere").start()
    try:
        elsewhere = f"mqtt://127.0.0.1:{mosquitto.port}"
        state = answer(system, "call", "elsewhere", "play", "--url", elsewhere)
        assert state["playing"] is True
    finally:
        there.stop()
        mosquitto.stop()


def complete(system: System, *words: str) -> set[str]:
    environment = system.environment | {
        "_ZAPETTE_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("zapette", *words)),
        "COMP_CWORD": str(len(words)),
    }
    program = "from zapette_cli.program import main; main(prog_name='zapette')"
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
    )
    return {line.removeprefix("plain,") for line in ended.stdout.splitlines()}


def test_completion(system: System, scullery: PlainPlayer) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = system.zapette("completion", shell).stdout
        assert "_ZAPETTE_COMPLETE" in script
    assert "players" in complete(system, "pl")
    assert complete(system, "call", "scull") == {"Scullery"}
    assert complete(system, "call", scullery.id[:8]) == {scullery.id}
    assert complete(system, "call", "Scullery", "volume/") == {"volume/up", "volume/down"}


def test_doctor_is_content(system: System, scullery: PlainPlayer) -> None:
    ended = system.zapette("doctor", "--json", "--timeout", "10")
    found = json.loads(ended.stdout)
    failed = [each for each in found if each["result"] == "failed"]
    assert (failed, ended.returncode) == ([], 0)
    told = {each["what"]: each["found"] for each in found}
    assert set(told) >= {"port", "address", "pages", "clock", "broker", "player"}
    assert f"{scullery.state['name']} answers" in [each["found"] for each in found]


def test_doctor_says_what_to_do(
    new_system: Callable[..., System], tmp_path: Path, system: System
) -> None:
    nothing_runs = System(tmp_path).zapette("doctor", "--timeout", "1")
    assert nothing_runs.returncode == 1
    assert nothing_runs.stdout.count("nothing listens on") == 2
    assert "start it: zapette (" in nothing_runs.stdout
    local = new_system(ZAPETTE_BIND="127.0.0.1")
    os.kill(local.pid("broker"), signal.SIGSTOP)
    hung = local.zapette("doctor", "--timeout", "1")
    os.kill(local.pid("broker"), signal.SIGCONT)
    assert hung.returncode == 1
    assert "a phone cannot reach 127.0.0.1" in hung.stdout
    assert 'set bind = "0.0.0.0" (ZAPETTE_BIND)' in hung.stdout
    assert "FAIL  broker" in hung.stdout
    wrong = system.zapette("doctor", "--url", f"mqtt://home:no@127.0.0.1:{system.mqtt_port}")
    assert wrong.returncode == 1
    assert "check the account" in wrong.stdout


def test_doctor_looks_at_the_bridge(system: System, tmp_path: Path) -> None:
    home = Mosquitto(tmp_path, anonymous=False, lines=[f"password_file {tmp_path}/passwords"])
    passwords = ["mosquitto_passwd", "-c", "-b", str(tmp_path / "passwords"), "tv", "right"]
    subprocess.run(passwords, check=True, capture_output=True)
    home.start()
    environment = system.environment

    def found(**bridge: str) -> dict[str, str]:
        settings = {f"ZAPETTE_BRIDGE_{name.upper()}": value for name, value in bridge.items()}
        ended = subprocess.run(
            [sys.executable, "-m", "zapette_cli", "doctor", "--json", "--timeout", "20"],
            env=environment | settings,
            capture_output=True,
            text=True,
            timeout=100,
        )
        (of_bridge,) = [each for each in json.loads(ended.stdout) if each["what"] == "bridge"]
        assert ended.returncode == (0 if of_bridge["result"] == "ok" else 1)
        return dict(of_bridge)

    url = f"mqtt://127.0.0.1:{home.port}"
    try:
        assert found(url=url, user="tv", password="right")["result"] == "ok"
        wrong = found(url=url, user="tv", password="wrong")
        assert "refused the connection: " in wrong["found"]
        assert "ZAPETTE_BRIDGE_PASSWORD" in wrong["remedy"]
        assert "wrong" not in wrong["found"]
        assert "ZAPETTE_BRIDGE_URL" in found(url="mqtt://127.0.0.1:1")["remedy"]
    finally:
        home.stop()


@pytest.fixture
def demo(system: System) -> Iterator[Application]:
    made = Application("demo-cli", url=system.household(), base_topic="zapette")

    @made.register()
    def add(a: int, b: int = 1) -> int:
        """Add two numbers.

        At length.
        """
        return a + b

    made.register("light/off")(lambda: None)
    made.start()
    yield made
    made.stop()


@pytest.mark.usefixtures("demo")
def test_what_a_service_offers(system: System, scullery: PlainPlayer) -> None:
    listed = system.zapette("call", "demo-cli", *TIMEOUT)
    assert (listed.returncode, listed.stderr) == (0, "")
    assert listed.stdout == "add(a, b?)  Add two numbers.\nlight/off()\n"
    assert re.search(r"^id\(", system.zapette("call", "server", *TIMEOUT).stdout, re.MULTILINE)
    of_player = system.zapette("call", scullery.id, *TIMEOUT)
    assert of_player.returncode == 0, of_player.stderr
    assert of_player.stdout.split() == scullery.state["can"]
    assert answer(system, "call", "demo-cli", "procedures")[0]["parameters"] == [
        {"name": "a", "takes": "a whole number", "needed": True},
        {"name": "b", "takes": "a whole number", "needed": False},
    ]


def test_services(system: System, demo: Application) -> None:
    table = system.zapette("services", *TIMEOUT)
    (line,) = [each for each in table.stdout.splitlines() if each.startswith("demo-cli ")]
    assert line.split(maxsplit=1)[1] == "add(a, b?), light/off()"
    (one,) = [each for each in answer(system, "services", "--json") if each["name"] == "demo-cli"]
    assert [each["name"] for each in one["procedures"]] == ["add", "light/off"]
    demo.stop()
    assert "demo-cli" not in system.zapette("services", *TIMEOUT).stdout


def test_a_new_password_ends_what_came_by_the_old(
    system: System, connect: Callable[..., Client]
) -> None:
    assert system.zapette("credentials", "add", "ann", "--password", "old").returncode == 0
    by_old = connect(replace(system.household(), username="ann", password="old"))
    home = connect(system.household())
    lost: list[str] = []
    by_old.on_lost = lost.append
    assert system.zapette("credentials", "add", "ann", "--password", "new").returncode == 0
    eventually(lambda: lost, "the connection by the old password is ended")
    connect(replace(system.household(), username="ann", password="new"))
    assert home.is_live


@pytest.mark.parametrize("module", ["click", "zapette.errors", "zapette_cli.processes.manager"])
def test_an_interrupt_while_the_command_is_imported(module: str) -> None:
    program = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
import zapette_cli
zapette_cli.main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")
