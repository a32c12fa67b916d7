"""What is compared: a server, a library, and two programs that use it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
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


class Kind(NamedTuple):
    """One library in one way of using it.

    Attributes:
        title: its name in tables.
        server: what the programs connect to.
        transport: between the programs and the server.
        handler: ``async``, or ``plain``: a function, which our library runs on a thread.
    """

    title: str
    server: type[Server]
    transport: Transport
    handler: str = "plain"


SIDES: Final = {
    "ours-tcp": Kind("ours, TCP, async", Ours, "tcp", "async"),
    "ours-ws": Kind("ours, WebSocket, async", Ours, "ws", "async"),
    "ours-threads": Kind("ours, TCP, plain function", Ours, "tcp"),
    "autobahn-ws": Kind("Autobahn, WebSocket", Crossbar, "ws"),
    "autobahn-raw": Kind("Autobahn, raw socket", Crossbar, "tcp"),
}
"""By their names on the command line."""


class Side:
    """A server and two programs, which run from `start` on: ``callee`` and ``caller``."""

    def __init__(self, name: str, folder: Path, server_core: int, core: int) -> None:
        self.name = name
        self.kind = SIDES[name]
        self.programs: dict[str, Program] = {}
        self._server = self.kind.server(self.kind.transport, folder / name, server_core, 5)
        self._core = core

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

    def _command(self, role: str) -> list[str]:
        _, user, password = self._server.login(_ACCOUNT)
        tcp = self.kind.transport == "tcp"
        address = f"127.0.0.1:{self._server.endpoint.port}"
        if self.kind.server is Crossbar:
            program = [f"{CROSSBAR}/bin/python", "-m", "bench.python_load.autobahn_program", role]
            return [*program, f"{'rs' if tcp else 'ws'}://{address}", user, password]
        url = f"{'mqtt' if tcp else 'ws'}://{user}:{quote(password)}@{address}"
        return [sys.executable, "-m", "bench.python_load.ours", role, self.kind.handler, url]
