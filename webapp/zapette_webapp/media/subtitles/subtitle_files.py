"""Subtitle files: the film of each, and the meaning of its name; no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from zapette_webapp.library.folder import paths
from zapette_webapp.media import languages
from zapette_webapp.subtitle_formats.sami import Language

FOLDERS: Final = frozenset({"subs", "subtitles", "subtitle"})
"""Names of subfolders with the subtitles of the films next to them."""

_PARTS: Final = re.compile(r"[._ \[\](){}]+")
_SEPARATORS: Final = frozenset("._- [(")
_FLAGS: Final = {"forced": "forced", "sdh": "SDH", "cc": "SDH", "hi": "SDH"}


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A subtitle file.

    Attributes:
        path: its path in the library.
        label: the text for people: ``Français (forced)``.
        language: ISO 639-1 code, if its name contains one.
        number: of the language in a file with several, from 0, or of the track of a VobSub; None in
            others.
    """

    path: str
    label: str
    language: str | None
    number: int | None = None


def key(stem: str) -> str:
    """Return a name without its extension in the form for comparison: accents are normalised."""
    return unicodedata.normalize("NFC", stem).casefold()


def owner(stem: str, films: Container[str]) -> str | None:
    """Return the one of `films` to which the subtitles `stem` belong, if any.

    It is the longest one that the name begins with: ``Alien.3.en`` belongs to ``Alien.3`` and not
    to ``Alien``.

    Args:
        stem: the name of a subtitle file without its extension.
        films: the `key` of each film's name.
    """
    whole = key(stem)
    ends = [at for at in range(len(whole), 0, -1) if whole[at : at + 1] in _SEPARATORS]
    return next((whole[:at] for at in [len(whole), *ends] if whole[:at] in films), None)


def named(path: str, film: str) -> Subtitle:
    """Return the meaning of the name of the subtitles at `path`.

    A language counts after the film's name (``film``, as `owner` returns it); if there is no film,
    at the end: ``2_French.srt``, but not ``The.German.Doctor.srt``.
    """
    stem = PurePosixPath(path).stem
    rest = key(stem)[len(film) :] if film else stem
    # in its own case, unless that changes its length
    own = unicodedata.normalize("NFC", stem)[-len(rest) :] if rest else ""
    words = [it for it in _PARTS.split((own if key(own) == rest else rest).strip("-")) if it]
    language, flags, others = None, "", []
    for place, word in enumerate(words):
        known = languages.code(word) if language is None else None
        # a word like "hi" is a language if none was named before
        if known is not None and (film or _is_last(words, place)):
            language = known
        elif word.lower() in _FLAGS:
            flags = f" ({_FLAGS[word.lower()]})"
        elif not word.isdigit():
            others.append(word)
    ending = PurePosixPath(path).suffix[1:].upper()
    name = languages.own_name(language) if language else paths.shown(" ".join(others)[:60])
    return Subtitle(path, (name or ending) + flags, language)


def several(file: Subtitle, declared: Sequence[Language]) -> list[Subtitle]:
    """Return the subtitles in a file that declares these languages; itself if it has but one."""
    return _each(file, declared) if len(declared) > 1 else [file]


def of_pair(file: Subtitle, declared: Sequence[Language]) -> list[Subtitle]:
    """Return the tracks of a VobSub; the name of its index says the language of a single one."""
    if len(declared) == 1 and file.language is not None:
        return [replace(file, number=0)]
    return _each(file, declared)


def _each(file: Subtitle, declared: Sequence[Language]) -> list[Subtitle]:
    found = []
    for number, it in enumerate(declared):
        code = languages.code(it.language) or languages.code(it.label)
        label = languages.own_name(code) if code else paths.shown(it.label[:60]) or it.name
        found.append(Subtitle(file.path, label, code, number))
    return found


def _is_last(words: list[str], place: int) -> bool:
    """Return whether only flags and numbers follow, and it is alone or something precedes it."""
    return all(it.lower() in _FLAGS or it.isdigit() for it in words[place + 1 :])
