"""The name and the services that the network finds, seen from another machine of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.machines.machine import ip
from tests.machines.namespaces import rerun_in
from tests.machines.two_machines import HERE, THERE, Pair
from tests.programs.processes import ending
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.settings.settings import Settings
from zapette_webapp.network.mdns import Mdns
from zapette_webapp.network.mdns_services import (
    HTTP,
    MQTT,
    ZAPETTE,
    gives_way,
    host_name,
    offers,
    published,
    server_id,
)
from zapette_webapp.network.network import Candidate
from zapette_webapp.network.network_watch import NetworkWatch

WIFI = Candidate("192.168.1.5", "wlan0")
DOCKER = Candidate("172.17.0.1", "docker0")
VPN = Candidate("10.8.0.2", "tun0", is_tunnel=True)
MOVED = "192.168.77.9"


class Browser:
    """Services as a program of the other machine sees them, by name."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.seen: dict[str, list[Any]] = {}
        self.is_ready = False
        self._process = process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            what, *rest = json.loads(line)
            if what == "ready":
                self.is_ready = True
            elif what == "add":
                self.seen[rest[0]] = rest[1:]
            else:
                self.seen.pop(rest[0], None)

    def look(self) -> dict[str, list[Any]]:
        """Return what is seen now; services come and go meanwhile."""
        return dict(self.seen)


@contextmanager
def browsing(pair: Pair) -> Iterator[Browser]:
    command = pair.there(sys.executable, "-m", "tests.machines.mdns_browser", THERE)
    with ending(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as process:
        browser = Browser(process)
        eventually(lambda: browser.is_ready, "the browser listens")
        yield browser


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), ("192.168.1.5",)),
        (Settings(mdns=False), ()),
        (Settings(bind="127.0.0.1"), ()),
    ],
)
def test_what_the_name_stands_for(settings: Settings, expected: tuple[str, ...]) -> None:
    assert published(settings, [WIFI, DOCKER, VPN]) == expected


def test_nothing_secret_is_told() -> None:
    secret = bytes(range(32))
    told = offers(Settings(), server_id(secret))
    assert [it.kind for it in told] == [HTTP, MQTT, ZAPETTE]
    assert secret.hex() not in str(told)
    assert server_id(secret) != server_id(bytes(32))
    assert set(told[2].text) == {"version", "id", "base_topic", "mqtt_port", "scheme"}


def test_names_and_who_gives_way() -> None:
    assert [host_name(it) for it in (1, 2, 3)] == [
        "zapette.local.",
        "zapette-2.local.",
        "zapette-3.local.",
    ]
    assert gives_way(["192.168.1.5"], ["192.168.1.40"])
    assert not gives_way(["192.168.1.40"], ["192.168.1.5"])
    assert not gives_way(["192.168.1.5"], ["192.168.1.5"])


def test_changes_are_told_once() -> None:
    looks = [[], [], [WIFI], [WIFI], [DOCKER]]
    told: list[list[Candidate]] = []

    def look() -> list[Candidate]:
        return looks.pop(0) if len(looks) > 1 else looks[0]

    watch = NetworkWatch(look, lambda: "http://192.168.1.5/", period=0.01)
    watch.on_first_and_change(told.append)
    watch.start()
    eventually(lambda: len(told) == 3, "all changes are told")
    watch.stop()
    assert told == [[], [WIFI], [DOCKER]]


@pytest.mark.slow
def test_a_network_that_comes_later(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """No network at the start; then one, another address, and the end: seen by another machine."""
    if rerun_in(request, "net"):
        return
    system = System(tmp_path, {"ZAPETTE_MDNS": "true"})
    with Pair() as pair, system:
        eventually(lambda: "there is no network" in system.log, "it is said")
        assert system.get("api/ip").json == {"ip": "127.0.0.1", "candidates": [], "name": None}
        pair.join()
        with browsing(pair) as browser:
            eventually(lambda: len(browser.seen) == 3, "all services are found")
            by_kind = {name.partition(".")[2]: it for name, it in browser.look().items()}
            for kind, port in ((HTTP, system.http_port), (MQTT, system.mqtt_port)):
                assert by_kind[kind][:3] == ["zapette.local.", [HERE], port]
            told = by_kind[ZAPETTE][3]
            assert told["mqtt_port"] == str(system.mqtt_port)
            assert (system.data / "secret").read_text().strip() not in str(browser.look())
            eventually(lambda: system.get("api/ip").json["name"] == "zapette.local", "it is named")
            assert system.get("api/ip").json["ip"] == HERE
            page = pair.run(
                "curl", "--silent", "--fail", "--resolve",
                f"zapette.local:{system.http_port}:{HERE}",
                f"http://zapette.local:{system.http_port}/",
            )  # fmt: skip
            assert "<title>" in page
            # or it could see the moment without any address
            web = psutil.Process(system.pid("web"))
            web.suspend()
            ip(f"addr del {HERE}/24 dev near")
            ip(f"addr add {MOVED}/24 dev near")
            web.resume()
            # the earlier one stays in caches for a second (RFC 6762, 10.2)
            eventually(
                lambda: [MOVED in it[1] for it in browser.look().values()] == [True] * 3,
                "they move",
            )
            assert system.get("api/ip").json["ip"] == MOVED
            assert system.stop() == 0
            eventually(lambda: not browser.seen, "it says goodbye")
        assert system.log.count("there is no network") == 1
        assert system.log.count(f"reach the pages at http://{HERE}:") == 1
        assert system.log.count(f"reach the pages at http://{MOVED}:") == 1


CLAIM = """
import sys, time
from zapette_server.settings.settings import Settings
from zapette_webapp.network.mdns_services import offers
from zapette_webapp.network.mdns import Mdns
mdns = Mdns(offers(Settings(), "other"))
mdns.start()
mdns.follow((sys.argv[1],))
while True:
    if mdns.name:
        print(mdns.name, flush=True)
    time.sleep(0.1)
"""


@pytest.mark.slow
def test_two_servers(request: pytest.FixtureRequest) -> None:
    """The second of a network is zapette-2, and its services have names of their own."""
    if rerun_in(request, "net"):
        return
    with Pair() as pair:
        pair.join()
        names: list[str] = []
        other = subprocess.Popen(
            pair.there(sys.executable, "-c", CLAIM, THERE), stdout=subprocess.PIPE, text=True
        )
        with ending(other), browsing(pair) as browser:
            assert other.stdout is not None
            stdout = other.stdout
            names.append(stdout.readline().strip())
            mdns = Mdns(offers(Settings(), "this"))
            mdns.start()
            mdns.follow((HERE,))
            # at once, or once the other one has answered, which a busy machine may do late
            eventually(lambda: mdns.name == "zapette-2.local", "it has the second name")
            assert names == ["zapette.local"]
            expected = {
                f"Zapette.{HTTP}": "zapette.local.",
                f"Zapette-2.{HTTP}": "zapette-2.local.",
            }

            def both_are_found() -> bool:
                seen = browser.look()
                owners = {name: it[0] for name, it in seen.items() if HTTP in name}
                return len(seen) == 6 and owners == expected

            eventually(both_are_found, "both are found")
            mdns.stop()
            eventually(lambda: len(browser.seen) == 3, "one of them leaves")


@pytest.mark.slow
def test_both_have_the_name(request: pytest.FixtureRequest) -> None:
    """The other did not hear that it is taken, as when a cable joins two networks."""
    if rerun_in(request, "net"):
        return
    with Pair() as pair:
        pair.join()
        mdns = Mdns(offers(Settings(), "this"))
        mdns.start()
        mdns.follow((HERE,))
        eventually(lambda: mdns.name == "zapette.local", "it has the name")
        pair.run("nft", "add", "table", "ip", "deaf")
        hook = "{ type filter hook input priority 0; }"
        pair.run("nft", "add", "chain", "ip", "deaf", "in", hook)
        pair.run("nft", "add", "rule", "ip", "deaf", "in", "udp", "dport", "5353", "drop")
        other = subprocess.Popen(
            pair.there(sys.executable, "-c", CLAIM, THERE), stdout=subprocess.PIPE, text=True
        )
        with ending(other):
            assert other.stdout is not None
            assert other.stdout.readline() == "zapette.local\n"
            eventually(lambda: mdns.name == "zapette-2.local", "the lower address gives way")
        mdns.stop()


def test_a_taken_port_is_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr("zapette_webapp.network.mdns.Zeroconf", refuse)
    mdns = Mdns(offers(Settings(), "x"))
    mdns.start()
    mdns.follow(("192.0.2.7",))
    eventually(lambda: "cannot find this server by name" in caplog.text, "it is said")
    mdns.follow(("192.0.2.8",))
    mdns.stop()
    assert caplog.text.count("cannot find this server by name") == 1
    assert mdns.name is None
