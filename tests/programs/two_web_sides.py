"""Two web sides behind nginx, on three NATS servers and one PostgreSQL."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

from tests.programs.nats_cluster import SystemOnNats
from tests.programs.nginx import nginx
from tests.programs.ports import listens
from tests.programs.postgresql import PostgresqlServer
from tests.programs.processes import ending_with_us
from tests.programs.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl
from zapette_server.paths import ROOT


class Nginx:
    """The documented nginx in front of both, which writes down which one answers."""

    def __init__(self, folder: Path, port: int, sides: list[str]) -> None:
        found = (ROOT / "examples" / "cluster" / "nginx.conf").read_text(encoding="utf-8")
        for number, side in enumerate(sides, 1):
            found = found.replace(f"192.0.2.1{number}:8000", side)
        found = found.replace("listen 80;", f"listen 127.0.0.1:{port};")
        folder.mkdir()
        self._answered = folder / "answered"
        logged = f"log_format port $upstream_addr; access_log {self._answered} port;\n"
        # another user's workers could not open files in the folders of these tests
        command = nginx(folder, logged + found, "user root;")
        self._process = subprocess.Popen(ending_with_us(command))
        eventually(lambda: listens(port), "nginx listens")

    def answered(self, side: System) -> int:
        """Return how many requests a web side has answered."""
        return self._answered.read_text().splitlines().count(f"127.0.0.1:{side.http_port}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class TwoWebSides(System):
    """All of it: pages and requests go through nginx, the rest is of the first web side."""

    first: SystemOnNats
    second: System
    nginx: Nginx
    postgresql: PostgresqlServer

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, {"ZAPETTE_BIND": "127.0.0.1"} | (settings or {}))
        # it has an nginx of its own
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
        """Start the database, the nodes, both web sides, and nginx; or a web side that ended."""
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
            self.nginx = Nginx(self.folder / "nginx", self.http_port, sides)
            stack.callback(self.nginx.stop)
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
