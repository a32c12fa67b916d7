"""The media that are streamed: what they are now, and what is in them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from zapette_webapp.streams.facts import Facts

_MOST: Final = 256


class Reader(Protocol):
    """Reads media."""

    def read(self, file: Path) -> Facts:
        """Return what is in a file.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
        """


@dataclass(slots=True)
class Source:
    """A medium as it is now.

    Attributes:
        file: its path.
        key: changes when the file is replaced or changed.
        facts: what is in it.
        places: where those who watch it are, in seconds.
    """

    file: Path
    key: str
    facts: Facts
    places: dict[str, float] = field(default_factory=dict)


class Sources:
    """Remembers what is in media until they change; safe for several threads.

    Args:
        reader: reads a medium.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Source] = OrderedDict()

    def get(self, file: Path) -> Source:
        """Return a medium as it is now.

        Raises:
            NotStreamable: it cannot be streamed; the reason says why.
        """
        key = _key(file)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        source = Source(file, key, self._reader.read(file))
        with self._lock:
            # another thread may have read it meanwhile, and its places count
            source = self._known.setdefault(key, source)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return source


def _key(file: Path) -> str:
    status = file.stat()
    return f"{file}\0{status.st_dev}\0{status.st_ino}\0{status.st_mtime_ns}\0{status.st_size}"
