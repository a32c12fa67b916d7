"""An executor of blocking functions on daemon threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

log = logging.getLogger("zapette.client")

_MOST = 128

_Jobs = SimpleQueue[Callable[[], object] | None]


class ThreadExecutor:
    """Runs functions on threads that do not keep the process alive.

    It starts a thread when none is idle. Further functions wait while all `most` threads are busy.

    Args:
        name: the prefix of the threads' names.
        most: the largest number of threads.
    """

    def __init__(self, name: str, most: int = _MOST) -> None:
        self._name = name
        self._most = most
        self._jobs: _Jobs = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0
        self._waiting = 0
        self._logged_full = False

    def submit(self, job: Callable[[], object]) -> None:
        """Run `job` on a thread, and log its exceptions.

        Raises:
            RuntimeError: the system cannot start the first thread.
        """
        with self._lock:
            if self._waiting >= self._free:
                self._grow()
            self._waiting += 1
            self._jobs.put(job)

    def stop(self) -> None:
        """End each thread once it is idle."""
        with self._lock:
            jobs, threads = self._jobs, self._threads
            # later jobs get new threads
            self._jobs = SimpleQueue()
            self._threads = self._free = self._waiting = 0
        for _ in range(threads):
            jobs.put(None)

    def _grow(self) -> None:
        if self._threads >= self._most:
            self._log_once("all %d threads are busy: further handlers wait", self._most)
            return
        name = f"{self._name}-{self._threads + 1}"
        try:
            threading.Thread(target=self._work, args=(self._jobs,), name=name, daemon=True).start()
        except RuntimeError:
            if not self._threads:
                raise
            self._log_once(
                "cannot start more than %d threads: further handlers wait", self._threads
            )
        else:
            self._threads += 1
            self._free += 1

    def _log_once(self, text: str, number: int) -> None:
        if not self._logged_full:
            self._logged_full = True
            log.warning(text, number)

    def _work(self, jobs: _Jobs) -> None:
        while (job := jobs.get()) is not None:
            self._count(jobs, free=-1, waiting=-1)
            try:
                job()
            except BaseException:  # also sys.exit() in a handler: the thread stays
                log.exception("a handler failed")
            finally:
                self._count(jobs, free=1)

    def _count(self, jobs: _Jobs, free: int, waiting: int = 0) -> None:
        with self._lock:
            if jobs is self._jobs:
                self._free += free
                self._waiting += waiting
                self._logged_full = self._logged_full and self._waiting > 0
