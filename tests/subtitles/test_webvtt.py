"""Files of subtitles as WebVTT: each usual format, and each usual fault."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.waiting import SLACK
from zapette_webapp.subtitle_formats.readers import milliseconds
from zapette_webapp.subtitle_formats.webvtt import to_webvtt

TIMING = re.compile(
    r"(\d{2,}):(\d\d):(\d\d)\.(\d{3}) --> (\d{2,}):(\d\d):(\d\d)\.(\d{3})(?: line:0)?"
)

SRT = """1
00:00:01,000 --> 00:00:02,500
A <i>b</i> & {\\an8}top

2
00:00:00,500 --> 00:00:00,900
1 > 0 --> x

"""
HEAD = """[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H0,&H0,&H0,&H0,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
Style: Loud,Arial,20,&H0,&H0,&H0,&H0,-1,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
LINE = "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,"


def cues(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and text of each cue, as a browser reads them."""
    answer = to_webvtt(text)
    assert answer.startswith("WEBVTT\n")
    found = []
    for block in answer.split("\n\n")[1:]:
        timing, _, words = block.strip("\n").partition("\n")
        match = TIMING.fullmatch(timing)
        assert match, block
        hours, minutes, seconds, rest, *end = map(int, match.groups())
        start = ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest
        found.append((start, ((end[0] * 60 + end[1]) * 60 + end[2]) * 1000 + end[3], words))
    return found


def test_srt_is_put_in_order_and_escaped() -> None:
    assert to_webvtt(SRT) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:00.900\n1 &gt; 0 --&gt; x\n\n"
        "00:00:01.000 --> 00:00:02.500 line:0\nA <i>b</i> &amp; top\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{\\b1}Hello{\\b0}, you\\N\\Ntwo {\\p1}m 0 0{\\p0}", "<b>Hello</b>, you\ntwo"),
        ("{\\i1}a{\\c&H0&}b{\\r}c", "<i>ab</i>c"),
        ("{\\rLoud}a{\\r}b", "<b>a</b>b"),
        ("{\\blur3\\bord2\\pos(1,2)}a{a note}b", "ab"),
        ("{\\b700}a, b", "<b>a, b</b>"),
        ("{\\k20}ka{\\k30}ra", "kara"),
        ("a\\hb < c", "a b &lt; c"),
    ],
)
def test_ass(text: str, expected: str) -> None:
    note = "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,a note\n"
    assert cues(HEAD + LINE + text + "\n" + note) == [(1000, 2500, expected)]


@pytest.mark.parametrize(
    "text",
    [
        LINE + "one",  # no header at all
        "[Events]\n" + LINE + "one",
        HEAD.replace("v4.00+", "v4.00") + LINE + "one",
        HEAD + "Dialogue: 0,rubbish\nDialogue:\nStyle: x\nStyle:\n" + LINE + "one",
        HEAD + LINE.replace("Default", "*Default") + "one",
        HEAD
        + LINE.replace("0:00:01.00", "0:00:1.0").replace("0:00:02.50", " 00:00:02.500 ")
        + "one",
        HEAD + LINE.replace("0:00:01.00", "00:01").replace("0:00:02.50", "0:00:02.5") + "one",
        "Format: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.50,one",
        "[Script Info]\nFormat: Name\n" + LINE + "one\n[Fonts]\nfontname: x\n!!!rubbish",
    ],
)
def test_ass_with_faults(text: str) -> None:
    assert cues(text) == [(1000, 2500, "one")]


def test_much_ass_is_read_in_time() -> None:
    line = LINE + "".join(f"{{\\c&H{number:06X}&\\i{number % 2}}}x" for number in range(160))
    text = HEAD + "\n".join([line] * ((2 << 20) // len(line)))
    started = time.process_time()
    assert len(cues(text)) > 700
    # 14.7 s before, on the same machine
    assert time.process_time() - started < 4 + SLACK


TIMINGS = [
    "00:00:01,000 --> 00:00:02,500", "00:00:01.000 --> 00:00:02.500", "0:0:1,0 --> 0:0:2,5",
    "00:01,000 --> 00:02,500", "00:00:01,000-->00:00:02,500", "00:00:01,000 -> 00:00:02,500",
    "00:00:01,000 —> 00:00:02,500", "00:00:01,000 --> 00:00:02,500  X1:1 X2:2 Y1:3 Y2:4",
    "00:00:01:000 --> 00:00:02:500", "00:00:01;000 --> 00:00:02;500",
    "00: 00: 01, 000 --> 00: 00: 02, 500", " 00:00:01,000  -->  00:00:02,500 ",
    "00.00.01.000 --> 00.00.02.500", "000:00:01,000 --> 000:00:02,500",
    "1 00:00:01,000 --> 00:00:02,500", "00:00:01,000 --&gt; 00:00:02,500",
    "00:00:01,000000 --> 00:00:02,500000", "00:00:01 --> 00:00:02,5", "1.0 --> 2.5",
    "00:00:01,000\u00a0-->\u00a000:00:02,500", "\u300000:00:01\u202f,000 -->\u200300:00:02,500",
]  # fmt: skip


@pytest.mark.parametrize("timing", TIMINGS)
def test_sloppy_times(timing: str) -> None:
    assert cues(f"1\n{timing}\none\n") == [(1000, 2500, "one")]
    assert cues(f"{timing}\none\n\n\n2\n00:00:09,000 --> 00:00:10,000\ntwo") == [
        (1000, 2500, "one"), (9000, 10000, "two"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1\n00:00:01,000 -->\none\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo",
         [(1000, 3000, "one")]),
        ("1\n00:00:05,000 --> 00:00:02,000\none", [(5000, 10000, "one")]),
        ("1\n00:00:05,000 --> 00:00:05,000\none", [(5000, 10000, "one")]),
        ("1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo",
         [(1000, 2000, "one"), (3000, 4000, "two")]),
        ("1\n0:0:1,0 --> 0:0:2,0\none\n\n still one\n\n2\n\n0:0:3,0 --> 0:0:4,0\ntwo",
         [(1000, 2000, "one\nstill one")]),
        ("00:00:01,000 --> 00:00:02,000\n1984\n\n00:00:03,000 --> 00:00:04,000\ntwo",
         [(1000, 2000, "1984")]),
        ("1\n00:00:01,000 --> 00:00:02,000\n<font color='red'>a</font> <3 <I>b</i >",
         [(1000, 2000, "a &lt;3 <i>b</i>")]),
        ("1\n00:00:01,000 --> 00:00:02,000\n<div align='right'>a</div><br>b<BR />c[br]d",
         [(1000, 2000, "a\nb\nc\nd")]),
        ("1\n00:00:01,000 --> 00:00:02,000\nL&#39;&eacute;t&#xE9; &amp; R&D &copy &lt;3 &x;",
         [(1000, 2000, "L'été &amp; R&amp;D &amp;copy &lt;3 &amp;x;")]),
        ("1\n00:00:01,000 --> 00:00:02,000\na&#13;b&#13;&#13;c&#13;&#10;d&#10;&#10;e&#0; --&gt;",
         [(1000, 2000, "a\nb\nc\nd\ne\ufffd --&gt;")]),
        ("rubbish\n\n1\n00:00:01,000 --> 00:00:02,000\none", [(1000, 2000, "one")]),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo",
         [(3000, 4000, "two")]),
        ("x\r1\r00:00:01,000 --> 00:00:02,000\rone\r\r2\r00:00:03,000 --> 00:00:04,000\rtwo\r",
         [(1000, 2000, "one"), (3000, 4000, "two")]),
        ("\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\none\r\n\r\n", [(1000, 2000, "one")]),
    ],
)  # fmt: skip
def test_faults_of_subrip(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert cues(text)[: len(expected)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n00:01.000 --> 00:02.500\n<v Bob>one &amp; two</v>\n",
        "WEBVTT - a title\n\nNOTE x\n\nSTYLE\n::cue {}\n\n1\n00:01.000 --> 00:02.500 line:0\nx",
    ],
)
def test_webvtt_stays_what_it_is(text: str) -> None:
    assert to_webvtt(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "00:01.000 --> 00:02.500\none &amp; two\n",
        "WEBVTT\n\n00:00:01,000 --> 00:00:02,500\none &amp; two\n",
        "\n\nWEBVTT\n\nintro\n00:01.000 --> 00:02.500 align:start\none &amp; two\n\nNOTE x\ny",
        "webvtt\n00:01.000 --> 00:02.500\n<c.red>one</c> &amp; two",
        "WEBVTT\n\n0:01.0 --> 0:02.5\none &amp; two\n\nSTYLE\n::cue {}",
    ],
)
def test_webvtt_with_faults(text: str) -> None:
    assert cues(text) == [(1000, 2500, "one &amp; two")]


def test_names_of_cues_are_not_shown() -> None:
    text = "WEBVTT\n\none\n00:01,000 --> 00:02,500\na\n\ntwo\n00:03.000 --> 00:04.000\nb"
    assert [it[2] for it in cues(text)] == ["a", "b"]


def test_microdvd() -> None:
    with_rate = "{1}{1}25\n{25}{50}one|{y:i}two\n{75}{}three"
    assert cues(with_rate) == [(1000, 2000, "one\n<i>two</i>"), (3000, 8000, "three")]
    assert cues("{24}{48}{C:$0000FF}one")[0][:2] == (1001, 2002)
    assert cues("{1}{1}23,976\n{ 24 }{ 48 }one")[0][2] == "one"


@pytest.mark.parametrize("head", ["", "[INFORMATION]\n[TITLE]x\n[END INFORMATION]\n[SUBTITLE]\n"])
@pytest.mark.parametrize("end", ["00:00:02.50", "0:00:02.500", " 0:00:02.500 "])
def test_subviewer(head: str, end: str) -> None:
    text = f"{head}00:00:01.00,{end}\none[br]two\n10:30,11:45\n\n00:00:03.00,00:00:04.00\nthree\n"
    assert cues(text) == [(1000, 2500, "one\ntwo\n10:30,11:45"), (3000, 4000, "three")]


def test_a_line_of_digits_in_subviewer() -> None:
    text = "00:00:01.00,00:00:02.00\none\n1984\n00:00:03.00,00:00:04.00\n\n2001\n{}\n"
    assert cues(text.format("00:00:05.00,00:00:06.00\nthree")) == [
        (1000, 2000, "one\n1984"), (3000, 4000, "2001"), (5000, 6000, "three"),
    ]  # fmt: skip


def test_mpl2() -> None:
    assert cues("[10][25]one|/two\n[30][]three") == [
        (1000, 2500, "one\n<i>two</i>"), (3000, 8000, "three"),
    ]  # fmt: skip


def test_tmplayer() -> None:
    assert cues("00:00:01:one|two\n00:00:03:three") == [
        (1000, 3000, "one\ntwo"), (3000, 8000, "three"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "\ufeff", " \r\n\n\t", "\0\0"])
def test_an_empty_file_has_no_cues(text: str) -> None:
    assert to_webvtt(text) == "WEBVTT\n"


@pytest.mark.parametrize(
    "text",
    ["garbage", "1\n00:00:01,000 -->", "[Events]\nx", "WEBVTT", "WEBVTT\n\nNOTE only", "{1}{1}25",
     "1 --> 2", "Dialogue:", "\x01\xbaVobSub"],
)  # fmt: skip
def test_what_holds_no_subtitles(text: str) -> None:
    with pytest.raises(ValueError, match="there are no subtitles in it"):
        to_webvtt(text)


@given(st.text())
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        answer = to_webvtt(text)
    except ValueError as error:
        answer = f"WEBVTT\n{error}"
    assert answer.startswith("WEBVTT")


words = st.text(st.sampled_from("ab 1é\n<>&{}\\/|-:.,[]"), min_size=1, max_size=30)
clock = st.integers(0, 359_999_999)


def spelled(time: int, mark: str) -> str:
    seconds, rest = divmod(time, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


@given(st.lists(st.tuples(clock, clock, words), min_size=1, max_size=5), st.sampled_from(",.;:"))
def test_what_is_written_well_is_read(given_: list[tuple[int, int, str]], mark: str) -> None:
    text = "".join(
        f"{number}\n{spelled(start, mark)} --> {spelled(end, mark)}\nx{said}\n\n"
        for number, (start, end, said) in enumerate(given_, 1)
    )
    found = cues(text)
    assert sorted(it[0] for it in found) == sorted(it[0] for it in given_)
    assert all(start < end and said and "\n\n" not in said for start, end, said in found)
    wanted = sorted((start, end) for start, end, _ in given_ if start < end)
    assert set(wanted) <= {it[:2] for it in found}


@given(st.text(max_size=40), st.integers(0, 200), st.binary(max_size=3))
def test_a_fault_costs_no_other_cue(rubbish: str, place: int, noise: bytes) -> None:
    text = "".join(
        f"{it}\n00:00:{it:02},000 --> 00:00:{it:02},900\nline {it}\n\n" for it in range(1, 9)
    )
    damaged = text[:place] + rubbish + noise.decode("latin-1") + text[place:]
    said = "\n".join(it[2] for it in cues(damaged))
    assert sum(f"line {it}" in said for it in range(1, 9)) >= 6


@given(st.text(st.sampled_from("0123456789:.,; -"), max_size=60))
def test_any_clock_is_a_time_or_none(text: str) -> None:
    time = milliseconds(text)
    assert time is None or time >= 0
