"""The bridge: our broker on one side, a real Mosquitto as the home's on the other."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.bridge.listener import Listener, retained
from tests.broker.servers import run_process
from tests.clients.plain_player import PlainPlayer
from tests.contract.vector_files import vectors
from tests.programs.mosquitto import Mosquitto, run_tool
from tests.programs.ports import free_ports
from tests.programs.processes import started
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.application import Application
from zapette.mqtt.url import BrokerUrl

AGREE = 5.0
"""How soon both sides agree again after a repair, in seconds."""

CUT = float(os.environ.get("ZAPETTE_TEST_CUT", "0"))
"""For how many seconds the link is cut, beyond what both sides need to notice it."""


class House:
    """A system and the home's broker, joined."""

    def __init__(self, system: System, home: Mosquitto) -> None:
        self.home = home
        self.url = home.url
        self.system = system
        self.players: list[PlainPlayer] = []

    def player(self, name: str = "Living room") -> PlainPlayer:
        self.players.append(PlainPlayer(self.system.household(), name).start())
        return self.players[-1]

    def ours(self) -> dict[str, bytes]:
        return retained(self.system.household(), "zapette/#")

    def kill(self, part: str) -> None:
        """Kill a part of the system, and wait until it runs again."""
        pid = self.system.kill(part)

        def runs_again() -> bool:
            try:
                return self.system.pid(part) != pid
            except (AssertionError, psutil.Error):
                return False

        eventually(runs_again, f"the {part} is started again", 20)

    def at_home(self) -> dict[str, bytes]:
        return retained(self.url, "zapette/#")

    def agree(self, timeout: float = 20.0) -> float:
        """Wait until both sides agree; return how long that took."""
        began = time.monotonic()
        eventually(lambda: self.at_home() == self.ours(), "both sides agree", timeout, every=0.1)
        return time.monotonic() - began

    def promise(self) -> float:
        """Return how soon both sides must agree: on a slow machine, looking takes long too."""
        return AGREE + 5 * self.agree()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Join a system and its home; who breaks a part of them waits for its return."""
    folder = tmp_path_factory.mktemp("house")
    home = Mosquitto(folder).start()
    url = f"mqtt://{home.host}:{home.port}"
    with sharing(System(folder, {"ZAPETTE_BRIDGE_URL": url})) as system:
        yield House(system, home)
    home.stop()


@pytest.fixture
def house(shared: House) -> Iterator[House]:
    yield shared
    for player in shared.players:
        player.client.stop()
    shared.players.clear()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a system without a bridge, for bridges that a test starts."""
    with sharing(System(tmp_path_factory.mktemp("bare"))) as system:
        yield system


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Make home brokers of a test's own."""
    made: list[Mosquitto] = []

    def make(**options: Any) -> Mosquitto:
        folder = tmp_path / f"home-{len(made)}"
        folder.mkdir()
        made.append(Mosquitto(folder, **options).start())
        return made[-1]

    yield make
    for one in made:
        one.stop()


class Bridge:
    """A bridge that runs by itself, as `zapette run` would start it."""

    def __init__(self, system: System, log: Path, **settings: str) -> None:
        self._log = log
        self._is_killed = False
        names = {f"ZAPETTE_BRIDGE_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-m", "zapette_cli", "bridge"]
        self.process = started(command, log, env=system.environment | names)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._is_killed = True
        self.process.kill()
        self.process.wait(HANG_TIMEOUT)

    def stop(self) -> None:
        if self._is_killed:
            return
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(HANG_TIMEOUT) == 0


@pytest.fixture
def second(bare: System, tmp_path: Path) -> Iterator[Callable[..., Bridge]]:
    """Start bridges of the bare system, however many there are."""
    made: list[Bridge] = []

    def make(**settings: str) -> Bridge:
        made.append(Bridge(bare, tmp_path / f"bridge-{time.monotonic_ns()}", **settings))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def bridge(second: Callable[..., Bridge]) -> Callable[..., Bridge]:
    """Start bridges of the bare system, one at a time."""
    made: list[Bridge] = []

    def make(**settings: str) -> Bridge:
        for one in made:
            one.stop()
        made[:] = [second(**settings)]
        return made[-1]

    return make


@pytest.fixture
def player(bare: System) -> Iterator[PlainPlayer]:
    """Return a player of the bare system."""
    running = PlainPlayer(bare.household()).start()
    yield running
    running.stop()


def test_pilot_from_the_homes_side(house: House) -> None:
    player = house.player()
    root, url = player.root, house.url
    with Listener(url) as listener:
        eventually(lambda: listener.last(f"{root}/availability") == b"online", "it is seen online")
        eventually(
            lambda: listener.last_state(f"{root}/state") == player.state, "its state is seen"
        )
        listener.publish(f"{root}/command/play", b"")
        eventually(lambda: listener.last_state(f"{root}/state").get("playing"), "it plays")
        listener.publish(f"{root}/command/volume", b"40")
        eventually(lambda: listener.last_state(f"{root}/state").get("volume") == 40, "volume 40")
        # MQTT 5: the answer carries the correlation data
        answer = run_tool("rr", url, "-t", f"{root}/command/pause", "-e", f"{root}/response/cli/1",
                          "-m", "", "-W", "10")  # fmt: skip
        assert json.loads(answer.stdout)["result"]["playing"] is False
        # MQTT 3.1.1
        answer = run_tool("rr", url, "-V", "311", "-t", f"{root}/request/cli/2/volume",
                          "-e", f"{root}/response/cli/2", "-m", "loud", "-W", "10")  # fmt: skip
        assert json.loads(answer.stdout)["error"]["code"] == "invalid_argument"
        assert player.heard == [("play", None), ("volume", 40), ("pause", None)]
        eventually(lambda: listener.on(f"{root}/event/pause"), "events go out")
        assert listener.on(f"{root}/event/play") == [b'{"position":12.0}']
        states = [json.loads(payload)["seq"] for payload in listener.on(f"{root}/state")]
        assert states == sorted(set(states)), "no state came twice"
    house.agree()
    # nothing that came in went out again, and nothing that went out came in
    assert house.system.log.count("leads back") == 0
    with Application(url=url, base_topic="zapette") as remote:
        assert remote.player(player.id).volume(10)["volume"] == 10
        assert re.fullmatch(r"[0-9a-f]{32}", remote.call("server/id"))


def test_no_echo(house: House) -> None:
    player = house.player()
    url = house.system.household()
    with Listener(house.url) as home, Listener(url, "zapette/#") as ours:
        eventually(lambda: home.last(f"{player.root}/availability") == b"online", "it is joined")
        for number in range(50):
            home.publish(f"{player.root}/command/volume", str(number))
        eventually(lambda: len(player.heard) == 50, "all commands arrive")
        eventually(lambda: home.last_state(f"{player.root}/state").get("volume") == 49, "the last")
        for side in (home, ours):
            # each has connections of its own
            eventually(
                lambda side=side: (  # type: ignore[misc]
                    len(side.on(f"{player.root}/event/volume")) >= 50
                    and side.last_state(f"{player.root}/state").get("volume") == 49
                ),
                "all is seen on both sides",
            )
        player.client.call(player.callee, "status", timeout=20)
        for side in (home, ours):
            assert len(side.on(f"{player.root}/command/volume")) == 50
            assert len(side.on(f"{player.root}/event/volume")) == 50
            volumes = [json.loads(each)["volume"] for each in side.on(f"{player.root}/state")]
            assert volumes[-50:] == list(range(50))
        assert player.heard == [("volume", number) for number in range(50)]


def test_a_retained_command_at_home_does_nothing(house: House) -> None:
    player = house.player()
    house.agree()
    with Listener(house.url) as listener:
        listener.publish(f"{player.root}/command/volume", b"7", retain=True)
        eventually(lambda: player.heard == [("volume", 7)], "it came as a live one the first time")
        house.kill("bridge")
        listener.publish(f"{player.root}/command/volume/up", b"1")

        def asked_again() -> bool:
            listener.publish(f"{player.root}/command/volume/up", b"1")
            return ("volume/up", 1) in player.heard

        eventually(asked_again, "commands come in again", timeout=20, every=0.2)
        assert player.heard.count(("volume", 7)) == 1
        listener.publish(f"{player.root}/command/volume", b"", retain=True)


def test_the_bridge_tells_what_it_offers(house: House) -> None:
    # a system is up before its bridge is
    house.agree()
    with Application(url=house.system.household(), base_topic="zapette") as application:
        offered = application.call("bridge/procedures")
        status = application.call("bridge/status")
    assert {it["name"]: it["parameters"] for it in offered} == (
        vectors("procedures")["services"]["bridge"]
    )
    assert status == {"home": house.url.where, "connected": True}
    # a command that names a response topic is a call too
    root = "zapette/services/bridge"
    for url in (house.system.household(), house.url):
        answer = run_tool("rr", url, "-t", f"{root}/command/status",
                          "-e", f"{root}/response/cli/3", "-m", "", "-W", "10")  # fmt: skip
        assert json.loads(answer.stdout) == {"result": status}


def test_a_player_that_goes_is_cleared_on_both_sides(house: House) -> None:
    player, other = house.player("One"), house.player("Two")
    house.agree()
    assert f"{player.root}/state" in house.at_home()
    player.stop()
    eventually(lambda: f"{player.root}/state" not in house.at_home(), "its state is cleared")
    house.agree()
    availability = f"{player.root}/availability"
    eventually(lambda: house.at_home()[availability] == b"offline", "it is off")
    # gone for ever, while nobody looked
    house.system.kill("bridge")
    with Listener(house.system.household(), "zapette/#") as ours:
        for what in ("state", "availability"):
            ours.publish(f"{other.root}/{what}", b"", retain=True)
    other.client.stop()
    with Listener(house.system.household(), "zapette/#") as ours:
        ours.publish(f"{other.root}/availability", b"", retain=True)
    eventually(
        lambda: not any(other.id in topic for topic in house.at_home()),
        "what it left at home is cleared when the bridge is back",
        timeout=20,
        every=0.1,
    )
    house.agree()


def test_what_others_have_at_home_is_left_alone(house: House) -> None:
    home = house.home
    foreign = {
        "zapette/players/" + "f" * 32 + "/state": b"theirs",
        "zapette/discovery/" + "f" * 32: b"theirs",
        "homeassistant/device/lamp/config": b"theirs",
    }
    with Listener(home.url) as listener:
        for topic, payload in foreign.items():
            listener.publish(topic, payload, retain=True)
    player = house.player()
    house.system.kill("bridge")
    eventually(house.system.is_up, "all is up")
    eventually(
        lambda: house.at_home().get(f"{player.root}/availability") == b"online",
        "the bridge is back",
        timeout=20,
    )
    kept = retained(home.url)
    assert foreign.items() <= kept.items()
    with Listener(home.url) as listener:
        for topic in foreign:
            listener.publish(topic, b"", retain=True)


@pytest.mark.parametrize("part", ["broker", "bridge"])
def test_our_side_is_killed(house: House, part: str) -> None:
    player = house.player()
    promise = house.promise()
    with Listener(house.url) as listener:
        house.kill(part)
        availability = f"{player.root}/availability"
        if part == "broker":
            eventually(
                lambda: b"offline" in listener.on(availability), "home is told that it is away"
            )
        eventually(lambda: player.client.is_live, "the player is back", 20)
        assert house.agree() < promise
        listener.publish(f"{player.root}/command/play", b"")
        eventually(lambda: listener.last_state(f"{player.root}/state").get("playing"), "it plays")
        assert player.heard == [("play", None)]
        assert_no_duplicate(listener, player)


def test_the_homes_broker_is_killed(house: House) -> None:
    home, player = house.home, house.player()
    promise = house.promise()
    said_before = len(house.system.log)
    with Listener(home.url) as listener:
        home.kill()
        said = "no connection to the home's broker"
        eventually(lambda: said in house.system.log[said_before:], "it is said")
        player.client.call(player.callee, "volume", 33)
        gone = house.player("Late")
        gone.stop()
        home.start()
        assert house.agree() < promise
        eventually(lambda: listener.is_subscribed, "the listener is back")
        eventually(lambda: listener.last_state(f"{player.root}/state").get("volume") == 33, "known")
        assert house.system.log[said_before:].count(said) == 1
        listener.publish(f"{player.root}/command/play", b"")
        eventually(lambda: listener.last_state(f"{player.root}/state").get("playing"), "it plays")
        assert player.heard == [("volume", 33), ("play", None)]
    log = house.system.log[said_before:]
    assert re.findall(r"connected to the home's broker \S+( again)?", log) == [" again"]


def assert_no_duplicate(listener: Listener, player: PlainPlayer) -> None:
    live = [
        (topic, payload)
        for topic, payload, is_retained in listener.messages
        if topic.startswith(player.root) and not is_retained
    ]
    repeated = [pair for pair, following in itertools.pairwise(live) if pair == following]
    assert repeated == []


def test_a_prefix(
    bare: System,
    bridge: Callable[..., Bridge],
    new_home: Callable[..., Mosquitto],
    player: PlainPlayer,
) -> None:
    home = new_home()
    bridge(url=f"mqtt://{home.host}:{home.port}", prefix="tv/one")
    with Listener(home.url) as listener:
        root = f"tv/one/{player.root}"
        eventually(lambda: listener.last(f"{root}/availability") == b"online", "it is seen")
        answer = run_tool("rr", home.url, "-t", f"{root}/command/volume", "-m", "5",
                          "-e", f"{root}/response/cli/1", "-W", "10")  # fmt: skip
        assert json.loads(answer.stdout)["result"]["volume"] == 5
        discovery = f"zapette/discovery/{player.id}"
        with Listener(bare.household(), "zapette/#") as ours:
            ours.publish(
                discovery, json.dumps({"base_topic": "zapette", "id": player.id}), retain=True
            )
        eventually(
            lambda: (
                json.loads(listener.last(discovery) or b"{}").get("base_topic") == "tv/one/zapette"
            ),
            "announcements name the topics at home",
        )
        seen = {topic.split("/")[0] for topic, _, _ in listener.messages}
        assert seen <= {"tv", "zapette"}
        assert {t for t, _, _ in listener.messages if t.startswith("zapette/")} == {discovery}
    with Listener(bare.household(), "zapette/#") as ours:
        ours.publish(discovery, b"", retain=True)


def test_what_is_too_large_for_the_homes_broker_stays_here(
    bare: System,
    bridge: Callable[..., Bridge],
    new_home: Callable[..., Mosquitto],
    player: PlainPlayer,
) -> None:
    home = new_home(lines=["max_packet_size 20000"])
    joined = bridge(url=f"mqtt://{home.host}:{home.port}")
    with Listener(home.url) as listener, Listener(bare.household(), "zapette/#") as ours:
        state = f"{player.root}/state"
        eventually(lambda: listener.last_state(state) == player.state, "its state is seen")
        for topic in (state, f"{player.root}/event/message"):
            ours.publish(topic, bytes(30_000), retain=topic == state)
        eventually(lambda: joined.log.count("cannot carry") == 2, "it is said")
        ours.publish(state, bytes(30_000), retain=True)
        player.client.call(player.callee, "volume", 7)
        eventually(lambda: listener.last_state(state) == player.state, "its next state is seen")
    assert joined.log.count("cannot carry") == 2
    assert "Traceback" not in joined.log


def test_a_homes_broker_that_speaks_3_1_1_only(
    bridge: Callable[..., Bridge], player: PlainPlayer, tmp_path: Path
) -> None:
    """The package amqtt speaks 3.1.1 only, and does not answer a CONNECT of MQTT 5."""
    with run_process("amqtt", tmp_path) as stock:
        joined = bridge(url=f"mqtt://127.0.0.1:{stock.port}")
        url = BrokerUrl("mqtt", "127.0.0.1", stock.port)
        with Listener(url, version=MQTTProtocolVersion.MQTTv311) as listener:
            eventually(
                lambda: listener.last_state(f"{player.root}/state") == player.state,
                "its state is seen",
                timeout=30,
            )
            listener.publish(f"{player.root}/command/play", b"")
            eventually(lambda: player.heard == [("play", None)], "it plays")
            listener.publish(f"{player.root}/request/cli/1/volume", b"5")
            eventually(lambda: listener.on(f"{player.root}/response/cli/1"), "it answers")
        joined.stop()


def test_wrong_credentials_are_said_once_and_mended(
    bridge: Callable[..., Bridge], new_home: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    add = ["mosquitto_passwd", "-b", str(passwords), "tv"]
    subprocess.run([*add, "right"], check=True)
    home = new_home(lines=[f"password_file {passwords}"], anonymous=False)
    joined = bridge(url=f"mqtt://127.0.0.1:{home.port}", user="tv", password="mended")
    refused = "it refused the connection: Not authorized"
    eventually(lambda: refused in joined.log, "the refusal is said")
    eventually(lambda: home.log.count("not authorised") >= 3, "it is tried again and again", 20)
    assert joined.log.count(refused) == 1
    assert "mended" not in joined.log
    subprocess.run([*add, "mended"], check=True)
    assert home.process is not None
    home.process.send_signal(1)
    eventually(lambda: "connected to the home's broker" in joined.log, "it gets in", 20)
    joined.stop()


def test_tls(
    bridge: Callable[..., Bridge], new_home: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    for name in ("good", "other"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", tmp_path / f"{name}.key",
             "-out", tmp_path / f"{name}.pem"],
            check=True, capture_output=True,
        )  # fmt: skip
    home = new_home(lines=[f"certfile {tmp_path}/good.pem", f"keyfile {tmp_path}/good.key"])
    url = f"mqtts://localhost:{home.port}"
    trusting = bridge(url=url, ca_file=f"{tmp_path}/good.pem")
    eventually(lambda: "connected to the home's broker" in trusting.log, "TLS works")
    wary = bridge(url=url, ca_file=f"{tmp_path}/other.pem")
    said = "its certificate is not trusted: self-signed certificate"
    eventually(lambda: said in wary.log, "a wrong certificate is said")
    eventually(lambda: home.log.count("alert unknown ca") >= 2, "it is tried again")
    assert wary.log.count(said) == 1


def test_a_bridge_to_our_own_broker_carries_nothing(
    bare: System, bridge: Callable[..., Bridge], player: PlainPlayer
) -> None:
    url = bare.household()
    joined = bridge(url=f"mqtt://{url.host}:{url.port}", user="home", password=url.password)
    eventually(lambda: "leads back to Zapette's own broker" in joined.log, "it is noticed")
    with Listener(url, "zapette/#") as listener:
        listener.publish(f"{player.root}/command/volume", b"5")
        eventually(lambda: player.heard == [("volume", 5)], "the command came")
        player.client.call(player.callee, "status", timeout=20)
        assert player.heard == [("volume", 5)]
        eventually(lambda: listener.on(f"{player.root}/command/volume"), "others have it too")
        assert len(listener.on(f"{player.root}/command/volume")) == 1


WORKS = "connected to the home's broker"
GAVE_WAY = "another bridge of this household has taken over"


def pilots(url: BrokerUrl, player: PlainPlayer, level: int) -> bool:
    """Tell whether a command from home has arrived; ask once more."""
    with Listener(url, f"{player.root}/#") as listener:
        listener.publish(f"{player.root}/command/volume", str(level))
    return ("volume", level) in player.heard


@pytest.mark.parametrize("fault", ["password", "loop", "nobody", "silent", "certificate"])
def test_one_that_proves_nothing_takes_no_place(
    bare: System,
    second: Callable[..., Bridge],
    new_home: Callable[..., Mosquitto],
    player: PlainPlayer,
    tmp_path: Path,
    fault: str,
) -> None:
    passwords = tmp_path / "passwords"
    passwords.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(passwords), "tv", "right"], check=True)
    home = new_home(lines=[f"password_file {passwords}"], anonymous=False)
    url = f"mqtt://127.0.0.1:{home.port}"
    working = second(url=url, user="tv", password="right")
    eventually(lambda: WORKS in working.log, "it works")
    ours = bare.household()
    listening = socket.create_server(("127.0.0.1", 0))
    silent = listening.getsockname()[1]
    (nobody,) = free_ports(1)
    wrong: dict[str, dict[str, str]] = {
        "password": {"url": url, "user": "tv", "password": "wrong"},
        "loop": {"url": f"mqtt://{ours.host}:{ours.port}", "user": "home",
                 "password": str(ours.password)},
        "nobody": {"url": f"mqtt://127.0.0.1:{nobody}"},
        "silent": {"url": f"mqtt://127.0.0.1:{silent}"},
        "certificate": {"url": f"mqtts://127.0.0.1:{home.port}"},
    }  # fmt: skip
    said = "leads back" if fault == "loop" else "no connection to the home's broker"
    with listening:
        other = second(**wrong[fault])
        eventually(lambda: said in other.log, "the other one says what is wrong", 20)
        at_home = BrokerUrl("mqtt", "127.0.0.1", home.port, username="tv", password="right")
        eventually(lambda: pilots(at_home, player, 31), "the working one works")
        assert GAVE_WAY not in working.log
        assert working.process.poll() is None
        assert other.log.count(said) == 1
        other.stop()


def test_the_last_one_that_is_right_has_the_place(
    second: Callable[..., Bridge], new_home: Callable[..., Mosquitto], player: PlainPlayer
) -> None:
    """The one before says so and waits; it comes back when the other is gone, killed or not."""
    home = new_home()
    url = f"mqtt://127.0.0.1:{home.port}"
    first = second(url=url)
    eventually(lambda: WORKS in first.log, "the first works")
    server = "zapette/server/availability"
    with Listener(home.url, server) as listener:
        eventually(lambda: listener.last(server) == b"online", "the server is seen")
        last = second(url=url)
        eventually(lambda: GAVE_WAY in first.log, "the first says what happened", 20)
        eventually(lambda: pilots(home.url, player, 32), "the other works")
        listener.publish(f"{player.root}/command/volume", b"41")
        eventually(lambda: ("volume", 41) in player.heard, "one more command")
        player.client.call(player.callee, "status", timeout=20)
        assert player.heard.count(("volume", 41)) == 1
        eventually(lambda: listener.last(server) == b"online", "the server is seen again")
        assert (first.process.poll(), last.process.poll()) == (None, None)
        with Application(url=home.url, base_topic="zapette") as remote:
            remote.players.settle()
            assert [it.id for it in remote.players.online()] == [player.id]
            last.kill()
            eventually(lambda: listener.last(server) == b"offline", "the will", 20)
            eventually(lambda: remote.players.online() == [], "nobody is shown as online")
            # others of this module were there before
            assert player.id in [it.id for it in remote.players]
        eventually(lambda: "this bridge takes over" in first.log, "it comes back", 40)
        eventually(lambda: pilots(home.url, player, 33), "the first works again", 20)
        eventually(lambda: listener.last(server) == b"online", "the server is seen again")
    assert GAVE_WAY not in last.log


def test_no_bridge_without_a_url(system: System) -> None:
    ended = system.zapette("bridge")
    assert ended.returncode == 2
    assert ended.stderr == "zapette: setting bridge.url: it is needed for a bridge\n"
    with pytest.raises(AssertionError, match="no bridge runs"):
        system.pid("bridge")


@pytest.mark.timeout(120 + CUT)
def test_the_link_is_cut(tmp_path: Path) -> None:
    """In a network namespace: no packet gets through, and nobody is told.

    ``ZAPETTE_TEST_CUT=60`` makes it a minute.
    """
    scenario = [sys.executable, "-m", "tests.bridge.cut_link", str(tmp_path), str(CUT)]
    ended = subprocess.run(
        ["unshare", "--net", "--map-root-user", *scenario],
        capture_output=True,
        text=True,
        timeout=110 + CUT,
    )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    assert told["cut_for"] >= CUT
    assert told["agreed_after"] < AGREE + 5 * told["look"]
    assert told["heard"] == [["play", None], ["volume", 21], ["pause", None]]
    assert told["said"] == 1
    assert len(told["commands"]) == 2
    volumes = [json.loads(line.split(" ", 2)[2]) for line in told["states"]]
    assert [(each["seq"], each["volume"]) for each in volumes] == [
        (0, 100),
        (1, 100),
        (2, 21),
        (3, 21),
    ]


def test_health_tells_of_the_link_and_stays_ready(
    new_system: Callable[..., System], new_home: Callable[..., Mosquitto]
) -> None:
    home = new_home()
    url = f"mqtt://{home.host}:{home.port}"
    home.stop()
    system = new_system(ZAPETTE_BRIDGE_URL=url)

    def told() -> tuple[int, str, str | None]:
        answer = system.get("healthz")
        body = answer.json
        return answer.status, body["parts"]["bridge"], body["problems"].get("bridge")

    # at a start without it the system is ready all the same
    assert told()[:2] == (200, "down")
    home.start()
    eventually(lambda: told() == (200, "up", None), "linked", 30)
    up = b'zapette_up{part="bridge"} '
    eventually(lambda: up + b"1" in system.get("metrics").body, "so it is measured")
    home.stop()
    lost = (200, "down", "it is not connected to the home's broker")
    eventually(lambda: told() == lost, "the link is gone", 30)
    eventually(lambda: up + b"0" in system.get("metrics").body, "so it is measured")
    assert system.get("healthz").json["status"] == "ok"
