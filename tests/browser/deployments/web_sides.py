"""Two web sides behind nginx, on three NATS servers and one PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.nats_cluster import SystemOnNats
from tests.programs.ports import free_port, listens
from tests.programs.postgresql import PostgresqlServer
from tests.programs.processes import ending_with_us
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.paths import ROOT


class Nginx:
    """The documented nginx in front of both, which writes down which one answers."""

    def __init__(self, folder: Path, port: int, ports: list[int]) -> None:
        found = (ROOT / "examples" / "cluster" / "nginx.conf").read_text(encoding="utf-8")
        for number, side in enumerate(ports, 1):
            found = found.replace(f"192.0.2.1{number}:8000", f"127.0.0.1:{side}")
        found = found.replace("listen 80;", f"listen 127.0.0.1:{port};")
        folder.mkdir()
        folder.chmod(0o777)
        places = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self._answered = folder / "answered"
        logged = f"log_format port $upstream_addr; access_log {self._answered} port;"
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
            f"http {{ {logged} {places}\n{found}\n}}\n"
        )
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._process = subprocess.Popen(
            ending_with_us([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)])
        )
        eventually(lambda: listens(port), "nginx listens")

    def answered(self, side: System) -> int:
        """Return how many requests a web side has answered."""
        return self._answered.read_text().splitlines().count(f"127.0.0.1:{side.http_port}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Balanced(System):
    """What asks both web sides through nginx; it starts nothing."""

    def __init__(self, folder: Path, nodes: list[int]) -> None:
        super().__init__(folder, {"ZAPETTE_BIND": "127.0.0.1"})
        self._nodes = nodes

    @property
    def ports(self) -> set[int]:
        return {self.http_port, *self._nodes}


@dataclass(frozen=True)
class WebSides:
    """Both of them, what asks through nginx, and what they share."""

    first: SystemOnNats
    second: System
    balanced: Balanced
    balancer: Nginx
    postgresql: PostgresqlServer

    @property
    def each(self) -> list[System]:
        return [self.first, self.second]


@contextmanager
def running(folder: Path, more: dict[str, str] | None = None) -> Iterator[WebSides]:
    """Run all of it; `more` are further settings of both web sides."""
    with ExitStack() as stack:
        postgresql = PostgresqlServer()
        stack.callback(postgresql.close)
        port = free_port()
        settings = {
            "ZAPETTE_DATABASE": stack.enter_context(postgresql.database()),
            "ZAPETTE_TRUSTED_PROXY": "127.0.0.1",
            "ZAPETTE_PUBLIC_URL": f"http://localhost:{port}/",
        } | (more or {})
        for name in ("a", "b"):
            (folder / name).mkdir()
        first = SystemOnNats(folder / "a", settings)
        stack.enter_context(first)
        config = {"ZAPETTE_CONFIG": str(first.cluster.settings_file), "ZAPETTE_BIND": "127.0.0.1"}
        second = stack.enter_context(System(folder / "b", config | settings))
        first.wait_for_lead()
        balancer = Nginx(folder / "nginx", port, [first.http_port, second.http_port])
        stack.callback(balancer.stop)
        balanced = Balanced(folder, first.cluster.ws_ports)
        balanced.http_port = port
        yield WebSides(first, second, balanced, balancer, postgresql)
