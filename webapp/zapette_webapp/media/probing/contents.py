"""What a medium contains apart from pictures and sounds: subtitles, fonts and chapters; no I/O."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import basename
from typing import Any, Final

from zapette_webapp.media import languages
from zapette_webapp.media.languages import own_name
from zapette_webapp.media.probing import codecs
from zapette_webapp.media.subtitles import subtitle_tracks
from zapette_webapp.media.titles import titled

_PICTURES: Final = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})
_STYLED: Final = frozenset({"ass", "ssa"})
_FONTS: Final = (".ttf", ".otf", ".ttc", ".woff", ".woff2")


@dataclass(frozen=True, slots=True)
class InsideSubtitle:
    """A subtitle track inside a medium.

    Attributes:
        number: its number among the subtitle tracks of the file, from 0.
        index: its number among all streams of the file, from 0.
        codec_name: what ffmpeg calls its codec: ``subrip``.
        kind: ``text``, ``ass`` (text with styles), ``picture``, or ``unknown`` for what cannot be
            shown.
        label: the text for people: ``Français (forced)``.
        language: ISO 639-1 code, or the code in the file if that one is unknown; None without.
        title: what the medium calls the track.
        forced: whether it is to be shown even to those who want no subtitles.
        default: whether the medium says that it is to be shown first.
    """

    number: int
    index: int
    codec_name: str
    kind: str
    label: str
    language: str | None = None
    title: str | None = None
    forced: bool = False
    default: bool = False


@dataclass(frozen=True, slots=True)
class Font:
    """A font inside a medium, for its subtitles.

    Attributes:
        number: its number among the attachments of the file, from 0 (``-dump_attachment:t:0``).
        name: the name of the file that it was.
    """

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of a medium.

    Attributes:
        title: its title; empty if it has none.
        start: seconds from the beginning.
    """

    title: str
    start: float


def subtitles(streams: Iterable[Mapping[str, Any]]) -> list[InsideSubtitle]:
    """Return the subtitle tracks among the streams of a report, in order."""
    found = [it for it in streams if it.get("codec_type") == "subtitle"]
    return [_subtitle(number, it) for number, it in enumerate(found)]


def fonts(streams: Iterable[Mapping[str, Any]]) -> list[Font]:
    """Return the fonts among the streams of a report."""
    attached = [it for it in streams if it.get("codec_type") == "attachment"]
    named = [Font(number, _file_name(it)) for number, it in enumerate(attached)]
    return [it for it in named if it.name.lower().endswith(_FONTS)]


def chapters(found: Iterable[Mapping[str, Any]]) -> list[Chapter]:
    """Return the chapters of a report by their starts; none if there is but one."""
    read = [
        Chapter(titled((it.get("tags") or {}).get("title")) or "", round(max(0.0, it["start"]), 3))
        for it in found
        if isinstance(it.get("start"), int | float) and math.isfinite(it["start"])
    ]
    return sorted(read, key=lambda it: it.start) if len(read) > 1 else []


def _subtitle(number: int, stream: Mapping[str, Any]) -> InsideSubtitle:
    name = str(stream.get("codec_name") or "")
    disposition = stream.get("disposition") or {}
    found, title = codecs.language(stream), titled(codecs.title(stream))
    language = languages.code(found) or found if found else None
    forced, impaired = (bool(disposition.get(it)) for it in ("forced", "hearing_impaired"))
    return InsideSubtitle(
        number=number,
        index=stream.get("index") or 0,
        codec_name=name,
        kind=_kind(name),
        label=_label(number, language, title) + _flag(forced=forced, impaired=impaired),
        language=language,
        title=title,
        forced=forced,
        default=bool(disposition.get("default")),
    )


def _kind(codec_name: str) -> str:
    if codec_name in _PICTURES:
        return "picture"
    if codec_name in _STYLED:
        return "ass"
    return "text" if subtitle_tracks.is_text(codec_name) else "unknown"


def _label(number: int, language: str | None, title: str | None) -> str:
    name = own_name(language) if language and languages.code(language) else language
    if name is None:
        return title or str(number + 1)
    return name if title is None or title.casefold() == name.casefold() else f"{name}: {title}"


def _flag(*, forced: bool, impaired: bool) -> str:
    return " (forced)" if forced else " (SDH)" if impaired else ""


def _file_name(stream: Mapping[str, Any]) -> str:
    return basename(str((stream.get("tags") or {}).get("filename", "")).replace("\\", "/"))[:200]
