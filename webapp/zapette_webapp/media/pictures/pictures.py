"""Small pictures of media, which a program makes one at a time, in a folder."""

from __future__ import annotations

import hashlib
import logging
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from zapette_server.supervisor import Supervisor
from zapette_webapp.media.disk_cache import DiskCache
from zapette_webapp.media.probing.probe import is_given_out
from zapette_webapp.media.tools import Tool

log = logging.getLogger("zapette.library")

_LONGEST_QUEUE: Final = 64
_MOST_WAITING: Final = 4
_WAIT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Picture:
    """The result of a request for a picture.

    Attributes:
        file: its path; None if it does not exist.
        pending: whether it is being made.
    """

    file: Path | None
    pending: bool = False


class Pictures(ABC):
    """Makes pictures on a thread of its own, the latest request first.

    Args:
        folder: the folder of the pictures; created if needed.
        budget: its size limit, in bytes, as of `DiskCache`.
        tool: the program that makes them.
        name: of the thread.
        kind: tells pictures of other kinds from these; it changes with how they are drawn.
    """

    # of all kinds together: the server's threads are the same
    _waiting: ClassVar = threading.Semaphore(_MOST_WAITING)

    def __init__(self, folder: Path, budget: int, tool: Tool, name: str, kind: str) -> None:
        self._cache = DiskCache(folder, budget)
        self.tool = tool
        self._name = name
        self._kind = kind
        self._asked: OrderedDict[str, tuple[Path, str | None]] = OrderedDict()
        self._changed = threading.Condition()
        self._stopping = False
        self._made = 0
        #: Keeps the thread running.
        self.supervisor = Supervisor(log)

    @property
    def present(self) -> bool:
        """Whether there is a program that makes them."""
        return self.tool.present

    @property
    def made(self) -> int:
        """The number of pictures made since the start."""
        return self._made

    def start(self) -> None:
        """Start the thread."""
        self.supervisor.thread(self._name, self._run)

    def stop(self) -> None:
        """Stop, within a second."""
        self.supervisor.stop()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.tool.stop()
        self.supervisor.stop(2)

    def get(self, file: Path, transfer: str | None = None) -> Picture:
        """Return the picture of a file; wait a little if it is being made.

        Few callers wait at once, so that other requests have threads.

        Args:
            file: the medium.
            transfer: how a film with a high dynamic range codes light: ``pq`` or ``hlg``.
        """
        picture = self.find(file, transfer)
        if not picture.pending or not self._waiting.acquire(blocking=False):
            return picture
        try:
            name = self._name_of(file, transfer)
            with self._changed:
                self._changed.wait_for(lambda: self._cache.find(name) or self._stopping, _WAIT)
        finally:
            self._waiting.release()
        return self.find(file, transfer)

    def find(self, file: Path, transfer: str | None = None) -> Picture:
        """Return the picture of a file; request it if it is missing."""
        name = self._name_of(file, transfer)
        try:
            if found := self._cache.find(name):
                return Picture(found if found.stat().st_size else None)
        except FileNotFoundError:
            # the thread may also delete it at any moment
            pass
        return self._ask(file, transfer, name)

    def _ask(self, file: Path, transfer: str | None, name: str) -> Picture:
        if not self.present or not self._is_drawn(file):
            return Picture(None)
        with self._changed:
            self._asked[name] = (file, transfer)
            self._asked.move_to_end(name)
            while len(self._asked) > _LONGEST_QUEUE:
                self._asked.popitem(last=False)
            self._changed.notify_all()
        return Picture(None, pending=True)

    def _run(self) -> None:
        self._cache.start()
        while (next_one := self._next()) is not None:
            name, (file, transfer) = next_one
            try:
                if self._cache.find(name) is None:
                    self._make(file, transfer, name)
            except OSError as error:
                log.warning("cannot store a picture: %s", error)
            with self._changed:
                self._changed.notify_all()

    def _next(self) -> tuple[str, tuple[Path, str | None]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._asked or self._stopping)
            return None if self._stopping else self._asked.popitem()

    def _make(self, file: Path, transfer: str | None, name: str) -> None:
        # rather than draw for nothing
        self._cache.make_room()
        picture = self._draw(file, transfer)
        # of a disk that went away, only a part was seen
        if self._stopping or not is_given_out(file):
            return
        # An empty file marks a failure, so that it is not tried again and again.
        self._cache.put(name, picture or b"")
        self._made += picture is not None

    @abstractmethod
    def _is_drawn(self, file: Path) -> bool:
        """Return whether files with this name have a picture."""

    @abstractmethod
    def _draw(self, file: Path, transfer: str | None) -> bytes | None:
        """Return the picture of a file; None if it has none."""

    def _name_of(self, file: Path, transfer: str | None) -> str:
        status = file.stat()
        kind = f"{self._kind} {transfer}" if transfer else self._kind
        what = f"{file}\0{status.st_mtime_ns}\0{status.st_size}\0{kind}"
        digest = hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()
        return f"{digest[:40]}.jpg"
