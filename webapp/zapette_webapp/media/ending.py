"""The end of programs, with all that they have started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Self


def await_end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process, which keeps its id until it is reaped.

    Without `os.waitid`, it is reaped here.
    """
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:  # pragma: no cover - Windows, and macOS before Python 3.13
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all processes that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except AttributeError:  # pragma: no cover - Windows has no groups
        process.kill()
    except (ProcessLookupError, PermissionError):
        # macOS refuses where only the dead are left
        pass


class Watchdog:
    """Acts, once, after so many seconds of one wait; several waits can follow each other.

    It needs a thread, because on Windows nobody can wait for a pipe for a limited time.

    Args:
        seconds: how long a wait may take.
        act: ends it, called by a thread of this.
    """

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self.has_acted = False
        self._seconds = seconds
        self._act = act
        self._since: float | None = None
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def begin(self) -> None:
        """Say that a wait begins."""
        self._since = time.monotonic()

    def pause(self) -> None:
        """Say that it is over."""
        self._since = None

    def _watch(self) -> None:
        left = self._seconds
        while not self._stopped.wait(left):
            since = self._since
            left = self._seconds
            if since is not None:
                left += since - time.monotonic()
            if left <= 0:
                self.has_acted = True
                self._act()
                return
