"""TTML and DFXP, in XML; no I/O.

A document with a DTD is refused: its entities could grow without end, or name other files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from xml.parsers import expat

from zapette_webapp.subtitle_formats.cues import Cue, Look, from_ass

PARAGRAPH: Final = re.compile(r"<(?:[\w.-]+:)?p\b[^<>]*\b(?:begin|dur)\s*=", re.IGNORECASE)

_DEEPEST: Final = 64
_CLOCK: Final = re.compile(
    r"(\d{1,6}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9})|:(\d{1,4}(?:\.\d{1,4})?))?"
)
_OFFSET: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)")
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_LONGEST_TIME: Final = 360_000_000


@dataclass(slots=True)
class _Element:
    """An element that is open: its times in milliseconds, its style, whether it is at the top."""

    name: str
    start: int = 0
    end: int | None = None
    look: Look = field(default_factory=Look)
    top: bool = False
    timed: bool = False


def ttml(text: str) -> Iterator[Cue]:
    """Yield the cues of a document, as far as it is well-formed.

    Raises:
        ValueError: it has a DTD, or is nested too deeply.
    """
    reader = _Reader()
    reader.read(text)
    yield from reader.cues


class _Reader:
    """Takes what expat finds."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self._open: list[_Element] = []
        self._styles: dict[str, dict[str, str]] = {}
        self._tops: set[str] = set()
        self._words: list[str] | None = None
        self._frames = 30.0
        self._ticks = 1.0

    def read(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        declaration = re.match(r"\s*<\?xml[^<>]*\?>", text)
        try:
            parser.Parse(text[declaration.end() if declaration else 0 :].strip().encode(), True)
        except expat.ExpatError:
            # what comes before the fault counts
            return

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= _DEEPEST:
            raise ValueError("its elements are nested too deeply")
        known = {_local(key): value for key, value in attributes.items()}
        parent = self._open[-1] if self._open else _Element("")
        element = self._element(_local(name), known, parent)
        self._open.append(element)
        if element.name == "tt":
            self._frames = _positive(known.get("frameRate"), 30.0)
            self._ticks = _positive(known.get("tickRate"), 1.0)
        elif element.name == "style":
            self._styles[known.get("id", "")] = known
        elif element.name == "region":
            if known.get("displayAlign") == "before":
                self._tops.add(known.get("id", ""))
        elif element.name == "p":
            self._words = [_block(element.look)]
        elif element.name == "br" and self._words is not None:
            self._words.append("\n")
        elif element.name == "span" and self._words is not None:
            self._words.append(_block(element.look))

    def _element(self, name: str, known: dict[str, str], parent: _Element) -> _Element:
        begin = self._milliseconds(known.get("begin"))
        start = parent.start + (begin or 0)
        end = self._milliseconds(known.get("end"))
        end = parent.end if end is None else parent.start + end
        if (lasting := self._milliseconds(known.get("dur"))) is not None:
            end = start + lasting
        look = parent.look
        for style in known.get("style", "").split()[:8]:
            look = _styled(look, self._styles.get(style, {}))
        look = _styled(look, known)
        top = parent.top or known.get("region") in self._tops
        return _Element(name, start, end, look, top, parent.timed or begin is not None)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if self._words is None:
            return
        if element.name == "span":
            parent = self._open[-1] if self._open else element
            self._words.append(_block(parent.look))
        elif element.name == "p":
            lines = "".join(self._words).split("\n")
            words = "\n".join(re.sub(r"[ \t\r]+", " ", it).strip() for it in lines)
            self._words = None
            if element.timed and (element.end is None or element.end > element.start):
                cue = from_ass(element.start, element.end, words, Look(), {})
                self.cues.append(replace(cue, top=element.top))

    def _text(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text.replace("\n", " ").replace("{", "(").replace("}", ")"))

    def _milliseconds(self, time: str | None) -> int | None:
        if time is None:
            return None
        if found := _CLOCK.fullmatch(time.strip()):
            whole = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
            rest = float(f"0.{found[4]}") if found[4] else float(found[5] or 0) / self._frames
            return min(_LONGEST_TIME, round((whole + rest) * 1000))
        if found := _OFFSET.fullmatch(time.strip()):
            unit = _UNITS | {"f": 1 / self._frames, "t": 1 / self._ticks}
            return min(_LONGEST_TIME, round(float(found[1]) * unit[found[2]] * 1000))
        return None


def _refuse(*_: object) -> None:
    raise ValueError("it has a DTD, which subtitles do not need")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _positive(text: str | None, default: float) -> float:
    return float(text) if text and re.fullmatch(r"[1-9]\d{0,8}", text) else default


def _styled(look: Look, style: dict[str, str]) -> Look:
    shape, weight = style.get("fontStyle"), style.get("fontWeight")
    line = style.get("textDecoration")
    return Look(
        look.italic if shape is None else shape in {"italic", "oblique"},
        look.bold if weight is None else weight == "bold",
        look.underline if line is None else line == "underline",
    )


def _block(look: Look) -> str:
    return f"{{\\i{int(look.italic)}\\b{int(look.bold)}\\u{int(look.underline)}}}"
