"""Long readings of films, one at a time, which callers share and poll."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zapette_webapp.errors import ToolBusy, ToolError, ToolTooLong, ToolTooMuch, Unconvertible
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.tools import Finished, Tool

log = logging.getLogger("zapette.library")

ABANDONED: Final = 15.0
"""Seconds without a question after which a reading ends."""

WAIT: Final = 1.0
"""Seconds that a caller waits for a result."""

_MOST_WAITING: Final = 2
_MOST_FAILURES: Final = 200


@dataclass(slots=True)
class _Job:
    """A reading that waits or runs."""

    options: Sequence[str]
    film: Path
    asked_at: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    abandoned: bool = False


class LongReadings:
    """Runs a tool for results in a cache; safe for several threads.

    A reading ends when nobody asks for its result any more.

    Args:
        tool: reads one film at a time.
        cache: keeps its output.
        abandoned_after: seconds without a question after which a reading ends.
    """

    def __init__(self, tool: Tool, cache: DiskCache, abandoned_after: float = ABANDONED) -> None:
        self.tool = tool
        self._cache = cache
        self._abandoned_after = abandoned_after
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._failures: OrderedDict[str, Unconvertible] = OrderedDict()
        self._waiting = threading.Semaphore(_MOST_WAITING)

    def read(self, name: str, options: Sequence[str], film: Path) -> Path | None:
        """Return the file of a result; None while it is being read, which this begins.

        Few callers wait at once, so that other requests have threads.

        Args:
            name: of the result in the cache; the same for the same content.
            options: of the tool.
            film: what it reads.

        Raises:
            Unconvertible: it cannot be read, now or when it was tried before.
        """
        found = self._cache.find(name)
        if found is not None:
            return found
        job = self._job(name, options, film)
        if self._waiting.acquire(blocking=False):
            try:
                job.done.wait(WAIT)
            finally:
                self._waiting.release()
        self._raise_failure(name)
        return self._cache.find(name) if job.done.is_set() else None

    def _job(self, name: str, options: Sequence[str], film: Path) -> _Job:
        self._raise_failure(name)
        with self._lock:
            job = self._jobs.get(name)
            if job is None or job.abandoned:
                job = _Job(options, film)
                for work in (self._run, self._watch):
                    thread = threading.Thread(
                        target=work, args=(name, job), name="readings", daemon=True
                    )
                    thread.start()
                # last: a thread that cannot be started would leave it there for ever
                self._jobs[name] = job
            job.asked_at = time.monotonic()
            return job

    def _raise_failure(self, name: str) -> None:
        with self._lock:
            failure = self._failures.get(name)
        if failure is not None:
            raise Unconvertible(str(failure))

    def _run(self, name: str, job: _Job) -> None:
        try:
            with self.tool.turn():
                if self._begin(job):
                    # rather than read a film for nothing
                    self._cache.make_room()
                    self._cache.put(name, output(self.tool.run_now, job.options, job.film))
        except ToolBusy:
            log.debug("too many films wait to be read")
        except Unconvertible as error:
            self._fail(name, job, error)
        except OSError as error:
            log.warning("cannot read or keep subtitles: %s", error)
        finally:
            self._end(name, job)

    def _begin(self, job: _Job) -> bool:
        with self._lock:
            if not job.abandoned:
                self._running = job
            return not job.abandoned

    def _fail(self, name: str, job: _Job, error: Unconvertible) -> None:
        with self._lock:
            if not job.abandoned:
                self._failures[name] = error
                while len(self._failures) > _MOST_FAILURES:
                    self._failures.popitem(last=False)

    def _end(self, name: str, job: _Job) -> None:
        with self._lock:
            if self._running is job:
                self._running = None
            if self._jobs.get(name) is job:
                del self._jobs[name]
        job.done.set()

    def _watch(self, _: str, job: _Job) -> None:
        while not job.done.wait(self._abandoned_after / 4):
            with self._lock:
                if time.monotonic() - job.asked_at > self._abandoned_after:
                    job.abandoned = True
                if job.abandoned and self._running is job:
                    self.tool.kill()


def output(run: Callable[..., Finished], options: Sequence[str], film: Path) -> bytes:
    """Return the output of a run of ffmpeg; a damaged film gives what comes before the damage.

    Raises:
        OSError: the system does not give out the film any more: there may be more in it.
        ToolBusy: too many runs wait.
        Unconvertible: it fails; the message says why.
    """
    try:
        finished = run(*options)
    except ToolBusy:
        raise
    except (ToolTooLong, ToolTooMuch):
        raise Unconvertible("it takes too long to read; the film is unusual") from None
    except ToolError:
        raise Unconvertible("it cannot be read without ffmpeg") from None
    with film.open("rb", buffering=0) as stream:
        stream.read(1)
    if finished.code < 0 or (finished.code > 0 and not finished.output):
        raise Unconvertible("the film is damaged, or takes too much memory to read")
    return finished.output
