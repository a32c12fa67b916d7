"""Decodes a subtitle file in any encoding; no I/O."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import Final

_WINDOWS: Final = {
    "ar": "cp1256", "bg": "cp1251", "cs": "cp1250", "el": "cp1253", "et": "cp1257", "fa": "cp1256",
    "he": "cp1255", "hr": "cp1250", "hu": "cp1250", "ja": "cp932", "ko": "cp949", "lt": "cp1257",
    "lv": "cp1257", "pl": "cp1250", "ro": "cp1250", "ru": "cp1251", "sk": "cp1250", "sl": "cp1250",
    "sr": "cp1251", "th": "cp874", "tr": "cp1254", "uk": "cp1251", "vi": "cp1258", "zh": "gb18030",
}  # fmt: skip
# Other encodings of a language, by its most common one.
_OTHERS: Final = {
    "cp1250": ("iso8859-2",),
    "cp1251": ("koi8-r", "koi8-u", "cp866", "iso8859-5"),
    "cp1252": ("iso8859-1", "iso8859-15", "mac-roman"),
    "cp1253": ("iso8859-7",),
    "cp1254": ("iso8859-9",),
    "cp1255": ("iso8859-8",),
    "cp1256": ("iso8859-6",),
    "cp932": ("euc-jp",),
    "gb18030": ("big5",),
}
_WESTERN: Final = "cp1252"
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE: Final = 0.15
_SAMPLE: Final = 1 << 18
_JURY: Final = 5
_LINES_EACH: Final = 4
_STRAY: Final = re.compile("[\udc80-\udcff]")


def decode(content: bytes, language: str | None = None) -> str:
    """Return the text in `content`; a byte that cannot be read is U+FFFD.

    UTF-8, UTF-16 and UTF-32 are recognised by their marks or form, and other encodings by their
    content (docs/decisions/0061-reading-subtitles.md).

    Args:
        content: a whole file.
        language: ISO 639-1 code, if the file's name contains one.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if content.count(0) > _WIDE * len(content):
        # In Latin text, digits and spaces, every second byte is zero.
        last = content[1::2].count(0) >= content[::2].count(0)
        return content.decode("utf-16-le" if last else "utf-16-be", "replace")
    text = content.decode("utf-8-sig", "surrogateescape")
    stray = len(_STRAY.findall(text))
    if stray and 3 * stray > len(text) - sum(map(len, re.findall("[\0-\x7f]+", text))):
        return content.decode(_majority_encoding(content[:_SAMPLE], language), "replace")
    return content.decode("utf-8-sig", "replace")


def _majority_encoding(content: bytes, language: str | None) -> str:
    """Return the encoding of most parts of `content`: a bad byte affects only one part."""
    lines = [it for it in content.splitlines() if not it.isascii()]
    parts = max(1, min(_JURY, len(lines) // _LINES_EACH))
    usual = _WINDOWS.get(language or "", _WESTERN)
    candidates = _candidates(language)
    votes = Counter(
        _detected(b"\n".join(lines[it::parts]), candidates, usual) for it in range(parts)
    )
    return votes.most_common(1)[0][0]


def _candidates(language: str | None) -> list[str]:
    if language is None:
        every = {_WESTERN, *_WINDOWS.values(), *_OTHERS}
    else:
        every = {_WINDOWS.get(language, _WESTERN)}
    return sorted(every | {other for it in every for other in _OTHERS.get(it, ())})


def _detected(content: bytes, candidates: list[str], usual: str) -> str:
    # The import takes a tenth of a second, and few files need it.
    import chardet  # noqa: PLC0415

    found = chardet.detect(content, include_encodings=candidates, no_match_encoding=usual)
    return found["encoding"] or usual
