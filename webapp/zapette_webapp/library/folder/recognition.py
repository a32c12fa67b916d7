"""What files are whose names do not say it, from their first bytes."""

from __future__ import annotations

import os
import stat
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from zapette_webapp.media import media_types

_REMEMBERED: Final = 20_000
_SMALLEST: Final = 32
_LIST_BEGINNING: Final = 4096

# Windows would end the text at the first byte of Matroska
_LOOK: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_Key = tuple[int, int, int, int]


class Recognition:
    """Looks at the beginnings of files, once at each version; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[_Key, str | None] = OrderedDict()

    def kind(self, file: Path, name: str) -> str | None:
        """Return ``video``, ``audio``, ``playlist`` or ``link``; None if it is nothing to play.

        Args:
            file: the file.
            name: its name in the library, which may be that of a link.
        """
        if media_types.suffix(name) == media_types.STREAM:
            return self.type_of(file, name) or "playlist"
        if media_types.is_unnamed(name):
            return media_types.kind_of(self.type_of(file, name) or "")
        return media_types.kind(name)

    def type_of(self, file: Path, name: str) -> str | None:
        """Return the type of a medium without a known extension; None if it is none.

        Of a playlist (``.m3u8``) it is ``video`` for a stream in parts, None for a list of films.
        """
        try:
            status = file.stat()
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size < _SMALLEST:
            return None
        key = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        try:
            found = _look(file, media_types.suffix(name) == media_types.STREAM)
        except OSError:
            # not kept: its disk may come back
            return None
        with self._lock:
            self._known[key] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found


def _look(file: Path, is_list: bool) -> str | None:
    """Return what the beginning of a file shows; never waits for a device or a pipe.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = os.open(file, _LOOK)
    try:
        beginning = os.read(descriptor, _LIST_BEGINNING if is_list else media_types.BEGINNING)
    finally:
        os.close(descriptor)
    if is_list:
        return "video" if media_types.is_stream(beginning) else None
    return media_types.recognised(beginning)
