"""Two web sides behind nginx, on three NATS servers and one PostgreSQL.

``TEST_FRONT=caddy`` puts Caddy in front of them.
"""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path

from tests.programs.fronts import chosen
from tests.programs.nats_cluster import SystemOnNats
from tests.programs.nginx import nginx
from tests.programs.ports import listens
from tests.programs.postgresql import PostgresqlServer
from tests.programs.processes import ending_with_us
from tests.programs.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl
from zapette_server.paths import ROOT


class Balancer(ABC):
    """The documented proxy in front of both, which writes down which one answers."""

    file: str
    answer: str
    """What it writes down of an answer, with the web side's port in place of ``{}``."""

    def __init__(self, folder: Path, port: int, sides: list[str]) -> None:
        found = (ROOT / "examples" / "cluster" / self.file).read_text(encoding="utf-8")
        for number, side in enumerate(sides, 1):
            found = found.replace(f"192.0.2.1{number}:8000", side)
        folder.mkdir()
        self._folder = folder
        self._log = folder / "answered"
        self._process = subprocess.Popen(ending_with_us(self.command(found, port)))
        eventually(lambda: listens(port), f"{self.file} is used")

    @abstractmethod
    def command(self, documented: str, port: int) -> list[str]:
        """Return the command that runs it with a configuration, on a port."""

    def answered(self, side: System) -> int:
        """Return how many requests a web side has answered."""
        return self._log.read_text().count(self.answer.format(side.http_port))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Nginx(Balancer):
    """nginx."""

    file = "nginx.conf"
    answer = "127.0.0.1:{}\n"

    def command(self, documented: str, port: int) -> list[str]:
        site = documented.replace("listen 80;", f"listen 127.0.0.1:{port};")
        logged = f"log_format port $upstream_addr; access_log {self._log} port;\n"
        # another user's workers could not open files in the folders of these tests
        return nginx(self._folder, logged + site, "user root;")


class Caddy(Balancer):
    """Caddy."""

    file = "Caddyfile"
    answer = '"Side":["127.0.0.1:{}"]'

    def command(self, documented: str, port: int) -> list[str]:
        logged = f"log {{\noutput file {self._log}\n}}"
        site = documented.replace(":80 {", f"http://:{port} {{\n{logged}")
        named = "(web_sides) {\nheader_down Side {http.reverse_proxy.upstream.hostport}"
        site = site.replace("(web_sides) {", named)
        file = self._folder / self.file
        file.write_text(f"{{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}}\n{site}")
        return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"]


class TwoWebSides(System):
    """All of it: pages and requests go through a proxy, the rest is of the first web side."""

    first: SystemOnNats
    second: System
    balancer: Balancer
    postgresql: PostgresqlServer

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, {"ZAPETTE_BIND": "127.0.0.1"} | (settings or {}))
        # it has a proxy of its own
        self.front = None
        self._stack = ExitStack()

    @property
    def each(self) -> list[System]:
        return [self.first, self.second]

    @property
    def ports(self) -> set[int]:
        return {self.http_port, *self.first.cluster.ws_ports}

    @property
    def data(self) -> Path:
        return self.first.data

    @property
    def log_file(self) -> Path:
        return self.first.log_file

    @property
    def environment(self) -> dict[str, str]:
        return self.first.environment

    def start(self) -> System:
        """Start the database, nodes, web sides and proxy; or a web side that ended."""
        if self.process is None:
            self._start_all()
        for side in self.each:
            if side.exit_code is not None:
                side.start()
        self.process = self.first.process
        return self

    def _start_all(self) -> None:
        with ExitStack() as stack:
            self.postgresql = PostgresqlServer()
            stack.callback(self.postgresql.close)
            settings = self.settings | {
                "ZAPETTE_DATABASE": stack.enter_context(self.postgresql.database()),
                "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
                "ZAPETTE_PUBLIC_URL": self.url,
            }
            folders = [self.folder / name for name in ("a", "b")]
            for each in folders:
                each.mkdir()
            self.first = SystemOnNats(folders[0], settings)
            stack.enter_context(self.first)
            self.mqtt_port, self.ws_port = self.first.mqtt_port, self.first.ws_port
            config = {"ZAPETTE_CONFIG": str(self.first.cluster.settings_file)}
            self.second = stack.enter_context(System(folders[1], config | settings))
            sides = [f"127.0.0.1:{it.http_port}" for it in self.each]
            kind = Caddy if chosen() == "caddy" else Nginx
            self.balancer = kind(self.folder / "proxy", self.http_port, sides)
            stack.callback(self.balancer.stop)
            self._stack = stack.pop_all()

    def stop(self) -> int:
        """Stop all."""
        self._stack.close()
        self.process = None
        return 0

    @property
    def exit_code(self) -> int | None:
        """Return the exit code of a web side that ended by itself, None while both run."""
        ended = [it.exit_code for it in self.each]
        return next((it for it in ended if it is not None), None)

    def home_password(self) -> str:
        return self.first.home_password()

    def household(self, node: int = 1) -> BrokerUrl:
        return self.first.household(node)

    def wait_for_index(self) -> None:
        for side in self.each:
            side.wait_for_index()
