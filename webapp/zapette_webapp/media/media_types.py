"""The types of media, pictures and subtitles; no I/O."""

from __future__ import annotations

from posixpath import splitext
from typing import Final

# The system's table is wrong for some of these (.ts is not a translation, .srt is text).
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
"""The types of the served files, by extension."""

SUBTITLES: Final = frozenset({".vtt", ".srt", ".ass", ".ssa", ".sub", ".mpl"})
STYLED: Final = frozenset({".ass", ".ssa"})
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
PLAYLIST: Final = ".m3u8"

_PARTS: Final = frozenset({".ts", ".m4s"})
_NEVER_LISTED: Final = frozenset({".m4s"})

# The tools get these names and do not guess by content: a playlist with the name of a film could
# make them read other files.
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

# The first bytes of each type: offset, mark, type. The first match counts.
_MARKS: Final = (
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (4, b"ftyp", "video/mp4"),
    (4, b"moov", "video/mp4"),
    (4, b"mdat", "video/mp4"),
    (0, b"OggS", "video/ogg"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
)
_PACKETS: Final = ((0, 188), (4, 192))
_WEBM: Final = b"webm"

BEGINNING: Final = 512
"""The number of bytes that `real_type` needs."""

# Browsers open some containers as others, and are asked about those.
_ASKED_AS: Final = {"video/quicktime": "video/mp4"}


def suffix(path: str) -> str:
    """Return the extension of a path in lower case, with its dot."""
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
    """Return the type, without codecs, to ask a browser about."""
    return asked_as(TYPES[suffix(path)])


def asked_as(kind_of_file: str) -> str:
    """Return the type to ask a browser about for a type of file."""
    return _ASKED_AS.get(kind_of_file, kind_of_file)


def demuxer(path: str) -> str | None:
    """Return ffmpeg's name of a medium's container; None if it must not be opened."""
    return demuxer_of(TYPES.get(suffix(path), ""))


def demuxer_of(kind_of_file: str) -> str | None:
    """Return ffmpeg's name of the container of a type."""
    return _DEMUXERS.get(kind_of_file)


def real_type(path: str, beginning: bytes) -> str:
    """Return the type of a medium by its name, unless its first bytes show another.

    Browsers look at the content and play a film with the wrong extension. Only types that ffmpeg
    opens without reading other files are recognised, which excludes playlists.
    """
    named = TYPES[suffix(path)]
    found = _recognised(beginning)
    same = found is None or demuxer_of(found) == demuxer_of(named)
    return named if same or demuxer_of(named) is None or found is None else found


def _recognised(beginning: bytes) -> str | None:
    for place, mark, kind_of_file in _MARKS:
        if beginning.startswith(mark, place):
            webm = kind_of_file == "video/x-matroska" and _WEBM in beginning[:64]
            return "video/webm" if webm else kind_of_file
    for place, size in _PACKETS:
        marks = beginning[place::size]
        if len(marks) > 1 and set(marks) == {0x47}:
            return "video/mp2t"
    return None
