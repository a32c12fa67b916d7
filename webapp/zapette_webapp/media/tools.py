"""Runs programs on files from the library, with limits.

Every program that parses a medium, a picture or subtitles runs here, in a separate process, because
a malicious file may exhaust the machine.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from zapette_webapp.errors import ToolBusy, ToolError, ToolMissing, ToolTooLong, ToolTooMuch
from zapette_webapp.media import launcher
from zapette_webapp.media.ending import Watchdog, await_end, kill
from zapette_webapp.status.prometheus import Family, Sample

log = logging.getLogger("zapette.library")

QUIET: Final = (*("-v", "error", "-max_alloc", str(256 << 20), "-protocol_whitelist", "file"),)
"""Options for every ffmpeg program: it opens no address, whatever a file says."""

_CHUNK: Final = 1 << 16
# Windows has no such signal, and no such code
_OUT_OF_TIME: Final = -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None
_OUTCOMES: Final = ("done", "failed", "too_long", "too_much", "busy")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one run.

    Attributes:
        cpu: seconds of CPU time.
        wall: seconds from start to end; more than `cpu`, because others come first.
        memory: bytes of address space.
        output: bytes of output.
        waiting: how many runs may wait; more are refused.
        niceness: from 0 to 19; the lowest priority unless somebody waits for the result.
        at_once: how many run at the same time.
    """

    cpu: int
    wall: float
    memory: int
    output: int
    waiting: int = 8
    niceness: int = 19
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Finished:
    """A completed run.

    Attributes:
        code: its exit code; negative for the signal that ended it.
        output: its output.
    """

    code: int
    output: bytes


class Tool:
    """A program with limits, of which few run at the same time.

    Args:
        command: the program, found on the path, and its fixed options.
        limits: of one run.
        name: its name in the metrics; the program's if None.
    """

    def __init__(self, command: Sequence[str], limits: Limits, name: str | None = None) -> None:
        self.name = name or command[0]
        self._program = shutil.which(command[0])
        self._command = [self._program or command[0], *command[1:]]
        self._limits = limits
        self._turn = threading.Semaphore(limits.at_once)
        self._places = threading.Semaphore(limits.waiting + limits.at_once)
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._outcomes: Counter[str] = Counter()
        self._stopped = False

    @property
    def present(self) -> bool:
        """Whether the program is installed."""
        return self._program is not None

    def output(self, *arguments: str) -> bytes | None:
        """Return the program's output; None if it fails or does not run to its end."""
        try:
            finished = self.run(*arguments)
        except ToolError:
            return None
        return finished.output if finished.code == 0 else None

    def run(self, *arguments: str) -> Finished:
        """Run the program after earlier runs have ended.

        Raises:
            ToolError: it did not run to its end; the subclasses say why.
        """
        with self.turn():
            return self.run_now(*arguments)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn that `run_now` needs, and hold it.

        Raises:
            ToolBusy: too many runs are waiting already.
        """
        if not self._places.acquire(blocking=False):
            self._count(ToolBusy.outcome)
            raise ToolBusy(f"other {self.name} are being read")
        try:
            with self._turn:
                yield
        finally:
            self._places.release()

    def run_now(self, *arguments: str) -> Finished:
        """Run the program for a caller that holds the turn."""
        try:
            finished = self._run([*self._command, *arguments])
        except ToolError as error:
            self._count(error.outcome)
            raise
        self._count("done" if finished.code == 0 else "failed")
        return finished

    def kill(self) -> None:
        """End the current runs only."""
        with self._guard:
            for process in self._running:
                kill(process)

    def stop(self) -> None:
        """End the current runs, and refuse others."""
        with self._guard:
            self._stopped = True
            for process in self._running:
                kill(process)

    def outcomes(self) -> dict[str, int]:
        """Return the number of runs by outcome."""
        with self._guard:
            return {it: self._outcomes[it] for it in _OUTCOMES}

    def _count(self, outcome: str) -> None:
        with self._guard:
            self._outcomes[outcome] += 1

    def _run(self, command: list[str]) -> Finished:
        process = self._start(command)
        try:
            with Watchdog(self._limits.wall, lambda: self._kill(process)) as watchdog:
                watchdog.begin()
                output = self._read(process)
                await_end(process)
        finally:
            with self._guard:
                # before it is reaped: until then no other process gets its id
                kill(process)
                self._running.discard(process)
            if process.stdout is not None:
                process.stdout.close()
            code = process.wait()
        if watchdog.has_acted or code == _OUT_OF_TIME:
            raise ToolTooLong
        return Finished(code, output)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        with self._guard:
            if process in self._running:
                kill(process)

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._program is None or self._stopped:
                raise ToolMissing
            try:
                process = subprocess.Popen(  # noqa: S603 - no shell, no option comes from a name
                    launcher.limited(
                        command,
                        memory=self._limits.memory,
                        niceness=self._limits.niceness,
                        cpu=self._limits.cpu,
                    ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                log.warning("cannot run %s: %s", command[0], error)
                raise ToolMissing from error
            self._running.add(process)
        return process

    def _read(self, process: subprocess.Popen[bytes]) -> bytes:
        output = bytearray()
        stream = process.stdout
        if stream is None:
            return b""
        while part := os.read(stream.fileno(), _CHUNK):
            output += part
            if len(output) > self._limits.output:
                raise ToolTooMuch
        return bytes(output)


def families(tools: Sequence[Tool]) -> Iterator[Family]:
    """Return the figures of `tools` for ``/metrics``."""
    yield Family(
        "zapette_tool_runs_total",
        "counter",
        "Runs of the programs that read media, by outcome.",
        [
            Sample(many, {"tool": tool.name, "outcome": outcome})
            for tool in tools
            for outcome, many in tool.outcomes().items()
        ],
    )
