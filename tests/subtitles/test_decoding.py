"""The text in files of subtitles: every encoding that old files are found in."""

from __future__ import annotations

import codecs
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zapette_webapp.subtitle_formats.decoding import decode

DATA = Path(__file__).parents[1] / "data" / "subtitle_languages.json"
LANGUAGES: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))["languages"]
PAIRS = [(name, it) for name, about in LANGUAGES.items() for it in about["encodings"]]
# Its few accented letters say something in Cyrillic as well: the name must tell the language.
NEEDS_THE_NAME = {("it", "cp1252")}


def film(language: str, encoding: str = "utf-8", length: int = 24) -> str:
    """Return subtitles in a language, of those lines that an encoding can hold."""
    lines = [it for it in LANGUAGES[language]["lines"] if _fits(it, encoding)]
    return "".join(
        f"{it + 1}\n00:00:{it:02},000 --> 00:00:{it:02},900\n{lines[it % len(lines)]}\n\n"
        for it in range(length)
    )


def _fits(line: str, encoding: str) -> bool:
    try:
        line.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def share_read(text: str, read: str) -> float:
    lines = text.split("\n")
    known = set(read.split("\n"))
    return sum(it in known for it in lines) / len(lines)


@pytest.mark.parametrize(("language", "encoding"), sorted(set(PAIRS) - NEEDS_THE_NAME))
@pytest.mark.parametrize("length", [6, 24])
def test_the_encoding_is_found_out(language: str, encoding: str, length: int) -> None:
    text = film(language, encoding, length)
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_the_language_helps(language: str, encoding: str) -> None:
    text = film(language, encoding)
    assert decode(text.encode(encoding), language) == text


@pytest.mark.parametrize("bad", [0xFF, 0x81, 0x98])
@pytest.mark.parametrize(("language", "encoding"), PAIRS)
def test_one_bad_byte_spoils_one_line(language: str, encoding: str, bad: int) -> None:
    text = film(language, encoding)
    content = bytearray(text.encode(encoding))
    content.insert(content.index(b"\n00:00:10"), bad)
    assert share_read(text, decode(bytes(content), language)) > 0.95


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""), ("utf-16-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE), ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)  # fmt: skip
def test_unicode(language: str, encoding: str, mark: bytes) -> None:
    text = film(language)
    assert decode(mark + text.encode(encoding)) == text
    # whatever the name says
    assert decode(mark + text.encode(encoding), "ru") == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_utf8_with_a_bad_byte_stays_utf8(language: str) -> None:
    text = film(language)
    chance = random.Random(1)
    for _ in range(20):
        content = bytearray(text.encode())
        content[chance.randrange(len(content))] = chance.randrange(0x80, 0x100)
        assert share_read(text, decode(bytes(content))) > 0.95
    # cut off in the middle of a letter
    cut = "\n".join([text, LANGUAGES[language]["lines"][0]]).encode()[:-1] + "é".encode()[:1]
    assert share_read(text, decode(cut)) > 0.95


@given(st.binary(max_size=400), st.sampled_from([None, *LANGUAGES, "xx"]))
def test_any_bytes_are_text(content: bytes, language: str | None) -> None:
    assert isinstance(decode(content, language), str)


@given(st.text())
def test_utf8_is_read_as_it_is(text: str) -> None:
    if text.count("\0") <= 0.15 * len(text.encode()) and not text.startswith("\ufeff"):
        assert decode(text.encode()) == text
