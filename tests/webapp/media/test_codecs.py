"""What a browser is asked whether it can play."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zapette_webapp.errors import Unplayable
from zapette_webapp.media.probing.codecs import content_type, track
from zapette_webapp.media.probing.probe import read


@pytest.mark.parametrize(
    ("stream", "codec"),
    [
        ({"codec_name": "h264", "profile": "High", "level": 31}, "avc1.64001F"),
        ({"codec_name": "h264", "profile": "Constrained Baseline", "level": 10}, "avc1.42E00A"),
        ({"codec_name": "h264", "profile": "High 10", "level": 51}, "avc1.6E0033"),
        ({"codec_name": "h264"}, "avc1.64001F"),
        ({"codec_name": "h264", "level": 10**9}, "avc1.6400FF"),
        ({"codec_name": "hevc", "profile": "Main 10", "level": 120}, "hvc1.2.4.L120.B0"),
        ({"codec_name": "vp9", "profile": "Profile 2", "level": -99, "pix_fmt": "yuv420p10le"},
         "vp09.02.10.10"),
        ({"codec_name": "av1", "profile": "Main", "level": 8}, "av01.0.08M.08"),
        ({"codec_type": "audio", "codec_name": "aac", "profile": "HE-AAC"}, "mp4a.40.5"),
        ({"codec_type": "audio", "codec_name": "eac3"}, "ec-3"),
        ({"codec_type": "audio", "codec_name": "pcm_s16le"}, "1"),
        ({"codec_name": "made_up"}, "made_up"),
    ],
)  # fmt: skip
def test_codecs(stream: dict[str, Any], codec: str) -> None:
    found = track({"codec_type": "video"} | stream)
    assert found is not None
    assert found.codec == codec


def test_covers_texts_and_rubbish_are_no_tracks() -> None:
    cover = {"codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}}
    for stream in (cover, {"codec_type": "subtitle", "codec_name": "srt"}, {}, {"codec_name": 5}):
        assert track(stream) is None


def test_the_first_of_each_kind_counts() -> None:
    tracks = [
        track({"codec_type": kind, "codec_name": name})
        for kind, name in (("audio", "ac3"), ("video", "vp8"), ("audio", "opus"))
    ]
    assert content_type("video/x", [it for it in tracks if it]) == 'video/x; codecs="vp8, ac-3"'
    assert content_type("video/x", []) == "video/x"


@pytest.mark.parametrize("report", [b"", b"{", b"{}", b'{"streams": []}', b"[]", b"\xff"])
def test_reports_that_say_nothing(report: bytes) -> None:
    with pytest.raises(Unplayable):
        read("video/mp4", report)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("N/A", None), ("nan", None), ("12.34567", 12.346), ("-1", None), (None, None)],
)
def test_durations(duration: str | None, seconds: float | None) -> None:
    report = {
        "streams": [{"codec_type": "audio", "codec_name": "mp3"}],
        "format": {"duration": duration, "tags": {"TITLE": "a\0b\nc" + "d" * 500}},
    }
    found = read("audio/mpeg", json.dumps(report).encode())
    assert found.duration == seconds
    assert found.title is not None
    assert found.title.startswith("a b c")
    assert len(found.title) == 200
