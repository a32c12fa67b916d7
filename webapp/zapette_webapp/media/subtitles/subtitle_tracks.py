"""How ffmpeg takes subtitle tracks out of films, by their codecs; no I/O."""

from __future__ import annotations

from typing import Final

# Copied where that is possible: ffmpeg converts only UTF-8, and old films hold other encodings.
_COPIED: Final = {"subrip": "srt", "text": "srt", "webvtt": "webvtt", "ass": "ass", "ssa": "ass"}
_CONVERTED: Final = frozenset(
    {
        "mov_text", "dvb_teletext", "hdmv_text_subtitle", "microdvd", "mpl2", "sami", "realtext",
        "stl", "subviewer", "subviewer1", "jacosub", "pjs", "vplayer",
    }
)  # fmt: skip


def is_text(codec: str) -> bool:
    """Return whether a track with this codec can be shown as text."""
    return codec in _COPIED or codec in _CONVERTED


def reading(codec: str) -> tuple[str, ...]:
    """Return ffmpeg's options for the input with a text track."""
    # the decoder's own choice is a picture of the page
    return ("-txt_format", "text") if codec == "dvb_teletext" else ()


def writing(codec: str) -> tuple[str, ...]:
    """Return ffmpeg's options that write a text track in a format of files."""
    copied = _COPIED.get(codec)
    return ("-c:s", "copy", "-f", copied) if copied else ("-c:s", "srt", "-f", "srt")
