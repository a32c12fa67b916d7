"""Named checks of the parts, which `/healthz` reports."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeAlias

from zapette_broker.storage.store_errors import StoreBusy, StoreError

log = logging.getLogger("zapette.health")

Check: TypeAlias = Callable[[], str | None]
"""Returns why a part does not work, for people; None if it works."""

LEAST_ROOM: Final = 16 * 1024 * 1024
"""The least free space on the disk of the data folder, in bytes; a twentieth of a small disk."""

_FRESH: Final = 0.5
_STARTING: Final = 10.0
_MOST: Final = 2.0


class Checks:
    """Checks by name; safe for several threads.

    Results are reused for half a second, so that frequent requests cost little. What has not worked
    yet is logged ten seconds after the start: the parts find each other until then.
    """

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._minor: set[str] = set()
        self._several: list[Callable[[], Mapping[str, str | None]]] = []
        self._lock = threading.Lock()
        self._found: dict[str, str | None] = {}
        self._good_until = 0.0
        self._logged: dict[str, str | None] = {}
        self._starting_until = time.monotonic() + _STARTING

    def add(self, name: str, check: Check, *, vital: bool = True) -> None:
        """Add the check of the part `name`; the server is not ready without a `vital` part."""
        self._checks[name] = check
        if not vital:
            self._minor.add(name)

    def is_vital(self, name: str) -> bool:
        """Return whether the server is not ready without the part."""
        return name not in self._minor

    def add_several(self, check: Callable[[], Mapping[str, str | None]]) -> None:
        """Add a check of several parts, which it names in its result."""
        self._several.append(check)

    def run(self) -> dict[str, str | None]:
        """Return by name why a part does not work, or None if it works.

        Each check takes a few seconds at most.
        """
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._found = self._look()
                self._good_until = time.monotonic() + _FRESH
                self._log_changes()
            return dict(self._found)

    def _look(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name, check in self._checks.items():
            try:
                found[name] = check()
            except Exception:
                log.exception("the check of %s failed", name)
                found[name] = "its check failed; the log says why"
        for several in self._several:
            found |= several()
        return found

    def _log_changes(self) -> None:
        is_starting = time.monotonic() < self._starting_until
        for name, problem in self._found.items():
            before = self._logged.get(name)
            if problem is not None and is_starting and name not in self._logged:
                continue
            if problem is not None and before is None:
                log.error("%s does not work: %s", name, problem)
            elif problem is None and before is not None:
                log.warning("%s works again", name)
            self._logged[name] = problem


def store(check: Callable[[], None]) -> Check:
    """Return the check of a store from one that raises `StoreError`.

    It fails if `check` takes longer than two seconds.
    """
    bounded = _Bounded(check)

    def problem() -> str | None:
        try:
            bounded.run()
        except StoreError as error:
            return without_folders(str(error))
        return None

    return problem


class _Bounded:
    """Runs a check on a thread, and waits for it for at most `_MOST` seconds."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._pending: Future[None] | None = None

    def run(self) -> None:
        """Run the check, or wait for the one that still runs; raises its errors."""
        pending = self._pending
        if pending is None:
            pending = self._pending = Future()
            threading.Thread(target=self._run, args=(pending,), name="check", daemon=True).start()
        try:
            pending.result(_MOST)
        except TimeoutError:
            raise StoreBusy("another process has locked it, or its disk does not answer") from None

    def _run(self, pending: Future[None]) -> None:
        try:
            self._check()
        except BaseException as error:  # noqa: BLE001 - `run` raises it
            self._pending = None
            pending.set_exception(error)
        else:
            self._pending = None
            pending.set_result(None)


def disk(folder: Path) -> Check:
    """Return the check of the free space on the disk of a folder."""

    def problem() -> str | None:
        try:
            usage = shutil.disk_usage(folder)
        except OSError as error:
            return f"the data folder cannot be read: {error.strerror}"
        if usage.free >= min(LEAST_ROOM, usage.total // 20):
            return None
        return f"{usage.free // 1024} KiB are left on the disk of the data folder; make room"

    return problem


def without_folders(text: str) -> str:
    """Return a message with only the names of files, not their folders."""
    head, separator, rest = text.partition(": ")
    return f"{Path(head).name}{separator}{rest}" if separator and "/" in head else text
