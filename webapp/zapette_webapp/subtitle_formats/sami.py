"""SAMI (``.smi``): several languages in one file, each in a class of its own; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from zapette_webapp.subtitle_formats.cues import Cue, from_html

SYNC: Final = re.compile(r"<sync\b[^<>]*?\bstart\s*=\s*[\"']?(-?\d{1,10})", re.IGNORECASE)
MOST_LANGUAGES: Final = 16

_RULE: Final = re.compile(r"\.([A-Za-z0-9_-]{1,40})\s*\{([^{}]{0,500})\}")
_PROPERTY: Final = re.compile(r"\b(name|lang)\s*:\s*[\"']?([^;\"'}]{1,60})", re.IGNORECASE)
_PARAGRAPH: Final = re.compile(r"<p\b([^<>]*)>", re.IGNORECASE)
_CLASS: Final = re.compile(r"\bclass\s*=\s*[\"']?([A-Za-z0-9_-]{1,40})", re.IGNORECASE)
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_DROPPED: Final = re.compile(
    r"<!--.*?-->|</?(?:p|sync|body|sami|table|tr|td|div|rt|rp)\b[^<>]*>", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Language:
    """The subtitles of one language in a file.

    Attributes:
        name: of their class: ``ENCC``.
        label: what the file calls them; empty if it does not.
        language: a BCP 47 tag; empty if the file has none.
    """

    name: str
    label: str
    language: str


def languages(text: str) -> list[Language]:
    """Return the languages that a file, or its beginning, declares."""
    found = {}
    for name, body in _RULE.findall(text):
        properties = {key.lower(): value.strip() for key, value in _PROPERTY.findall(body)}
        if properties and name.lower() not in found:
            label, tag = properties.get("name", ""), properties.get("lang", "")
            found[name.lower()] = Language(name, label, tag)
    return list(found.values())[:MOST_LANGUAGES]


def sami(text: str, number: int = 0) -> Iterator[Cue]:
    """Yield the cues of one language, by its number in `languages`; of all if there are none."""
    declared = languages(text)
    wanted = declared[number].name.lower() if number < len(declared) else None
    syncs = list(SYNC.finditer(text))
    last: tuple[int, str] | None = None
    for sync, following in zip(syncs, [*syncs[1:], None], strict=False):
        start = max(0, int(sync[1]))
        block = text[sync.end() : following.start() if following else len(text)]
        said = _said(block.partition(">")[2], wanted, alone=len(declared) < 2)
        if said is None:
            continue
        if last is not None and last[1]:
            yield from_html(last[0], start, last[1], escaped=True)
        last = (start, said)
    if last is not None and last[1]:
        yield from_html(last[0], None, last[1], escaped=True)


def _said(block: str, wanted: str | None, *, alone: bool) -> str | None:
    """Return what a block says in a language, empty to end what was said; None for nothing new."""
    paragraphs = list(_PARAGRAPH.finditer(block))
    if not paragraphs:
        return _plain(block) if alone else None
    found = []
    for paragraph, following in zip(paragraphs, [*paragraphs[1:], None], strict=True):
        named = _CLASS.search(paragraph[1])
        if wanted is None or (named is None and alone) or (named and named[1].lower() == wanted):
            found.append(block[paragraph.end() : following.start() if following else len(block)])
    return "\n".join(filter(None, map(_plain, found))) if found else None


def _plain(text: str) -> str:
    text = " ".join(_DROPPED.sub("", text).split())
    lines = _BREAK.sub("\n", text).replace("{", "(").replace("}", ")").split("\n")
    return "\n".join(
        it.strip() for it in lines if it.replace("&nbsp;", "").replace("&nbsp", "").strip()
    )
