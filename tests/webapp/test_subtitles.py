"""Subtitles: which belong to a film, and what they say as WebVTT."""

from __future__ import annotations

import pytest

from webapp.subtitles import Subtitle, beside, decode, to_webvtt

SRT = """1
00:00:01,000 --> 00:00:02,500
A <i>b</i> & {\\an8}top

2
00:00:00,500 --> 00:00:00,900
1 > 0 --> x

"""
ASS = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H0,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\b1}Hello{\\b0}, you\\N\\Ntwo {\\p1}m 0 0{\\p0}
Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,a note
"""


def test_which_belong_to_a_film() -> None:
    paths = [
        "a/film.srt", "a/film.fr.srt", "a/Film.English.forced.ass", "a/film2.srt", "a/film.txt",
        "a/film.pt-BR.vtt", "a/film.en.hi.srt", "a/film-commentary.vtt",
    ]  # fmt: skip
    assert beside("film", paths) == [
        Subtitle("a/Film.English.forced.ass", "English (forced)", "en"),
        Subtitle("a/film-commentary.vtt", "commentary", None),
        Subtitle("a/film.en.hi.srt", "English (SDH)", "en"),
        Subtitle("a/film.fr.srt", "Français", "fr"),
        Subtitle("a/film.pt-BR.vtt", "Português", "pt"),
        Subtitle("a/film.srt", "SRT", None),
    ]


def test_a_folder_of_subtitles_is_for_the_only_film() -> None:
    paths = ["a/Subs/2_French.srt"]
    assert beside("film", paths) == []
    assert beside("film", paths, alone=True) == [Subtitle(paths[0], "Français", "fr")]


def test_srt_is_put_in_order_and_escaped() -> None:
    assert to_webvtt(SRT, ".srt") == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:00.900\n1 &gt; 0 --&gt; x\n\n"
        "00:00:01.000 --> 00:00:02.500 line:0\nA <i>b</i> &amp; top\n"
    )


def test_ass_loses_its_drawings_and_comments() -> None:
    assert to_webvtt(ASS, ".ass") == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<b>Hello</b>, you\ntwo\n"
    )


@pytest.mark.parametrize("suffix", [".srt", ".ass", ".ssa", ".vtt"])
@pytest.mark.parametrize("text", ["", "garbage", "\0" * 9, "1\n00:00:01,000 -->", "[Events]\nx"])
def test_what_holds_no_subtitles(text: str, suffix: str) -> None:
    with pytest.raises(ValueError, match=r"no|not"):
        to_webvtt(text, suffix)


@pytest.mark.parametrize(
    ("content", "language"),
    [
        ("été".encode(), None),
        (b"\xef\xbb\xbf" + "été".encode(), None),
        ("été".encode("utf-16"), None),
        ("été".encode("cp1252"), None),
        ("été".encode("cp1252"), "fr"),
        ("привет".encode("cp1251"), "ru"),
        ("你好".encode("gb18030"), "zh"),
    ],
)
def test_encodings(content: bytes, language: str | None) -> None:
    assert decode(content, language) in {"été", "привет", "你好"}
