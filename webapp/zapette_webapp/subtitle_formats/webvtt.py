"""Subtitles of any format as WebVTT; no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from zapette_webapp.subtitle_formats import lyrics, readers, sami, ttml
from zapette_webapp.subtitle_formats.cues import Cue

HEADER: Final = "WEBVTT"
LONGEST_SHOWN: Final = 5000
"""The duration of a cue without an end, in milliseconds; less if another cue follows."""

_STRICT: Final = re.compile(
    r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}[ \t]+-->[ \t]+"
    r"(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}(?:[ \t].*)?"
)
_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Iterator[Cue]]], ...]] = (
    (readers.TIMING, readers.subrip),
    (readers.SUBVIEWER, readers.subviewer),
    (readers.DIALOGUE, readers.substation),
    (readers.MICRODVD, readers.microdvd),
    (readers.MPL2, readers.mpl2),
    (readers.TMPLAYER, readers.tmplayer),
    (lyrics.LINE, lyrics.lyrics),
    (sami.SYNC, sami.sami),
    (ttml.PARAGRAPH, ttml.ttml),
)


def to_webvtt(text: str, number: int = 0) -> str:
    """Return subtitles as WebVTT: cues in order of time, with italics, bold and underline.

    The text decides the format, not the file's name. WebVTT is returned unchanged, unless a browser
    would drop a part of it.

    Args:
        text: a whole file: SubRip, SubViewer, WebVTT, ASS, SSA, MicroDVD, MPL2, TMPlayer, SAMI,
            TTML or LRC. An empty one has no cues.
        number: of the language in a file with several (SAMI), from 0.

    Raises:
        ValueError: it contains no subtitles.
    """
    plain = re.sub(r"\r\n?|[\u2028\u2029\x85\f\v]", "\n", text.replace("\0", "")).lstrip("\ufeff")
    if not plain.strip():
        return f"{HEADER}\n"
    headed = plain.lstrip().startswith(HEADER)
    timed = [it for it in plain.split("\n") if "-->" in it]
    if plain.startswith(HEADER) and timed and all(map(_STRICT.fullmatch, timed)):
        return plain
    many = [(len(pattern.findall(plain)), read) for pattern, read in _READERS]
    most, read = max(many, key=lambda it: it[0])
    if headed or any(_STRICT.fullmatch(it) for it in timed):
        read = partial(readers.subrip, escaped=True)
    if read is sami.sami:
        read = partial(sami.sami, number=number)
    cues = [it for it in read(plain) if it.text] if most else []
    if not cues:
        raise ValueError("there are no subtitles in it")
    return f"{HEADER}\n\n" + "\n".join(map(_written, _in_time(cues)))


def _in_time(cues: list[Cue]) -> list[Cue]:
    """Return `cues` in order; those whose end is none, or before their start, end in time."""
    ordered = sorted(cues, key=lambda it: it.start)
    following = [it.start for it in ordered[1:]] + [ordered[-1].start]
    return [
        it if it.end is not None and it.end > it.start else replace(it, end=_end(it.start, after))
        for it, after in zip(ordered, following, strict=True)
    ]


def _end(start: int, following: int) -> int:
    return following if start < following < start + LONGEST_SHOWN else start + LONGEST_SHOWN


def _written(cue: Cue) -> str:
    settings = " line:0" if cue.top else ""
    return f"{_time(cue.start)} --> {_time(cue.end or 0)}{settings}\n{cue.text}\n"


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
