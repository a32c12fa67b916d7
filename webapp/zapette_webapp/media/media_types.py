"""The types of media, pictures and subtitles; no I/O."""

from __future__ import annotations

from posixpath import splitext
from typing import Final

from zapette_webapp.media.type_table import DEMUXERS, MEDIA

TYPES: Final = {
    **MEDIA,
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m3u": "audio/x-mpegurl",
    ".pls": "audio/x-scpls",
    ".strm": "text/plain",
    ".iso": "application/x-iso9660-image",
    ".m4s": "video/iso.segment",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".ass": "text/x-ssa",
    ".ssa": "text/x-ssa",
    ".sub": "text/x-microdvd",
    ".idx": "text/x-vobsub",
    ".mpl": "text/x-mpl2",
    ".smi": "application/x-sami",
    ".sami": "application/x-sami",
    ".ttml": "application/ttml+xml",
    ".dfxp": "application/ttml+xml",
    ".lrc": "text/x-lrc",
    ".sbv": "text/x-subviewer",
}
"""The types of the served files, by extension."""

SUBTITLES: Final = frozenset(
    {
        ".vtt", ".srt", ".ass", ".ssa", ".sub", ".idx", ".mpl", ".smi", ".sami", ".ttml", ".dfxp",
        ".lrc", ".sbv",
    }
)  # fmt: skip
PAIR: Final = ".idx"
"""The index of subtitles that are pictures, which are in a ``.sub`` file next to it."""
SEVERAL: Final = frozenset({".smi", ".sami"})
"""Subtitle files that may hold several languages."""
STYLED: Final = frozenset({".ass", ".ssa"})
PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
STREAM: Final = ".m3u8"
PLAYLISTS: Final = frozenset({".m3u", ".pls"})
LINKS: Final = frozenset({".strm"})
DISCS: Final = frozenset({".iso"})

_PARTS: Final = frozenset({".ts", ".m4s"})

# Files whose content is never looked at: they are no media, and a folder may hold many.
_OTHER: Final = (
    "txt nfo md log html htm css js json xml csv yml yaml toml ini conf cfg url lnk py c h "
    "cpp rs go java sh bat exe dll so msi deb rpm apk dmg zip rar 7z gz bz2 xz zst tar par2 "
    "sfv md5 sha1 torrent part crdownload tmp bak db sqlite gif bmp tif tiff heic heif avif "
    "svg psd ico raw cr2 nef arw dng jxl idx smi sami ttml dfxp sup ifo bup cue pdf doc docx "
    "xls xlsx ppt pptx odt ods epub mobi azw3 key pem crt ttf otf woff woff2 mid midi"
)
_OTHER_FILES: Final = frozenset(_OTHER.split())

# What a container is called that more than one of these types have.
_USUAL: Final = {"matroska": "video/x-matroska", "mov": "video/mp4", "ogg": "video/ogg"}

# The first bytes of each type: offset, mark, type. The first match counts.
_MARKS: Final = (
    (0, b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (4, b"ftyp", "video/mp4"),
    (4, b"moov", "video/mp4"),
    (4, b"mdat", "video/mp4"),
    (4, b"wide", "video/mp4"),
    (0, b"OggS", "video/ogg"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (8, b"CDXA", "video/mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-wmv"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"\0\0\x01\xb3", "video/x-mpeg-stream"),
    (0, b".RMF", "video/vnd.rn-realvideo"),
    (0, b".ra\xfd", "audio/vnd.rn-realaudio"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01", "video/mxf"),
    (0, b"\xb7\xd8\x00\x20\x37\x49\xda\x11", "video/x-wtv"),
    (0, b"nut/multimedia container", "video/x-nut"),
    (0, b"NSVf", "video/x-nsv"),
    (0, b"DKIF", "video/x-ivf"),
    (0, b"BIKi", "video/x-bink"),
    (0, b"SMK2", "video/x-smacker"),
    (0, b"SMK4", "video/x-smacker"),
    (0, b"YUV4MPEG2 ", "video/x-yuv4mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"AIFF", "audio/aiff"),
    (8, b"AIFC", "audio/aiff"),
    (0, b"MAC ", "audio/x-ape"),
    (0, b"wvpk", "audio/x-wavpack"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"TTA1", "audio/x-tta"),
    (0, b"MPCK", "audio/x-musepack8"),
    (0, b"MP+", "audio/x-musepack"),
    (0, b".snd", "audio/basic"),
    (0, b"caff", "audio/x-caf"),
    (0, b"DSD ", "audio/x-dsf"),
    (0, b"FRM8", "audio/x-dff"),
    (0, b"Creative Voice File", "audio/x-voc"),
    (0, b"riff\x2e\x91\xcf\x11", "audio/x-w64"),
    (0, b"RF64", "audio/wav"),
    (0, b"tBaK", "audio/x-tak"),
    (0, b"ajkg", "audio/x-shorten"),
    (0, b"DTSHDHDR", "audio/vnd.dts.hd"),
    (0, b"\x7f\xfe\x80\x01", "audio/vnd.dts"),
    (4, b"\xf8\x72\x6f\xba", "audio/x-truehd"),
    (4, b"\xf8\x72\x6f\xbb", "audio/x-mlp"),
)
# Too short to tell a file without a known extension from any other.
_WEAK_MARKS: Final = (
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xfa", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
)
_AC3: Final = b"\x0b\x77"
_PAL, _NTSC = b"\x1f\x07\x00\xbf", b"\x1f\x07\x00\x3f"
_PACKETS: Final = ((0, 188), (4, 192))
_WEBM: Final = b"webm"

BEGINNING: Final = 512
"""The number of bytes that `real_type` needs."""

# Browsers open some containers as others, and are asked about those.
_ASKED_AS: Final = {
    "video/quicktime": "video/mp4",
    "video/x-f4v": "video/mp4",
    "video/3gpp2": "video/3gpp",
}
UNKNOWN: Final = "application/octet-stream"
"""The type of a file whose name does not say it."""

# A list of films says nothing of these; a stream in parts (HLS) always has one.
_OF_STREAMS: Final = (b"#EXT-X-TARGETDURATION", b"#EXT-X-STREAM-INF", b"#EXT-X-MEDIA")


def suffix(path: str) -> str:
    """Return the extension of a path in lower case, with its dot."""
    return splitext(path)[1].lower()


def kind(path: str) -> str | None:
    """Return what the name of a file says that it is; None if it is no medium, or does not say.

    It is ``video`` or ``audio`` for a medium, ``playlist`` for a list of media, and ``link`` for
    a file with one address.
    """
    end = suffix(path)
    if end in PLAYLISTS:
        return "playlist"
    if end in LINKS:
        return "link"
    if end in DISCS or end == STREAM:
        return "video"
    return kind_of(MEDIA.get(end, ""))


def kind_of(kind_of_file: str) -> str | None:
    """Return ``video`` or ``audio`` for the type of a medium; None for any other."""
    return kind_of_file.partition("/")[0] if kind_of_file in DEMUXERS else None


def is_part(path: str, *, with_playlist: bool) -> bool:
    """Return whether a file is a segment of a stream (HLS) rather than a medium of its own."""
    return suffix(path) in _PARTS and with_playlist


def is_unnamed(path: str) -> bool:
    """Return whether only the content of a file can say that it is a medium."""
    return suffix(path) not in TYPES and suffix(path)[1:] not in _OTHER_FILES


def is_stream(beginning: bytes) -> bool:
    """Return whether a playlist (``.m3u8``) is a stream in parts (HLS), not a list of films."""
    return any(mark in beginning for mark in _OF_STREAMS)


def container(path: str) -> str:
    """Return the type, without codecs, to ask a browser about."""
    return asked_as(TYPES.get(suffix(path), UNKNOWN))


def asked_as(kind_of_file: str) -> str:
    """Return the type to ask a browser about for a type of file."""
    return _ASKED_AS.get(kind_of_file, kind_of_file)


def may_open(path: str) -> bool:
    """Return whether ffmpeg may open a medium of the library, by its name."""
    return is_unnamed(path) or demuxer(path) is not None


def demuxer(path: str) -> str | None:
    """Return ffmpeg's name of a medium's container; None if it must not be opened."""
    return demuxer_of(TYPES.get(suffix(path), ""))


def demuxer_of(kind_of_file: str) -> str | None:
    """Return ffmpeg's name of the container of a type."""
    return DEMUXERS.get(kind_of_file)


def opened_by(demuxer: str, kind: str) -> str:
    """Return the type to ask a browser about for what ffmpeg opens by the name of a container.

    Args:
        demuxer: ffmpeg's name.
        kind: ``video`` or ``audio``, for a container that has no type here.
    """
    if demuxer in _USUAL:
        return _USUAL[demuxer]
    known = (it for it, name in DEMUXERS.items() if name == demuxer)
    return next(known, f"{kind}/x-{demuxer}")


def real_type(path: str, beginning: bytes) -> str:
    """Return the type of a medium by its name, unless its first bytes show another.

    Browsers look at the content and play a film with the wrong extension. Only types that ffmpeg
    opens without reading other files are recognised, which excludes playlists.
    """
    if is_unnamed(path):
        return recognised(beginning) or UNKNOWN
    named = TYPES.get(suffix(path), UNKNOWN)
    # a tag that many kinds of music may have in front
    if beginning.startswith(b"ID3") and kind_of(named) == "audio":
        return named
    found = recognised(beginning) or _marked(_WEAK_MARKS, beginning) or _sound(beginning)
    same = found is None or demuxer_of(found) == demuxer_of(named)
    return named if same or demuxer_of(named) is None or found is None else found


def recognised(beginning: bytes) -> str | None:
    """Return the type that the first bytes of a file show beyond doubt; None if they show none."""
    found = _marked(_MARKS, beginning)
    if found == "video/x-matroska" and _WEBM in beginning[:64]:
        return "video/webm"
    if found is not None:
        return found
    if beginning.startswith((_PAL, _NTSC)):
        return "video/x-dv"
    for place, size in _PACKETS:
        marks = beginning[place::size]
        if len(marks) > 1 and set(marks) == {0x47}:
            return "video/mp2t"
    return None


def _marked(marks: tuple[tuple[int, bytes, str], ...], beginning: bytes) -> str | None:
    return next((it for place, mark, it in marks if beginning.startswith(mark, place)), None)


def _sound(beginning: bytes) -> str | None:
    if not beginning.startswith(_AC3) or len(beginning) < 6:
        return None
    # the version of the bit stream (ATSC A/52, E.1.2.2)
    return "audio/eac3" if beginning[5] >> 3 > 10 else "audio/ac3"
