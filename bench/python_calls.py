"""Calls of one Python program by another, ours and Autobahn: ``python -m bench.python_calls``.

Server, callee and caller are a process each. Compare ratios within one run;
docs/performance.md has the meaning of each figure, and results.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from bench.broker_load.clients import Identity, Transport
from bench.broker_load.servers import ROOT, Crossbar, Ours, Server
from bench.processes import ProcessError, log_tail, pinned, running_time, two_cores
from bench.results import (
    Samples,
    command,
    counts,
    markdown,
    names_of,
    number,
    percentile,
    progress,
    rotated,
    write_json,
)
from tests.programs.processes import ending, ending_with_us


class Case(NamedTuple):
    side: str
    at_once: int


class Kind(NamedTuple):
    """A server, and how programs use it: with the handler ``async`` or a ``plain`` function."""

    server: type[Server]
    transport: Transport
    scheme: str
    handler: str = "plain"


SIDES: Final = {
    "ours-tcp": Kind(Ours, "tcp", "mqtt", "async"),
    "ours-ws": Kind(Ours, "ws", "ws", "async"),
    "ours-threads": Kind(Ours, "tcp", "mqtt"),
    "autobahn-ws": Kind(Crossbar, "ws", "ws"),
    "autobahn-raw": Kind(Crossbar, "tcp", "rs"),
}
"""By their names on the command line."""


class Side:
    """A server and two programs, which run from `start` on."""

    def __init__(self, name: str, folder: Path, server_core: int, core: int) -> None:
        self.name = name
        self._kind = SIDES[name]
        self._server = self._kind.server(self._kind.transport, folder / name, server_core, 5)
        self._core = core

    def start(self, stack: ExitStack) -> None:
        """Start the server, the callee and the caller; ProcessError if one does not start."""
        stack.callback(self._server.process.stop)
        self._server.start()
        _, user, password = self._server.login(Identity("home", 0))
        python, library, login = sys.executable, "ours", f"{user}:{quote(password)}@"
        if self._kind.server is Crossbar:
            python, library, login = f"{Crossbar.programs}/python", "autobahn", ""
        url = f"{self._kind.scheme}://{login}127.0.0.1:{self._server.endpoint.port}"
        self._programs = {}
        for role in ("callee", "caller"):
            program = [python, "-m", "bench.python_program", library, role, url]
            program += [self._kind.handler, user, password]
            with (self._server.folder / f"{role}.log").open("wb") as log:
                process = subprocess.Popen(
                    ending_with_us(pinned(self._core, program)),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=ROOT,
                    text=True,
                )
            self._programs[role] = stack.enter_context(ending(process))
            self._read(role)

    def take(self, at_once: int, seconds: float) -> dict[str, float]:
        """Have the caller call, and return a sample."""
        before = self._cpu()
        order = json.dumps({"at_once": at_once, "seconds": seconds})
        print(order, file=self._programs["caller"].stdin, flush=True)
        done = self._read("caller")
        took = done["took"]
        return {
            "calls_per_s": len(took) / done["seconds"],
            "p50_ms": percentile(took, 50),
            "p99_ms": percentile(took, 99),
            **{f"{it}_us": (cpu - before[it]) / len(took) * 1e6 for it, cpu in self._cpu().items()},
        }

    def _read(self, role: str) -> Any:
        output = self._programs[role].stdout
        assert output is not None
        if line := output.readline():
            return json.loads(line)
        raise ProcessError(f"{role} has ended: {log_tail(self._server.folder / f'{role}.log')}")

    def _cpu(self) -> dict[str, float]:
        used = {role: running_time(program.pid)[0] for role, program in self._programs.items()}
        return {"server": self._server.process.usage()[0]} | used


def tables(samples: Samples[Case]) -> str:
    """Return all figures, and the ratios of ours to the others."""
    rows, ratios = [], []
    for one in samples:
        figures = samples.median(one)
        rows.append((one.side, str(one.at_once), *map(number, figures.values())))
        for other in samples:
            if one.at_once == other.at_once and one.side[:4] == "ours" != other.side[:4]:
                theirs = samples.median(other)
                cells = (f"{figures[it] / theirs[it]:.2f}" for it in ("calls_per_s", "p99_ms"))
                ratios.append((f"{one.side} / {other.side}", str(one.at_once), *cells))
    all_figures = markdown(("", "at once", *figures), rows)
    return "\n\n".join((all_figures, markdown(("ratio", "at once", "calls", "p99"), ratios)))


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("python_calls", __doc__, repeats=5, seconds=2.0)
    names = {"type": names_of(SIDES), "default": list(SIDES), "metavar": "NAME,…"}
    parser.add_argument("--sides", **names, help=f"of {', '.join(SIDES)}; default: all")
    parser.add_argument("--at-once", type=counts, default=[1, 64], metavar="N,…", help="(1,64)")
    options = parser.parse_args()
    cores = two_cores()
    samples: Samples[Case] = Samples()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="python-bench-"))
        sides = [Side(name, Path(folder), *cores) for name in options.sides]
        for side in sides:
            SIDES[side.name].server.install()
            side.start(stack)
            # imports, the first subscription, warm code
            side.take(64, 0.5)
        for at_once in options.at_once:
            for repeat in range(options.repeats):
                for side in rotated(sides, repeat):
                    sample = side.take(at_once, options.seconds)
                    samples[Case(side.name, at_once)].append(sample)
                    progress(f"{side.name} {at_once} {sample}")
    print(tables(samples))
    write_json(options.json, cases=samples.cases())


if __name__ == "__main__":
    main()
