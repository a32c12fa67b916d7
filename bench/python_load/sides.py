"""What is compared: a server, a library, and two programs that use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final
from urllib.parse import quote

from bench.broker_load.clients import Identity, Transport
from bench.broker_load.servers import CROSSBAR, ROOT, Crossbar, Ours, Server
from bench.processes import ProcessError, log_tail, pinned, running_time

_ANSWER_TIMEOUT: Final = 60.0
_ACCOUNT: Final = Identity("home", 0)


class Program:
    """A program on one core that reads orders and prints results, a line of JSON each.

    Args:
        command: the program and its arguments.
        core: the number of its core.
        log: the file that receives its standard error.
    """

    def __init__(self, command: Sequence[str], core: int, log: Path) -> None:
        self._log = log
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                pinned(core, command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                text=True,
            )

    def result(self) -> dict[str, Any]:
        """Return the next line; ProcessError if the program ends or prints none in a minute."""
        assert self._process.stdout is not None
        timer = threading.Timer(_ANSWER_TIMEOUT, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        if not line:
            raise ProcessError(f"{self._log.stem} does not answer: {log_tail(self._log)}")
        result: dict[str, Any] = json.loads(line)
        return result

    def order(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send an order and return its result."""
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self.result()

    def cpu(self) -> float:
        """Return how many seconds its threads have run."""
        return running_time(self._process.pid)[0]

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Side:
    """One library in one way of using it: ours over TCP, with an ``async`` handler.

    Attributes:
        name: its name on the command line.
        title: its name in tables.
        transport: between the programs and the server.
        handler: ``async`` or ``plain``, a function that runs on a thread.
        programs: ``callee`` and ``caller``, from `start` on.
    """

    name: ClassVar[str] = "ours-tcp"
    title: ClassVar[str] = "ours, TCP, async"
    kind: ClassVar[type[Server]] = Ours
    transport: ClassVar[Transport] = "tcp"
    handler: ClassVar[str] = "async"

    def __init__(self, folder: Path, server_core: int, core: int) -> None:
        transport = self.transport if self.transport in self.kind.transports else "ws"
        self._server = self.kind(transport, folder, server_core, 5)
        self._core = core
        self.programs: dict[str, Program] = {}

    def start(self) -> None:
        """Start the server, the callee and the caller; ProcessError if one does not start."""
        self._server.start()
        for role in ("callee", "caller"):
            log = self._server.folder / f"{role}.log"
            self.programs[role] = Program(self._command(role), self._core, log)
            self.programs[role].result()

    def stop(self) -> None:
        for program in self.programs.values():
            program.stop()
        self._server.process.stop()

    def cpu(self) -> dict[str, float]:
        """Return how many seconds each of the three has run."""
        used = {role: program.cpu() for role, program in self.programs.items()}
        return {"server": self._server.process.usage().cpu} | used

    def _url(self, scheme: str, login: str = "") -> str:
        return f"{scheme}://{login}127.0.0.1:{self._server.ports[self.transport]}"

    def _command(self, role: str) -> list[str]:
        login = self._server.login(_ACCOUNT)
        scheme = {"tcp": "mqtt", "ws": "ws"}[self.transport]
        url = self._url(scheme, f"{login.username}:{quote(login.password)}@")
        return [sys.executable, "-m", "bench.python_load.ours", role, self.handler, url]


class OursWebSocket(Side):
    name = "ours-ws"
    title = "ours, WebSocket, async"
    transport = "ws"


class OursThreads(Side):
    name = "ours-threads"
    title = "ours, TCP, plain function"
    handler = "plain"


class AutobahnWebSocket(Side):
    name = "autobahn-ws"
    title = "Autobahn, WebSocket"
    kind = Crossbar
    transport: ClassVar[Transport] = "ws"

    def _command(self, role: str) -> list[str]:
        login = self._server.login(_ACCOUNT)
        url = self._url({"tcp": "rs", "ws": "ws"}[self.transport])
        module = ["-m", "bench.python_load.autobahn_program"]
        return [f"{CROSSBAR}/bin/python", *module, role, url, login.username, login.password]


class AutobahnRaw(AutobahnWebSocket):
    name = "autobahn-raw"
    title = "Autobahn, raw socket"
    transport = "tcp"


SIDES: Final[dict[str, type[Side]]] = {
    kind.name: kind for kind in (Side, OursWebSocket, OursThreads, AutobahnWebSocket, AutobahnRaw)
}
