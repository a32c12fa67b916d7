"""LRC, the lyrics of songs; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from zapette_webapp.subtitle_formats.cues import Cue, from_html

LINE: Final = re.compile(
    r"^[ \t\ufeff]*((?:\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\][ \t]*)+)(.*)$", re.MULTILINE
)
_TIME: Final = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_OFFSET: Final = re.compile(
    r"^[ \t]*\[offset:[ \t]*([+-]?\d{1,7})[ \t]*\]", re.MULTILINE | re.IGNORECASE
)


def lyrics(text: str) -> Iterator[Cue]:
    """Yield the lines of a song; a line may have several times.

    A positive offset makes them earlier.
    """
    found = _OFFSET.search(text)
    offset = int(found[1]) if found else 0
    for line in LINE.finditer(text):
        for minutes, seconds, rest in _TIME.findall(line[1]):
            start = (int(minutes) * 60 + int(seconds)) * 1000 + int(f"{rest:0<3}")
            yield from_html(max(0, start - offset), None, line[2])
