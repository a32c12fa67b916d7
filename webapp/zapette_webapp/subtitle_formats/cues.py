"""Cues, with italics, bold and underline; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Final

LONGEST: Final = 2000
"""The most characters of a cue."""

_BLOCK: Final = re.compile(r"\{([^{}]*)\}")
_TAG: Final = re.compile(r"\\(?:([ibu])(\d+)|p(\d+)|r([^\\]*))")
_TOP: Final = re.compile(r"\\an[789](?!\d)|\\a[567](?!\d)")
_HTML: Final = re.compile(r"<(/?)([ibu])(?:\.[\w.]*)?\s*>", re.IGNORECASE)
_OTHER_HTML: Final = re.compile(
    r"</?(?:font|c|v|lang|ruby|rt|s|span|div|center|p)\b[^<>\n]*>|<\d[\d:.]+>", re.IGNORECASE
)
_BREAK: Final = re.compile(r"<br\b[^<>\n]*>|\[br\]", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"&#?\w{1,31};")


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and its times.

    Attributes:
        start: milliseconds from the beginning.
        end: milliseconds; None if unknown.
        text: WebVTT markup, without empty lines.
        top: whether it is shown at the top of the picture.
    """

    start: int
    end: int | None
    text: str
    top: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """The style of a text."""

    italic: bool = False
    bold: bool = False
    underline: bool = False


def from_ass(start: int, end: int | None, text: str, look: Look, styles: dict[str, Look]) -> Cue:
    r"""Return the cue of a text with override blocks: ``{\i1}so{\i0}``.

    Each block is read once: a line may have hundreds.
    """
    return Cue(start, end, _marked_up(text, look, styles), bool(_TOP.search(text)))


def from_html(start: int, end: int | None, text: str, *, escaped: bool = False) -> Cue:
    """Return the cue of a text with tags: ``<i>so</i>``; SubRip's may have ASS's blocks as well.

    Args:
        start: milliseconds.
        end: milliseconds, or None.
        text: its lines.
        escaped: all references to characters are meant, even ``&nbsp`` without its semicolon.
    """
    plain = _OTHER_HTML.sub("", _BREAK.sub("\n", text))
    plain = _HTML.sub(lambda it: f"{{\\{it[2].lower()}{0 if it[1] else 1}}}", plain)
    plain = unescape(plain) if escaped else _REFERENCE.sub(lambda it: unescape(it[0]), plain)
    return from_ass(start, end, plain, Look(), {})


def _marked_up(text: str, look: Look, styles: dict[str, Look]) -> str:
    parts: list[tuple[Look, str]] = []
    base, drawing, at, left = look, False, 0, LONGEST
    for block in [*_BLOCK.finditer(text), None]:
        fragment = text[at : block.start() if block else len(text)]
        if fragment and not drawing and left > 0:
            fragment = _plain(fragment)[:left]
            left -= len(fragment)
            if parts and parts[-1][0] == look:
                fragment = parts.pop()[1] + fragment
            parts.append((look, fragment))
        if block is None:
            break
        at = block.end()
        for tag, value, scale, style in _TAG.findall(block[1]):
            if tag:
                look = _changed(look, tag, on=int(value) > 0)
            elif scale:
                drawing = int(scale) > 0
            else:
                look = styles.get(style.strip().lower(), base)
    lines = "".join(_tagged(*it) for it in parts).split("\n")
    # an empty line would end the cue
    return "\n".join(it.strip() for it in lines if it.strip())


def _changed(look: Look, tag: str, *, on: bool) -> Look:
    if tag == "i":
        return replace(look, italic=on)
    return replace(look, bold=on) if tag == "b" else replace(look, underline=on)


def _plain(text: str) -> str:
    # a reference may stand for "\r", which ends a line of WebVTT too
    return re.sub(r"\\[Nn]|\r", "\n", text).replace(r"\h", " ")


def _tagged(look: Look, text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if text.strip():
        for tag, wanted in (("i", look.italic), ("b", look.bold), ("u", look.underline)):
            text = f"<{tag}>{text}</{tag}>" if wanted else text
    return text
