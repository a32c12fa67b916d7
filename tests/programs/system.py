"""The whole system under test: ``zapette run`` as a process of its own, on free ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import psutil

from tests.clients import proof
from tests.programs import fronts
from tests.programs.ports import free_ports
from tests.programs.processes import command_line, ending, started
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.mqtt.url import BrokerUrl
from zapette_server.paths import ROOT
from zapette_webapp.access.library_access import is_library

STOPS_WITHIN: Final = 30
"""How long a system may take to stop, in seconds; what it promises has a test of its own."""


def _path_of(checkout: Path) -> dict[str, str]:
    """Return the variable by which Python imports the packages of another checkout."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    return {"PYTHONPATH": os.pathsep.join(str(checkout / it) for it in build["dev-mode-dirs"])}


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> list[str]:
        """Return the values of a field that may be there several times."""
        return [value for field, value in self.fields if field.lower() == name.lower()]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def _read(status: int, answer: Any) -> Answer:
    fields = tuple(answer.headers.items())
    # a Set-Cookie of the device comes first
    return Answer(status, dict(reversed(fields)), answer.read(), fields)


@dataclass
class System:
    """One running system.

    Attributes:
        folder: a folder of its own, for its data and its log.
        settings: further settings, as in the environment: ``{"ZAPETTE_BASE_TOPIC": …}``.
        options: of the command ``zapette run``.
        command: which command of ``zapette`` it is.
        before: what stands before the command.
        front: what stands in front of it, if anything (`tests.programs.fronts`).
        ws_port: where MQTT over WebSocket is: on the port of the pages.
        code: the folder of the project that is run; this one if None.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    code: Path | None = None
    command: str = "run"
    before: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    front: fronts.Front | None = None
    _parts: int = 0

    def __post_init__(self) -> None:
        self.http_port, self.mqtt_port = free_ports(2)
        self.ws_port = self.http_port
        if self.front is None and self.code is None:
            self.front = fronts.front_of(self.http_port, self.settings, self.command)

    @property
    def ports(self) -> set[int]:
        """Return where pages may go."""
        return {self.http_port, self.ws_port} | ({self.front.port} if self.front else set())

    @property
    def url(self) -> str:
        if self.front is not None:
            return self.front.url
        host = "[::1]" if ":" in self.settings.get("ZAPETTE_BIND", "") else "localhost"
        return f"http://{host}:{self.http_port}/"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    @property
    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        plain = {key: value for key, value in os.environ.items() if "ZAPETTE_" not in key}
        return (
            plain
            | {
                "ZAPETTE_HTTP_PORT": str(self.http_port),
                "ZAPETTE_MQTT_PORT": str(self.mqtt_port),
                "ZAPETTE_WS_PORT": str(0 if self.ws_port == self.http_port else self.ws_port),
                "ZAPETTE_DATA_DIR": str(self.data),
                # many systems run at once, and would ask each other for the name
                "ZAPETTE_MDNS": "false",
            }
            | (self.front.settings if self.front else {})
            | self.settings
        )

    def start(self) -> System:
        """Start it and wait until every part is up."""
        self.start_without_waiting()
        try:
            eventually(self.is_up, "the system is up", timeout=30, every=0.05)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log}") from error
        return self

    def start_without_waiting(self) -> None:
        """Start it, which may take its time."""
        self._parts = 0
        if self.front is not None:
            self.front.start(self.folder)
        program = [sys.executable, "-m", "zapette_cli", self.command]
        self.process = started(
            [*self.before, *program, *self.options],
            self.log_file,
            cwd=self.code,
            env=self.environment | (_path_of(self.code) if self.code else {}),
        )

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its exit code."""
        if self.front is not None:
            self.front.stop()
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGINT)
        with ending(self.process):
            code = self.process.wait(STOPS_WITHIN)
        self.process = None
        return code

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """Return the exit code of a system that ended by itself, None while it runs."""
        return None if self.process is None else self.process.poll()

    def pid(self, part: str) -> int:
        """Return the process id of ``broker`` or ``web``."""
        for child in self._children():
            if part in command_line(child):
                return child.pid
        raise AssertionError(f"no {part} runs")

    def _children(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children()

    def kill(self, part: str) -> int:
        """Kill a part with SIGKILL, wait until it is gone, and return the process id it had."""
        process = psutil.Process(self.pid(part))
        self._parts = len(self._children())
        process.kill()
        process.wait(HANG_TIMEOUT)
        return process.pid

    @contextmanager
    def kept_dead(self, part: str) -> Iterator[None]:
        """Kill a part, and keep it from being started again while the block runs; then wait for it.

        It is the manager that starts it, at once and sooner than anybody might look.
        """
        assert self.process is not None
        manager = psutil.Process(self.process.pid)
        dead = psutil.Process(self.pid(part))
        manager.suspend()
        try:
            dead.kill()
            # each of its threads keeps its sockets open
            threads = Path(f"/proc/{dead.pid}/task")
            eventually(
                lambda: dead.status() == psutil.STATUS_ZOMBIE and len(list(threads.iterdir())) == 1,
                f"the {part} has ended",
            )
            yield
        finally:
            manager.resume()
        # while nobody waits for it, it is there as a zombie
        eventually(lambda: not dead.is_running(), f"the end of the {part} is noticed")
        eventually(lambda: self._runs(part) and self.is_up(), "all is up again", timeout=60)

    def _runs(self, part: str) -> bool:
        try:
            return self.pid(part) > 0
        except (AssertionError, psutil.Error):
            return False

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Answer:
        kind = {"Content-Type": "application/json"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, data, kind | (headers or {}))

    @property
    def proof(self) -> dict[str, str]:
        """Return the header that opens the library: the account ``home``."""
        return proof.household(self.data)

    @property
    def proof_line(self) -> str:
        """Return `proof` as it stands in a request written by hand."""
        return proof.lines(self.proof)

    def ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Ask for something; for the library as the household, unless the headers prove another.

        An empty ``Authorization`` proves nothing.
        """
        sent = dict(headers or {})
        if is_library(f"/{path}".partition("?")[0]) and not sent.keys() & proof.HEADERS:
            sent |= self.proof
        sent = {name: it for name, it in sent.items() if (name, it) != ("Authorization", "")}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=sent)
        try:
            trusting = self.front.trusting() if self.front else None
            with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
                return _read(answer.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error)

    def zapette(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command ``zapette`` with this system's settings."""
        return subprocess.run(
            [sys.executable, "-m", "zapette_cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def home_password(self) -> str:
        """Return the password of the account ``home`` that its first start has made."""
        return (self.data / "home-password").read_text().strip()

    def wait_for_index(self) -> None:
        """Return once everything in the library is known."""
        eventually(
            lambda: self.get("api/library").json["index"]["state"] == "ready", "an index", 60
        )

    def household(self) -> BrokerUrl:
        """Return the URL of the broker with the account ``home``."""
        return BrokerUrl(
            "mqtt", "127.0.0.1", self.mqtt_port, username="home", password=self.home_password()
        )

    def is_up(self) -> bool:
        """Tell whether every part is up; fail if the whole has ended.

        ``/healthz`` answers from what it found up to half a second ago, so that a part that was
        killed is waited for as a process as well: it is started again later than that.
        """
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the system ended with {self.process.returncode}")
        if self._parts and len(self._children()) < self._parts:
            return False
        try:
            return self.get("healthz").status == 200
        except OSError:
            return False
