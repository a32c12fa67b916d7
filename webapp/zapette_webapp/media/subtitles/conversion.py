"""Converts subtitle files to WebVTT in a separate process, and caches the latest results."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final, Literal

from zapette_webapp.errors import ToolError, ToolTooLong, ToolTooMuch, Unconvertible
from zapette_webapp.media.tools import Limits, Tool
from zapette_webapp.subtitle_formats.__main__ import REFUSED

LARGEST: Final = 2 << 20
"""The largest file that is converted, in bytes."""

LIMITS: Final = Limits(cpu=10, wall=30.0, memory=512 << 20, output=8 << 20, waiting=5, niceness=5)
"""The limits for converting one file, for which somebody waits."""

REMEMBERED: Final = 16 << 20
"""The size of the cache, in characters."""

Form = Literal["webvtt", "text"]
"""``text``: as the file is, in UTF-8."""

_Key = tuple[Path, int, int, str | None, Form, int]


class Converter:
    """Converts one file at a time; safe for several threads."""

    def __init__(self) -> None:
        self.tool = Tool(
            [sys.executable, "-P", "-m", "zapette_webapp.subtitle_formats"],
            LIMITS,
            name="subtitles",
        )
        self._lock = threading.Lock()
        self._remembered: OrderedDict[_Key, str] = OrderedDict()

    def convert(
        self,
        file: Path,
        language: str | None,
        form: Form,
        largest: int = LARGEST,
        number: int = 0,
    ) -> str:
        """Return the subtitles in `file` in one of the forms.

        Args:
            file: a subtitle file.
            language: ISO 639-1 code, if it is known.
            form: ``webvtt``, or ``text`` for the file as it is.
            largest: the most bytes of a file.
            number: of the language in a file with several, from 0.

        Raises:
            Unconvertible: the file is too large, takes too long, or contains no subtitles.
            ToolBusy: too many conversions are waiting; try again in a moment.
        """
        status = file.stat()
        if status.st_size > largest:
            raise Unconvertible(f"the file is larger than {largest >> 20} MiB")
        key = (file, status.st_mtime_ns, status.st_size, language, form, number)
        known = self._recall(key)
        if known is None:
            with self.tool.turn():
                # The previous caller may have converted the same file.
                known = self._recall(key)
                if known is None:
                    known = self._convert(file, language, form, number)
                    self._remember(key, known)
        return known

    def stop(self) -> None:
        """End the running conversion."""
        self.tool.stop()

    def _convert(self, file: Path, language: str | None, form: Form, number: int) -> str:
        try:
            finished = self.tool.run_now(str(file), form, str(number), language or "")
        except (ToolTooLong, ToolTooMuch):
            raise Unconvertible("it takes too long to read; the file is unusual") from None
        except ToolError:
            raise Unconvertible("it cannot be read now") from None
        text = finished.output.decode("utf-8", "replace")
        if finished.code == REFUSED:
            raise Unconvertible(text)
        if finished.code != 0:
            raise Unconvertible("it cannot be read: it takes too much memory, or is damaged")
        return text

    def _recall(self, key: _Key) -> str | None:
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
            return known

    def _remember(self, key: _Key, text: str) -> None:
        with self._lock:
            self._remembered[key] = text
            used = sum(map(len, self._remembered.values()))
            while used > REMEMBERED and len(self._remembered) > 1:
                used -= len(self._remembered.popitem(last=False)[1])
