"""Subtitles: which files belong to a film, and what each says as WebVTT; no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import pysubs2
from pysubs2 import SSAEvent, SSAFile
from pysubs2.formats.substation import parse_tags

from webapp import languages, media_types

LARGEST: Final = 2 << 20
"""The largest file that is converted, in bytes."""

_LONGEST_CUE: Final = 2000
_WORDS: Final = re.compile(r"[._ ]+")
_TOP: Final = re.compile(r"\\an[789](?!\d)|\\a[567](?!\d)")
_FLAGS: Final = {"forced": "forced", "sdh": "SDH", "cc": "SDH", "hi": "SDH"}


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A file of subtitles.

    Attributes:
        path: where it is in the library.
        label: what to show: ``Français (forced)``.
        language: ISO 639-1 code, if its name tells it.
    """

    path: str
    label: str
    language: str | None


def beside(stem: str, paths: Iterable[str], *, alone: bool = False) -> list[Subtitle]:
    """Return the subtitles among `paths` that belong to the film with the name `stem`.

    They are ``film.srt``, ``film.fr.srt``, ``film.English.forced.ass``…

    Args:
        stem: the film's name without its ending.
        paths: where files are in the library, beside the film or in a folder for subtitles.
        alone: the film is the only one there, so that those in a sub-folder of another name
            are its own too.
    """
    found = []
    for path in sorted(paths):
        name = PurePosixPath(path)
        if name.suffix.lower() not in media_types.SUBTITLES:
            continue
        rest = name.stem[len(stem) :]
        if name.stem.lower().startswith(stem.lower()) and (not rest or rest[0] in "._- "):
            found.append(_named(path, rest))
        elif alone and name.parent.name.lower() in FOLDERS:
            found.append(_named(path, f".{name.stem}"))
    return found


FOLDERS: Final = frozenset({"subs", "subtitles", "subtitle"})
"""Names of sub-folders that hold the subtitles of the films beside them."""


def decode(content: bytes, language: str | None = None) -> str:
    """Return the text in a file: UTF-8 or UTF-16, else what its language was written in before."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(languages.old_encoding(language), "replace")


def to_webvtt(text: str, suffix: str) -> str:
    """Return subtitles as WebVTT, cues in the order of time, with italics, bold and underline.

    Args:
        text: a whole file.
        suffix: ``.srt``, ``.ass``, ``.ssa`` or ``.vtt``, which is returned as it is.

    Raises:
        ValueError: it is not what its name says.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if suffix == ".vtt":
        if not plain.startswith("WEBVTT"):
            raise ValueError("not a WebVTT file")
        return plain
    try:
        subtitles = SSAFile.from_string(plain, format_=suffix.removeprefix("."))
    except (pysubs2.Pysubs2Error, ValueError, IndexError, KeyError) as error:
        raise ValueError(f"not a {suffix} file: {error}") from error
    events = sorted(subtitles, key=lambda it: it.start)
    cues = [cue for event in events if (cue := _cue(event, subtitles)) is not None]
    if not cues:
        raise ValueError("there are no subtitles in it")
    return "WEBVTT\n\n" + "\n".join(cues)


def _named(path: str, rest: str) -> Subtitle:
    language, flags, others = None, "", []
    for word in filter(None, _WORDS.split(rest.strip("-"))):
        # a word like "hi" is a language where none was named yet
        known = languages.code(word) if language is None else None
        if known is not None:
            language = known
        elif word.lower() in _FLAGS:
            flags = f" ({_FLAGS[word.lower()]})"
        elif not word.isdigit():
            others.append(word)
    ending = PurePosixPath(path).suffix[1:].upper()
    name = languages.own_name(language) if language else " ".join(others)[:60] or ending
    return Subtitle(path, name + flags, language)


def _cue(event: SSAEvent, subtitles: SSAFile) -> str | None:
    if event.is_comment or event.end <= event.start or len(event.text) > _LONGEST_CUE:
        return None
    text = _marked_up(event, subtitles)
    if not text:
        return None
    settings = " line:0" if _TOP.search(event.text) else ""
    return f"{_time(event.start)} --> {_time(event.end)}{settings}\n{text}\n"


def _marked_up(event: SSAEvent, subtitles: SSAFile) -> str:
    style = subtitles.styles.get(event.style, pysubs2.SSAStyle.DEFAULT_STYLE)
    parts = []
    for fragment, look in parse_tags(event.text, style, subtitles.styles):
        if look.drawing:
            continue
        text = _escaped(fragment)
        for tag, wanted in (("i", look.italic), ("b", look.bold), ("u", look.underline)):
            if wanted and text.strip():
                text = f"<{tag}>{text}</{tag}>"
        parts.append(text)
    lines = "".join(parts).split("\n")
    # an empty line would end the cue
    return "\n".join(line.strip() for line in lines if line.strip())


def _escaped(text: str) -> str:
    plain = text.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(max(0, milliseconds), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{rest:03}"
