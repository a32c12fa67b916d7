"""Which files are media, pictures and subtitles, and what each is called; no I/O."""

from __future__ import annotations

from posixpath import splitext
from typing import Final

# The system's table has some of these wrong (.ts is not a translation, .srt is text).
TYPES: Final = {
    ".webm": "video/webm",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".3gp": "video/3gpp",
    ".ts": "video/mp2t",
    ".m2ts": "video/mp2t",
    ".avi": "video/x-msvideo",
    ".wmv": "video/x-ms-wmv",
    ".flv": "video/x-flv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4s": "video/iso.segment",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".weba": "audio/webm",
    ".mka": "audio/x-matroska",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".wma": "audio/x-ms-wma",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".ass": "text/x-ssa",
    ".ssa": "text/x-ssa",
    ".sub": "text/x-microdvd",
    ".mpl": "text/x-mpl2",
}
"""The type of each kind of file that is served, by the ending of its name."""

SUBTITLES: Final = frozenset({".vtt", ".srt", ".ass", ".ssa", ".sub", ".mpl"})
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
PLAYLIST: Final = ".m3u8"

_PARTS: Final = frozenset({".ts", ".m4s"})
_NEVER_LISTED: Final = frozenset({".m4s"})

# Named to the tools, so that none guesses by content: a playlist in a film's clothes would make
# it read other files.
_DEMUXERS: Final = {
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "video/x-matroska": "matroska",
    "audio/x-matroska": "matroska",
    "video/mp4": "mov",
    "audio/mp4": "mov",
    "video/quicktime": "mov",
    "video/3gpp": "mov",
    "video/ogg": "ogg",
    "audio/ogg": "ogg",
    "video/mp2t": "mpegts",
    "video/x-msvideo": "avi",
    "video/x-ms-wmv": "asf",
    "audio/x-ms-wma": "asf",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/wav": "wav",
}

# What a browser opens as another container is asked for under that one's name.
_ASKED_AS: Final = {"video/quicktime": "video/mp4"}


def suffix(path: str) -> str:
    """Return the ending of a path in small letters, with its dot."""
    return splitext(path)[1].lower()


def kind(path: str) -> str | None:
    """Return ``video`` or ``audio`` for a medium; None for anything else."""
    if suffix(path) in _NEVER_LISTED:
        return None
    if suffix(path) == PLAYLIST:
        return "video"
    family = TYPES.get(suffix(path), "").partition("/")[0]
    return family if family in {"video", "audio"} else None


def is_part(path: str, *, beside_playlist: bool) -> bool:
    """Tell whether a file is a segment of a stream (HLS) rather than a medium of its own."""
    return suffix(path) in _PARTS and beside_playlist


def container(path: str) -> str:
    """Return the type, without codecs, under which a browser says whether it plays a medium."""
    named = TYPES[suffix(path)]
    return _ASKED_AS.get(named, named)


def demuxer(path: str) -> str | None:
    """Return the name that ffmpeg gives to a medium's container; None if it is not to be opened."""
    return _DEMUXERS.get(TYPES.get(suffix(path), ""))
