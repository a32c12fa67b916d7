"""Readers of subtitle formats, which skip malformed lines; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from zapette_webapp.subtitle_formats.cues import Cue, Look, from_ass, from_html

FRAME_RATE: Final = 24000 / 1001
"""The default frame rate of a MicroDVD file, in frames a second."""

_SPACE: Final = r"[^\S\n]"
_CLOCK: Final = rf"-?\d{{1,9}}(?:{_SPACE}?[:.,;]{_SPACE}?\d{{1,9}}){{1,3}}"
_ARROW: Final = (
    rf"{_SPACE}*(?:[-\u2010-\u2015]{{1,3}}{_SPACE}?(?:>|&gt;){{1,2}}|=+>|\u2192){_SPACE}*"
)
TIMING: Final = re.compile(
    rf"^(?:{_SPACE}|\ufeff)*(?:\d{{1,9}}{_SPACE}+)?({_CLOCK}){_ARROW}({_CLOCK})?(.*)$", re.MULTILINE
)
SUBVIEWER: Final = re.compile(
    r"^[ \t\ufeff]*(\d{1,3}:\d\d:\d\d\.\d{2,3})[ \t]*,[ \t]*(\d{1,3}:\d\d:\d\d\.\d{2,3})[ \t]*$",
    re.MULTILINE,
)
DIALOGUE: Final = re.compile(r"^[ \t\ufeff]*Dialogue:", re.MULTILINE | re.IGNORECASE)
MICRODVD: Final = re.compile(
    r"^[ \t\ufeff]*\{[ \t]*(\d{1,9})[ \t]*\}[ \t]*\{[ \t]*(\d{0,9})[ \t]*\}(.*)$", re.MULTILINE
)
MPL2: Final = re.compile(
    r"^[ \t\ufeff]*\[[ \t]*(\d{1,9})[ \t]*\][ \t]*\[[ \t]*(\d{0,9})[ \t]*\](.*)$", re.MULTILINE
)
TMPLAYER: Final = re.compile(
    r"^[ \t\ufeff]*(\d{1,3}:\d{1,2}:\d{1,2})(?:[.,]\d+)?(?:,\d+)?[:=,](?!\d)(.*)$", re.MULTILINE
)
_LONGEST_CLOCK: Final = 48
_NUMBER: Final = re.compile(r"[ \t]*\d+[ \t]*")
_ABOUT: Final = re.compile(r"\n[ \t]*\n(?:NOTE|STYLE|REGION)\b.*", re.DOTALL)
_CONTROL: Final = re.compile(r"\{([a-zA-Z]):([^}]*)\}")
_ASS_EVENT: Final = ("layer", "start", "end", "style", "name", "l", "r", "v", "effect", "text")
_ASS_STYLE: Final = (
    "name", "fontname", "fontsize", "primary", "secondary", "outline", "back", "bold", "italic",
    "underline",
)  # fmt: skip


def milliseconds(clock: str) -> int | None:
    """Return the time in `clock`: ``1:02:03,5``, ``02:03.500``, ``0:00:01:500``, ``3,5``."""
    negative = clock.strip().startswith("-")
    clock = clock[:_LONGEST_CLOCK]
    found = re.fullmatch(r"[\s-]*([\d\s:;]+?)(?:[\s.,]+(\d+))?\s*", clock)
    if found is None:
        # "00.00.01.500" and the like
        parts = re.findall(r"\d+", clock)
        if not 2 <= len(parts) <= 4:
            return None
        whole, rest = parts[:-1], parts[-1]
    else:
        whole, rest = re.findall(r"\d+", found[1]), found[2] or ""
        if len(whole) == 4 and not rest:
            *whole, rest = whole
    if not 1 <= len(whole) <= 3:
        return None
    seconds = 0
    for part in whole:
        seconds = seconds * 60 + int(part)
    time = seconds * 1000 + int(f"{rest:0<3}"[:3])
    return 0 if negative else time


def subrip(text: str, *, timing: re.Pattern[str] = TIMING, escaped: bool = False) -> Iterator[Cue]:
    """Yield the cues of SubRip, and of malformed WebVTT (`escaped`)."""
    timings = list(timing.finditer(text))
    for found, following in zip(timings, [*timings[1:], None], strict=True):
        start, end = milliseconds(found[1]), milliseconds(found[2] or "")
        body = text[found.end() : following.start() if following else len(text)]
        if start is not None:
            # a line of digits in SubViewer is text: its cues have no numbers
            last = following is None or timing is SUBVIEWER
            yield from_html(start, end, _body(body, last=last, escaped=escaped), escaped=escaped)


def subviewer(text: str) -> Iterator[Cue]:
    """Yield the cues of SubViewer 2, and of YouTube's ``.sbv``."""
    return subrip(text, timing=SUBVIEWER)


def _body(body: str, *, last: bool, escaped: bool) -> str:
    """Return a cue's text without the number or name of the next cue."""
    lines = _ABOUT.sub("", body).split("\n")
    if last:
        return "\n".join(lines)
    after = len(lines) - 1
    while after > 0 and not lines[after].strip():
        after -= 1
    alone = after > 1 and not lines[after - 1].strip()
    touching = after == len(lines) - 2
    numbered = bool(_NUMBER.fullmatch(lines[after])) and (alone or touching)
    if numbered or (escaped and alone and touching):
        del lines[after:]
    return "\n".join(lines)


def substation(text: str) -> Iterator[Cue]:
    """Yield the cues of ASS and SSA."""
    events, looks = list(_ASS_EVENT), list(_ASS_STYLE)
    styles: dict[str, Look] = {}
    for line in text.split("\n"):
        kind, _, rest = line.strip(" \t\ufeff").partition(":")
        kind = kind.lower()
        if kind == "format":
            names = [it.strip().lower() for it in rest.split(",")]
            if "text" in names:
                events = names
            else:
                looks = names
        elif kind == "style":
            given = dict(zip(looks, (it.strip() for it in rest.split(",")), strict=False))
            on = [given.get(it, "0") not in {"0", ""} for it in ("italic", "bold", "underline")]
            styles[given.get("name", "").lower()] = Look(*on)
        elif kind == "dialogue":
            given = dict(zip(events, rest.split(",", len(events) - 1), strict=False))
            start, end = milliseconds(given.get("start", "")), milliseconds(given.get("end", ""))
            look = styles.get(given.get("style", "").strip(" *").lower(), Look())
            # one that is shown for no time is one that its author has switched off
            if start is not None and (end is None or end > start):
                yield from_ass(start, end, given.get("text", ""), look, styles)


def microdvd(text: str) -> Iterator[Cue]:
    """Yield the cues of MicroDVD; its first may say how many pictures there are in a second."""
    rate = FRAME_RATE
    for number, found in enumerate(MICRODVD.finditer(text)):
        first, last = int(found[1]), int(found[2]) if found[2] else None
        match = re.fullmatch(r"\s*(\d{2,3}(?:[.,]\d+)?)\s*", found[3]) if not number else None
        if match and first <= 1 and (last or 0) <= 1:
            rate = float(match[1].replace(",", ".")) or FRAME_RATE
            continue
        end = None if last is None else round(last * 1000 / rate)
        words = _CONTROL.sub(_control, found[3]).replace("|", "\n")
        yield from_ass(round(first * 1000 / rate), end, words, Look(), {})


def mpl2(text: str) -> Iterator[Cue]:
    """Yield the cues of MPL2: tenths of a second, and a slash for a line in italics."""
    for found in MPL2.finditer(text):
        end = int(found[2]) * 100 if found[2] else None
        lines = [it.strip() for it in found[3].split("|")]
        words = "\n".join(f"{{\\i1}}{it[1:]}{{\\i0}}" if it[:1] == "/" else it for it in lines)
        yield from_ass(int(found[1]) * 100, end, words, Look(), {})


def tmplayer(text: str) -> Iterator[Cue]:
    """Yield the cues of TMPlayer, which says only when each begins."""
    for found in TMPLAYER.finditer(text):
        start = milliseconds(found[1])
        if start is not None:
            yield from_ass(start, None, found[2].replace("|", "\n"), Look(), {})


def _control(found: re.Match[str]) -> str:
    if found[1].lower() != "y":
        return ""
    return "".join(f"{{\\{it}1}}" for it in "ibu" if it in found[2].lower())
