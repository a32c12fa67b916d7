"""The media that are streamed: what they are now, and what is in them."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from zapette_webapp.streams.identity import Identity
from zapette_webapp.streams.making import groups
from zapette_webapp.streams.planning.facts import Facts
from zapette_webapp.streams.viewers import Viewers

_MOST: Final = 256


class Reader(Protocol):
    """Reads media."""

    def read(self, file: Path, *, cut: bool) -> Facts:
        """Return what is in a file, with its keyframes if it is to be cut.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
            NotReady: other files are being read.
        """


@dataclass(slots=True)
class Source:
    """A medium as it is now.

    Attributes:
        file: its path.
        key: another for each file that is at this path; a file that grows keeps it.
        identity: what the file was when it was last looked at.
        places: where those who watch it are, in seconds.
    """

    file: Path
    key: str
    identity: Identity
    places: Viewers = field(default_factory=Viewers)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _measuring: threading.Lock = field(default_factory=threading.Lock)
    _facts: Facts | None = None
    _is_cut: bool = False
    _group: float | None = None

    @property
    def version(self) -> str:
        """The version in the addresses of its parts: those of another file at this path differ."""
        return self.key[:12]

    def facts(self, reader: Reader, *, cut: bool, again: bool) -> Facts:
        """Return what is in it; it is read once, or again if it is to be cut only later.

        Args:
            reader: reads it.
            cut: whether its keyframes are needed.
            again: whether to read it again if it has grown.
        """
        with self._lock:
            if again and not self.identity.is_same(self.file):
                self.identity = Identity.of(self.file)
                self._facts, self._is_cut = None, False
            if self._facts is None or cut > self._is_cut:
                self._facts, self._is_cut = reader.read(self.file, cut=cut), cut
            return self._facts

    def group(self, ffmpeg: str, facts: Facts) -> float:
        """Return the most seconds between two of its keyframes; 0 if an index says where they are.

        It is measured once, which may take long.
        """
        with self._measuring:
            if self._group is None:
                self._group = groups.longest(ffmpeg, self.file, facts)
            return self._group


class Sources:
    """Remembers media until they change; safe for several threads.

    Args:
        reader: reads a medium.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._known: OrderedDict[Path, Source] = OrderedDict()

    def get(self, file: Path, *, cut: bool, again: bool) -> tuple[Source, Facts]:
        """Return a medium as it is now, and what is in it.

        Args:
            file: its path.
            cut: whether its keyframes are needed.
            again: whether to read it again if it has grown.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
            NotReady: other files are being read.
        """
        with self._lock:
            known = self._known.get(file)
        # without the lock: a disk that hangs keeps only its own media
        source = known
        if source is None or not _is_still(source, file):
            source = Source(file, _key(file), Identity.of(file))
        with self._lock:
            if (now := self._known.get(file)) is not known and now is not None:
                # another thread has just looked
                source = now
            self._known[file] = source
            self._known.move_to_end(file)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return source, source.facts(self._reader, cut=cut, again=again)


def _is_still(source: Source, file: Path) -> bool:
    return source.identity.is_same(file) or source.identity.has_grown(file)


def _key(file: Path) -> str:
    status = file.stat()
    what = f"{file}\0{status.st_dev}\0{status.st_ino}\0{status.st_mtime_ns}\0{status.st_size}"
    return hashlib.sha256(what.encode("utf-8", "surrogateescape")).hexdigest()
