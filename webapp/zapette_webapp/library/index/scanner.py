"""Keeps the index of the library up to date: scans the folder, and probes new media."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_broker.storage.store_errors import StoreDamaged, StoreError
from zapette_server.supervisor import Supervisor
from zapette_webapp.errors import ToolError, Unplayable
from zapette_webapp.library.folder import listing
from zapette_webapp.library.folder.listing import Listing
from zapette_webapp.library.folder.media_folder import MediaFolder
from zapette_webapp.library.index.index import Index
from zapette_webapp.media import media_types
from zapette_webapp.media.probing import flaws
from zapette_webapp.media.probing.probe import Probe, Prober, is_given_out

log = logging.getLogger("zapette.library")

INTERVAL: Final = 60.0
"""The least seconds between two scans; slow scans are less frequent."""

_SHARE: Final = 50
_SHARE_WHEN_ASKED: Final = 5
_AHEAD: Final = 64
_COUNTED_FOR: Final = 0.5
_CHEAP: Final = 0.05
_REST: Final = 10
_SETTLE: Final = 2.0
_MOST_WANTED: Final = 1000
_DEEPEST: Final = 32


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the index.

    Attributes:
        state: ``scanning`` (the first scan is running), ``probing`` (all media are listed, not all
            probed), ``ready``, or ``unavailable`` (the folder cannot be read).
        media: the number of listed media.
        probed: the number of probed media.
    """

    state: str
    media: int
    probed: int


class Scanner:
    """Scans the library repeatedly on a thread of its own, from `start` to `stop`."""

    def __init__(self, media_folder: MediaFolder, index: Index, prober: Prober) -> None:
        self._media_folder = media_folder
        self._index = index
        self._prober = prober
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._wanted: OrderedDict[str, int] = OrderedDict()
        self._refreshed: OrderedDict[str, float] = OrderedDict()
        self._available = True
        self._due = self._soonest = 0.0
        self._counted = (0, 0)
        self._count_again_at = 0.0
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    def start(self) -> None:
        """Start the thread."""
        self._index.on_damaged = self._look_now
        self.supervisor.thread("library", self._run)

    def stop(self) -> None:
        """Stop, within a second."""
        self.supervisor.stop()
        self._stopping.set()
        self._wake.set()
        self._prober.stop()
        self.supervisor.stop(2)

    def progress(self) -> Progress:
        """Return the progress of the index."""
        media, probed = self._counts()
        if not self._available:
            return Progress("unavailable", media, probed)
        if not self._index.is_complete:
            return Progress("scanning", media, probed)
        return Progress("ready" if probed == media else "probing", media, probed)

    def _counts(self) -> tuple[int, int]:
        """Return the counts, read at most twice a second: a read takes some milliseconds."""
        now = time.monotonic()
        if now >= self._count_again_at:
            self._count_again_at = now + _COUNTED_FOR
            self._counted = self._index.counts()
        return self._counted

    def want(self, media: list[tuple[str, int]]) -> None:
        """Probe these media next (path and modification time), because a page shows them."""
        with self._lock:
            for path, mtime_ns in media:
                self._wanted[path] = mtime_ns
                self._wanted.move_to_end(path, last=False)
            while len(self._wanted) > _MOST_WANTED:
                self._wanted.popitem()
        if media:
            self._wake.set()

    def refresh(self, path: str) -> None:
        """Update one folder now, unless that was slow and recent."""
        with self._lock:
            if self._refreshed.get(path, 0.0) > time.monotonic():
                return
        started = time.thread_time()
        found = listing.read(self._media_folder, path)
        if found is None:
            return
        self._index.put_media(found)
        if found.media or self._index.entry(path) is not None:
            self._put_with_parents(found)
        cost = time.thread_time() - started
        if cost > _CHEAP:
            self._rest(path, _REST * cost)
        self._due = min(self._due, self._soonest)
        self._wake.set()

    def _rest(self, path: str, seconds: float) -> None:
        with self._lock:
            self._refreshed[path] = time.monotonic() + seconds
            self._refreshed.move_to_end(path)
            while len(self._refreshed) > _MOST_WANTED:
                self._refreshed.popitem(last=False)

    def scan(self) -> None:
        """Scan the whole folder once."""
        top = listing.read(self._media_folder, "")
        if top is None:
            if self._available:
                log.warning("the media folder cannot be read: %s", self._media_folder.folder)
            self._available = False
            return
        if not self._available:
            log.info("the media folder can be read again")
        self._available = True
        self._index.put_folder(top)
        kept = {""}
        self._walk(top, [], kept)
        if not self._stopping.is_set():
            self._index.keep_folders(kept)
            self._index.complete()

    def probe_one(self) -> bool:
        """Probe one medium; tell whether there was one to probe."""
        found = self._next()
        if found is None:
            return False
        path, mtime_ns = found
        file = self._media_folder.find(path)
        probe, flaw = self._examined(file)
        # after it was examined: its disk may have gone at any moment
        is_lost = flaw is not None and (file is None or not is_given_out(file))
        if not self._stopping.is_set():
            self._index.put_probe(path, mtime_ns, probe, flaw, is_lost=is_lost)
        return True

    def _examined(self, file: Path | None) -> tuple[Probe | None, str | None]:
        """Return the content of a medium, or why it cannot be played.

        Raises:
            ToolError: no program can be started that reads it.
        """
        if file is not None and not media_types.may_open(file.name):
            return None, flaws.of_name(file.name)
        if file is None:
            return None, flaws.UNREADABLE
        try:
            return self._prober.examine(file), None
        except Unplayable as error:
            return None, error.flaw

    def _walk(self, here: Listing, above: list[Listing], kept: set[str]) -> None:
        if self._stopping.is_set():
            return
        self._index.put_media(here)
        if here.media:
            # At once, so that the scanned part can be browsed.
            for folder in [*above, here]:
                if folder.path not in kept:
                    self._index.put_folder(folder)
                    kept.add(folder.path)
        if len(above) >= _DEEPEST:
            return
        for path in here.folders:
            below = listing.read(self._media_folder, path)
            if below is not None:
                self._walk(below, [*above, here], kept)

    def _put_with_parents(self, found: Listing) -> None:
        self._index.put_folder(found)
        path = found.path
        while path:
            path = path.rpartition("/")[0]
            if self._index.entry(path) is None and (one := listing.read(self._media_folder, path)):
                self._index.put_folder(one)

    def _next(self) -> tuple[str, int] | None:
        with self._lock:
            while self._wanted:
                wanted = self._wanted.popitem(last=False)
                entry = self._index.entry(wanted[0])
                if entry is not None and not entry["probed"]:
                    return wanted
        found = self._index.unprobed(_AHEAD)
        for path, mtime_ns in found:
            if not media_types.may_open(path):
                self._index.put_probe(path, mtime_ns, None, flaws.of_name(path))
            else:
                return path, mtime_ns
        return None

    def _run(self) -> None:
        logged = False
        if self._index.is_complete:
            # The first requests come before the scan: the index is good enough for them.
            self._due = time.monotonic() + _SETTLE
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if time.monotonic() >= self._due:
                    self._scan_timed()
                elif not self.probe_one():
                    self._wake.wait(max(0.0, self._due - time.monotonic()))
                if not logged and self._index.is_complete:
                    logged = True
                    log.info("the library has %d media", self._index.counts()[0])
            except StoreDamaged as error:
                log.warning("scanning the library into a new index: %s", error)
                self._renew()
            except ToolError:
                # the tool has logged it, unless it was stopped
                self._stopping.wait(INTERVAL)
            except (OSError, StoreError) as error:
                log.error("the media folder could not be scanned: %s", error)  # noqa: TRY400
                self._stopping.wait(INTERVAL)

    def _renew(self) -> None:
        try:
            self._index.renew()
        except (OSError, StoreError) as error:
            log.error("cannot create a new index of the library: %s", error)  # noqa: TRY400
            self._stopping.wait(_SETTLE)
        self._due = 0.0

    def _look_now(self) -> None:
        self._due = 0.0
        self._wake.set()

    def _scan_timed(self) -> None:
        started = time.monotonic()
        self._due = float("inf")
        self._index.check()
        self.scan()
        now = time.monotonic()
        self._soonest = now + max(1.0, _SHARE_WHEN_ASKED * (now - started))
        # Keep a request that arrived during the scan.
        asked = self._soonest if self._due < float("inf") else float("inf")
        self._due = min(asked, now + max(INTERVAL, _SHARE * (now - started)))
