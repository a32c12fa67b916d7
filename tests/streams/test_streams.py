"""Films over HTTP as a browser asks for them: playlists, then parts."""

from __future__ import annotations

import re

import pytest

from tests.programs.system import Answer, System
from zapette_webapp.streams.making.mp4 import Splitter

PARTS = re.compile(r"^([^#\s]+\.m4s.*)$", re.MULTILINE)


def asked(system: System, path: str) -> Answer:
    """Return an answer that must be a good one."""
    answer = system.get(f"streams/{path}")
    assert answer.status == 200, answer.body
    return answer


@pytest.mark.parametrize("film", ["h264.mkv/copy-aac", "hevc.mkv/h264-aac"])
@pytest.mark.parametrize("track", ["video", "audio-0"])
def test_each_part_follows_the_one_before(server: System, film: str, track: str) -> None:
    playlist = asked(server, f"{film}/{track}.m3u8?sig=1").body.decode()
    splitter = Splitter()
    assert list(splitter.feed(asked(server, f"{film}/{track}-init.mp4?sig=1").body)) == []
    end = 0.0
    names = PARTS.findall(playlist)
    assert len(names) >= 2
    for name in names:
        assert "?sig=1&v=" in name
        for fragment in splitter.feed(asked(server, f"{film}/{name}").body):
            assert fragment.start / splitter.timescale == pytest.approx(end, abs=0.03)
            end = fragment.end / splitter.timescale
    assert end == pytest.approx(9, abs=0.1)


def test_the_master_playlist_names_all_tracks(server: System) -> None:
    text = asked(server, "hevc.mkv/h264.120-aac/master.m3u8?sig=1").body.decode()
    assert "RESOLUTION=192x108" in text
    assert 'CODECS="avc1.64001E,mp4a.40.2"' in text
    assert 'URI="audio-0.m3u8?sig=1&v=' in text
    assert "\nvideo.m3u8?sig=1&v=" in text
    # where playing begins is no part of the other addresses
    begun = asked(server, "hevc.mkv/h264.120-aac/master.m3u8?sig=1&at=5.5&sound=0")
    assert begun.body.decode() == text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("h264.mkv/nothing/master.m3u8", 400, "invalid_request"),
        ("h264.mkv/copy-aac/other.m3u8", 404, "not_found"),
        ("h264.mkv/copy-aac/audio-1.m3u8", 404, "not_found"),
        ("h264.mkv/copy-aac/video-99.m4s", 404, "not_found"),
        ("h264.mkv/copy-aac/master.m3u8?at=soon", 400, "invalid_request"),
        ("h264.mkv/copy-aac/master.m3u8?at=-1", 400, "invalid_request"),
        ("h264.mkv/copy-aac/master.m3u8?at=inf", 400, "invalid_request"),
        ("none.mkv/copy-aac/master.m3u8", 404, "not_found"),
        # a page then has it converted
        ("cut.mp4/copy-aac/master.m3u8", 415, "damaged"),
        ("late-picture.mkv/copy-aac/master.m3u8", 415, "damaged"),
    ],
)
def test_refused_in_words(server: System, path: str, status: int, code: str) -> None:
    answer = server.get(f"streams/{path}")
    assert (answer.status, answer.json["code"]) == (status, code)
