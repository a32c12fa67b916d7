"""A child process on a core of its own, and what it uses of the machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psutil

from bench.broker_load import launch

_START_TIMEOUT: Final = 60.0
_STOP_TIMEOUT: Final = 10.0
_TAIL: Final = 2000


class ProcessError(Exception):
    """A server did not start, or ended by itself; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children have used so far.

    Attributes:
        cpu: seconds of user and system time.
        waited: seconds in which they could have run and another process had their core.
        at: when this was, in seconds of the monotonic clock.
    """

    cpu: float
    waited: float
    at: float


class Process:
    """A program that runs on one core until it is stopped.

    Args:
        command: the program and its arguments.
        core: the number of the core.
        log: the file that gets its output.
        folder: its current folder.
        environment: variables beside those of this process.
    """

    def __init__(
        self,
        command: Sequence[str],
        core: int,
        log: Path,
        folder: Path,
        environment: Mapping[str, str],
    ) -> None:
        self._command = command
        self._core = core
        self._log = log
        self._folder = folder
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None
        self._stream: IO[bytes] | None = None
        self._tree: list[psutil.Process] = []

    async def start(self, ports: Sequence[int]) -> None:
        """Start it, and return once it accepts connections on `ports` of the loopback.

        Raises:
            ProcessError: it ended, or did not listen in time.
        """
        self._stream = self._log.open("wb")
        self._child = subprocess.Popen(
            [sys.executable, launch.__file__, str(self._core), *self._command],
            stdin=subprocess.DEVNULL,
            stdout=self._stream,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=os.environ | self._environment,
        )
        deadline = time.monotonic() + _START_TIMEOUT
        for port in ports:
            while not await _listens(port):
                self.check()
                if time.monotonic() > deadline:
                    raise ProcessError(f"nothing listens on port {port}: {self._log_tail()}")
                await asyncio.sleep(0.05)
        self.refresh()

    @property
    def pid(self) -> int:
        """Its number; RuntimeError if it was not started."""
        if self._child is None:
            raise RuntimeError("it was not started")
        return self._child.pid

    def refresh(self) -> None:
        """Take note of the children that the process has now."""
        if self._child is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                parent = psutil.Process(self._child.pid)
                self._tree = [parent, *parent.children(recursive=True)]

    def check(self) -> None:
        """Raise ProcessError if the process has ended."""
        if self._child is not None and self._child.poll() is not None:
            raise ProcessError(
                f"the server ended with code {self._child.returncode}: {self._log_tail()}"
            )

    def usage(self) -> Usage:
        """Return what it has used so far.

        Raises:
            ProcessError: it has ended.
        """
        self.check()
        times = [running_time(process.pid) for process in self._tree]
        cpu, waited = (sum(column) for column in zip(*times, strict=True))
        return Usage(cpu, waited, time.monotonic())

    def memory(self) -> int:
        """Return the proportional set size of it and its children, in bytes."""
        try:
            return sum(process.memory_full_info().pss for process in self._tree)
        except psutil.NoSuchProcess:
            self.check()
            raise ProcessError("a child of the server ended") from None

    async def stop(self) -> None:
        """End it and its children, by force if they do not follow."""
        if self._child is None:
            return
        self.refresh()
        self._child.terminate()
        deadline = time.monotonic() + _STOP_TIMEOUT
        while self._child.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for process in self._tree:
            # psutil compares the time of creation: a number that was used again is left alone
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._child.wait()
        if self._stream is not None:
            self._stream.close()

    def _log_tail(self) -> str:
        return self._log.read_bytes()[-_TAIL:].decode("utf-8", "replace")


def running_time(pid: int) -> tuple[float, float]:
    """Return how long the threads of a process had a core and how long they waited for one.

    Both in seconds, the first with user and system time together. The scheduler's own account is
    read, to the nanosecond: that of ``/proc/PID/stat`` has steps of 10 ms.

    Raises:
        ProcessError: there is no such process.
    """
    ran = waited = 0
    tasks = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
    if not tasks:
        raise ProcessError(f"process {pid} of the server ended")
    for task in tasks:
        # a thread may end between the listing and the reading
        with contextlib.suppress(OSError):
            numbers = task.read_text().split()
            ran += int(numbers[0])
            waited += int(numbers[1])
    return ran / 1e9, waited / 1e9


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
