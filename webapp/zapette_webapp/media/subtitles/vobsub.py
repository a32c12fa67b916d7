"""VobSub: subtitles as pictures (``.sub``) with their index next to them (``.idx``); no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from zapette_webapp.subtitle_formats.sami import Language

MOST_TRACKS: Final = 32

_ID: Final = re.compile(r"id: ?([^,]{1,63}), index: ?(\d{1,2})")
_SIZE: Final = re.compile(r"^size: ?([1-9]\d{0,3})x([1-9]\d{0,3})", re.MULTILINE)
_USUAL: Final = (720, 576)


@dataclass(frozen=True, slots=True)
class Pair:
    """What an index says.

    Attributes:
        tracks: those with a picture, in the order in which ffmpeg counts them.
        size: of the screen on which the pictures have their places, in pixels.
    """

    tracks: tuple[Language, ...]
    size: tuple[int, int]


def read(index: str) -> Pair:
    """Return what an index says; no tracks if it is none."""
    tracks: list[Language] = []
    language, number, title, last = "", None, "", None
    for line in index.splitlines():
        if line.startswith("id:"):
            found = _ID.match(line)
            language, number, title = (found[1], int(found[2]), "") if found else ("", 0, "")
        elif line.startswith("alt:"):
            title = line.removeprefix("alt:").strip()
        # a language without pictures is no track
        elif line.startswith("timestamp:") and number is not None and number != last:
            tracks.append(Language(str(len(tracks) + 1), title, language))
            last = number
    size = _SIZE.search(index)
    return Pair(tuple(tracks[:MOST_TRACKS]), (int(size[1]), int(size[2])) if size else _USUAL)
