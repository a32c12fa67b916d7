"""The media that are streamed: what they are now, and what is in them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from zapette_webapp.streams import groups
from zapette_webapp.streams.facts import Facts

_MOST: Final = 256


class Reader(Protocol):
    """Reads media."""

    def read(self, file: Path) -> Facts:
        """Return what is in a file, but for its keyframes.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
            NotReady: other files are being read.
        """

    def keyframes(self, file: Path, facts: Facts) -> Sequence[float] | None:
        """Return where its picture can be cut, in seconds; None if no index says it."""


@dataclass(slots=True)
class Source:
    """A medium as it is now.

    Attributes:
        file: its path.
        key: changes when the file is replaced or changed.
        places: where those who watch it are, in seconds.
    """

    file: Path
    key: str
    places: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _facts: Facts | None = None
    _is_cut: bool = False
    _group: float | None = None

    def facts(self, reader: Reader, *, cut: bool) -> Facts:
        """Return what is in it; it is read once.

        Args:
            reader: reads it.
            cut: whether its keyframes are needed.
        """
        with self._lock:
            facts = self._facts or reader.read(self.file)
            if cut and not self._is_cut and facts.picture is not None:
                facts = replace(facts, keyframes=reader.keyframes(self.file, facts))
                self._is_cut = True
            self._facts = facts
            return facts

    def group(self, ffmpeg: str, facts: Facts) -> float:
        """Return the most seconds between two of its keyframes; 0 if an index says where they are.

        It is measured once.
        """
        with self._lock:
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
        self._known: OrderedDict[str, Source] = OrderedDict()

    def get(self, file: Path, *, cut: bool) -> tuple[Source, Facts]:
        """Return a medium as it is now, and what is in it.

        Args:
            file: its path.
            cut: whether its keyframes are needed.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
            NotReady: other files are being read.
        """
        key = _key(file)
        with self._lock:
            source = self._known.setdefault(key, Source(file, key))
            self._known.move_to_end(key)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return source, source.facts(self._reader, cut=cut)


def _key(file: Path) -> str:
    status = file.stat()
    return f"{file}\0{status.st_dev}\0{status.st_ino}\0{status.st_mtime_ns}\0{status.st_size}"
