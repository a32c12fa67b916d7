"""Child processes of a benchmark, each pinned to a core, and what they use of the machine."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import psutil

from tests.programs.ports import listens
from tests.programs.processes import started
from tests.waiting import eventually

_START_TIMEOUT: Final = 60.0
_STOP_TIMEOUT: Final = 10.0
_TAIL: Final = 2000


class ProcessError(Exception):
    """A process did not start, or ended by itself; the message has the end of its log."""


@dataclass
class Process:
    """A program that listens on `port` until it is stopped, or the block ends.

    It runs in the folder of its `log`.
    """

    command: Sequence[str]
    port: int
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None
    _tree: list[psutil.Process] = field(default_factory=list)

    def start(self) -> Self:
        """Start it and wait until it accepts connections; ProcessError if it does not."""
        environment = os.environ | self.environment
        self._child = started(self.command, self.log, cwd=self.log.parent, env=environment)
        try:
            eventually(self._listens, f"port {self.port} is open", _START_TIMEOUT)
        except AssertionError as error:
            raise ProcessError(f"{error}: {log_tail(self.log)}") from None
        self.refresh()
        return self

    def _listens(self) -> bool:
        self._check()
        return listens(self.port)

    @property
    def pid(self) -> int:
        assert self._child is not None, "it was not started"
        return self._child.pid

    def refresh(self) -> None:
        """Update the list of its child processes."""
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.pid)
            self._tree = [parent, *parent.children(recursive=True)]

    def usage(self) -> tuple[float, float]:
        """Return what it and its children have used so far, as `running_time` does."""
        self._check()
        cpu, waited = zip(*(running_time(it.pid) for it in self._tree), strict=True)
        return sum(cpu), sum(waited)

    def memory(self) -> int:
        """Return the proportional set size of it and its children; ProcessError if it has ended."""
        self._check()
        return memory_of(self.pid)

    def stop(self) -> None:
        """End it and its children, by force after 10 seconds."""
        if self._child is None:
            return
        self.refresh()
        self._child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_STOP_TIMEOUT)
        for process in self._tree:
            # psutil compares the creation time, so a reused process id is left alone
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._child.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _check(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            code, tail = self._child.returncode, log_tail(self.log)
            raise ProcessError(f"the server ended with code {code}: {tail}")


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return `command` as one that runs on a single core."""
    return ["taskset", "--cpu-list", str(core), *command]


def two_cores() -> tuple[int, int]:
    """Return the core for servers and the core for the load; ProcessError if there is one only."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise ProcessError("two cores are needed: one for the servers, one for the load")
    return cores[0], cores[-1]


def raise_file_limit() -> None:
    """Let this process and its children open as many files as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def memory_of(pid: int) -> int:
    """Return the proportional set size of a process and its children in bytes."""
    process = psutil.Process(pid)
    found = int(process.memory_full_info().pss)
    for child in process.children(recursive=True):
        # it may end at any time
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            found += child.memory_full_info().pss
    return found


def log_tail(log: Path) -> str:
    """Return the end of a log file."""
    return log.read_bytes()[-_TAIL:].decode("utf-8", "replace")


def running_time(pid: int) -> tuple[float, float]:
    """Return how long the threads of a process ran and how long they waited for a core.

    Both are in seconds, from the scheduler's account in nanoseconds (``schedstat``), because
    ``/proc/PID/stat`` has steps of 10 ms. ProcessError if there is no such process.
    """
    ran = waited = 0
    tasks = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if not tasks:
        raise ProcessError(f"process {pid} of the server ended")
    for task in tasks:
        # a thread may end between listing and reading
        with contextlib.suppress(OSError):
            numbers = task.read_text().split()
            ran += int(numbers[0])
            waited += int(numbers[1])
    return ran / 1e9, waited / 1e9
