"""SAMI with its languages, TTML and LRC, and their faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.subtitles.test_webvtt import cues
from zapette_webapp.subtitle_formats import sami, ttml
from zapette_webapp.subtitle_formats.webvtt import to_webvtt

SAMI = """<SAMI><HEAD><STYLE TYPE="text/css"><!--
P { margin-left: 2pt; font-family: Arial; }
.ENCC { Name: English; lang: en-US; SAMIType: CC; }
.FRCC { Name: 'Français'; lang: fr-FR; }
--></STYLE></HEAD><BODY>
<SYNC Start=1000><P Class=ENCC>Hello <i>you</i><br>there
<P Class=FRCC>Bonjour &amp; salut
<SYNC Start=2500><P Class=ENCC>&nbsp;
<SYNC Start="3000"><P Class="FRCC">&nbsp;
<sync start=9000><p class=encc>Bye</p></sync>
</BODY></SAMI>"""
TTML = """<?xml version="1.0" encoding="utf-16"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"
    xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="1000">
 <head><styling><style xml:id="s" tts:fontStyle="italic"/></styling>
  <layout><region xml:id="up" tts:displayAlign="before"/></layout></head>
 <body><div>
  <p begin="00:00:01.500" end="00:00:02.500" region="up">Up &amp;
     <span style="s">slanted</span><br/>next</p>
  <p begin="3s" dur="500ms">{plain}</p>
  <p begin="00:00:04:05" end="5000t"><span tts:fontWeight="bold">5 &lt; 6</span></p>
 </div></body></tt>"""
LRC = "[ti:Song]\n[offset:+100]\n[00:01.10][01:00.5]La <00:01.50>la\n[00:03]lu\n"


def test_sami_has_several_languages() -> None:
    found = sami.languages(SAMI)
    assert [(it.name, it.label, it.language) for it in found] == [
        ("ENCC", "English", "en-US"), ("FRCC", "Français", "fr-FR"),
    ]  # fmt: skip
    assert cues(SAMI) == [
        (1000, 2500, "Hello <i>you</i>\nthere"), (9000, 14000, "Bye"),
    ]  # fmt: skip
    french = to_webvtt(SAMI, 1)
    assert french == "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nBonjour &amp; salut\n"


def test_sami_without_classes() -> None:
    text = "<SAMI><SYNC Start=10>one<SYNC Start=20><P>two<SYNC Start=30><P>&nbsp;"
    assert cues(text) == [(10, 20, "one"), (20, 30, "two")]


def test_ttml() -> None:
    assert cues(TTML) == [
        (1500, 2500, "Up &amp; <i>slanted</i>\nnext"),
        (3000, 3500, "(plain)"),
        (4200, 5000, "<b>5 &lt; 6</b>"),
    ]
    assert "00:00:01.500 --> 00:00:02.500 line:0\n" in to_webvtt(TTML)


def test_what_comes_before_a_fault_in_ttml_is_read() -> None:
    assert [it[0] for it in cues(TTML[: TTML.index('<p begin="00:00:04')])] == [1500, 3000]


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE tt [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE tt [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE tt SYSTEM "http://localhost/x.dtd">',
    ],
)
def test_a_dtd_is_refused(dtd: str) -> None:
    body = TTML.partition("?>")[2].replace("plain", "&b;")
    with pytest.raises(ValueError, match="DTD"):
        to_webvtt(dtd + body)


def test_deep_ttml_is_refused() -> None:
    deep = "<tt>" + "<div>" * 5000 + '<p begin="1s">x</p>'
    with pytest.raises(ValueError, match="deeply"):
        to_webvtt(deep)


def test_lrc() -> None:
    assert cues(LRC) == [
        (1000, 2900, "La la"), (2900, 7900, "lu"), (60400, 65400, "La la"),
    ]  # fmt: skip


pieces = st.sampled_from(
    ["<sync start=", "<p ", "class=ENCC", ">", "<", "1000", "&nbsp;", "<tt>", "</tt>", "<p begin='",
     "1s'", "<span>", "</p>", "<br/>", "[00:01.00]", "[offset:9]", "\n", "x", '"', "{", "\\",
     ".A{lang:en}"]
)  # fmt: skip


@given(st.lists(pieces, max_size=40).map("".join), st.integers(0, 20))
def test_anything_is_read_or_refused_in_words(text: str, number: int) -> None:
    try:
        answer = to_webvtt(text, number)
    except ValueError as error:
        answer = f"WEBVTT\n{error}"
    assert answer.startswith("WEBVTT")


@given(st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(["a", "b<i>c</i>", "&lt;"]))))
def test_all_that_sami_says_is_shown(said: list[tuple[int, str]]) -> None:
    times = sorted(dict(said).items())
    text = "".join(f"<SYNC Start={start}><P>{words}" for start, words in times)
    assert [it.start for it in sami.sami(text)] == [start for start, _ in times]


@given(st.lists(st.tuples(st.integers(0, 99_999), st.integers(1, 999)), min_size=1, max_size=9))
def test_all_that_ttml_says_is_shown(times: list[tuple[int, int]]) -> None:
    body = "".join(f'<p begin="{start}ms" dur="{lasts}ms">x</p>' for start, lasts in times)
    found = [(it.start, it.end) for it in ttml.ttml(f"<tt><body><div>{body}</div></body></tt>")]
    assert found == [(start, start + lasts) for start, lasts in times]
