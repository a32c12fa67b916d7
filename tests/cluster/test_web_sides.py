"""Two web sides behind nginx, on three NATS servers and one PostgreSQL."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.mqtt_clients import Household
from tests.nats_cluster import SystemOnNats
from tests.ports import free_port, listens
from tests.postgresql import PostgresqlServer
from tests.processes import ending_with_us
from tests.system import Answer, System
from tests.waiting import SLACK, eventually
from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_server.places import ROOT

pytestmark = pytest.mark.long

V3 = MQTTProtocolVersion.MQTTv311


class Nginx:
    """The documented nginx in front of both, at a port of its own."""

    def __init__(self, folder: Path, ports: list[int]) -> None:
        self.port = free_port()
        text = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
        (found,) = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
        for number, port in enumerate(ports, 1):
            found = found.replace(f"192.0.2.1{number}:8000", f"127.0.0.1:{port}")
        found = found.replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        folder.mkdir()
        folder.chmod(0o777)
        places = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
            f"http {{ access_log off; {places}\n{found}\n}}\n"
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen(
            ending_with_us([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
        )
        eventually(lambda: listens(self.port), "nginx listens")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@dataclass
class Home:
    """Both web sides, and the first as nginx shows it."""

    first: SystemOnNats
    second: System
    balancer: Nginx

    def sides(self) -> list[System]:
        return [self.first, self.second]

    def behind(self) -> System:
        """Return what asks through nginx."""
        asking = System(self.first.folder, {"ZAPETTE_BIND": "127.0.0.1"})
        asking.http_port, asking.front = self.balancer.port, None
        return asking


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        postgresql = PostgresqlServer()
        stack.callback(postgresql.close)
        url = stack.enter_context(postgresql.database())
        settings = {"ZAPETTE_DATABASE": url, "ZAPETTE_TRUSTED_PROXY": "127.0.0.1"}
        (folder / "a").mkdir()
        (folder / "b").mkdir()
        first = SystemOnNats(folder / "a", settings)
        stack.enter_context(first)
        config = {"ZAPETTE_CONFIG": str(first.cluster.settings_file), "ZAPETTE_BIND": "127.0.0.1"}
        second = System(folder / "b", config | settings)
        stack.enter_context(second)
        balancer = Nginx(folder / "nginx", [first.http_port, second.http_port])
        stack.callback(balancer.stop)
        yield Home(first, second, balancer)


def credentials(side: System, of: Household, role: str = "remote") -> Answer:
    return side.post("api/credentials", {"id": of.id, "key": of.key(role)})


def test_what_one_gives_the_other_takes(home: Home) -> None:
    player = Household(home.first)
    given = credentials(home.second, player)
    assert given.status == 200
    cookie = "; ".join(it.partition(";")[0] for it in given.all("Set-Cookie"))
    for side in (*home.sides(), home.behind(), home.behind()):
        assert side.get("api/library", {"Cookie": cookie, "Authorization": ""}).status == 200


def test_a_code_to_type_is_taken_by_the_other_once(home: Home) -> None:
    player = Household(home.first)
    shown = home.first.post(
        f"api/players/{player.id}/pairing", {"owner_key": player.owner_key, "role": "remote"}
    )
    assert shown.status == 200
    code = shown.json["code"]
    taken = home.second.post("api/pairing", {"code": code})
    assert taken.json["key"] == player.key("remote")
    assert home.first.post("api/pairing", {"code": code}).status == 403


def test_what_one_revokes_all_refuse(home: Home) -> None:
    player = Household(home.first)
    old = player.key("remote")
    ports = home.first.cluster.mqtt_ports
    with ExitStack() as stack:
        phones = [
            stack.enter_context(player.visitor("remote", version=V3, port=port)) for port in ports
        ]
        assert all(it.is_in for it in phones)
        began = time.monotonic()
        player.new_code()
        refused = home.second.post("api/credentials", {"id": player.id, "key": old})
        assert refused.status == 403
        eventually(lambda: all(it.ended for it in phones), "all are cut off")
        assert time.monotonic() - began < 1 + SLACK


def test_the_status_tells_of_both_and_of_the_database(home: Home) -> None:
    def is_told() -> bool:
        lines = home.first.zapette("cluster", "status").stdout.splitlines()
        many = sum(it.startswith("web side ") for it in lines)
        return many == 2 and lines[-2:] == ["database: can be reached", "All is well."]

    eventually(is_told, "all is well", 60)


def answers(caller: Client) -> bool:
    """Tell whether the server's procedures answer."""
    try:
        return bool(caller.call(Topics().server, "id", timeout=1))
    except CallError:
        return False


def test_what_must_happen_once_goes_on_when_its_web_side_dies(home: Home) -> None:
    url = BrokerUrl("mqtt", "127.0.0.1", home.first.mqtt_port, username="home")
    caller = Client(url, password=home.first.home_password)
    caller.start()
    try:
        caller.wait(20)
        eventually(lambda: answers(caller), "the server answers")
        # the first that started is the one that answers for all
        with home.first.kept_dead("web"):
            eventually(lambda: answers(caller), "the other one answers")
            # pages come in through nginx as before
            player = Household(home.second)
            assert credentials(home.behind(), player).status == 200
    finally:
        caller.stop()
