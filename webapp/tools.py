"""ffmpeg's programs, run one at a time for each user of them, politely and never for long."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import threading
from typing import Final

log = logging.getLogger("zapette.library")

_LOWEST_PRIORITY: Final = 19


class Tool:
    """One program, run at the lowest priority with a limit on its time and on its output.

    Args:
        name: the program, looked for on the path; without it `present` is false.
        patience: how long one run may take, in seconds.
        most: how much it may write, in bytes.
    """

    def __init__(self, name: str, patience: float, most: int) -> None:
        self._program = shutil.which(name)
        self._patience = patience
        self._most = most
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def present(self) -> bool:
        """Whether the program is installed."""
        return self._program is not None

    def run(self, *arguments: str) -> bytes | None:
        """Return what the program writes; None if it fails, writes too much, or takes too long."""
        if self._program is None or self._stopped:
            return None
        with self._lock:
            process = self._start([self._program, *arguments])
            if process is None:
                return None
            timer = threading.Timer(self._patience, process.kill)
            timer.start()
            try:
                return self._read(process)
            finally:
                timer.cancel()
                self._running = None

    def stop(self) -> None:
        """End the run under way, and refuse others."""
        self._stopped = True
        process = self._running
        if process is not None:
            process.kill()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes] | None:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell, and no option comes from a name
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("%s cannot be run: %s", command[0], error)
            return None
        self._running = process
        if self._stopped:
            process.kill()
        _make_polite(process.pid)
        return process

    def _read(self, process: subprocess.Popen[bytes]) -> bytes | None:
        with process:
            if process.stdout is None:
                return None
            output = process.stdout.read(self._most + 1)
            if len(output) > self._most:
                process.kill()
        return output if process.returncode == 0 and len(output) <= self._most else None


def _make_polite(pid: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, pid, _LOWEST_PRIORITY)
    except (AttributeError, OSError):
        log.debug("the priority of a tool could not be lowered")
