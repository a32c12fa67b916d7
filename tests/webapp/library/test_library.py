"""The library as a page sees it, through the whole server, with real media."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.programs.mosquitto import run_tool
from tests.programs.system import Answer, System
from tests.waiting import eventually

FILM = "Films/The.Good.Film.1999.1080p.BluRay.x264.mp4"


def library(system: System, **parameters: object) -> Any:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in parameters.items())
    answer = system.get(f"api/library?{query}")
    assert answer.status == 200, answer.body
    return answer.json


def entry(system: System, path: str) -> dict[str, Any]:
    (found,) = library(system, path=path)["entries"]
    assert found["path"] == path
    return dict(found)


def thumbnail(system: System, url: str) -> Answer:
    """Return the answer for a thumbnail, once it is made."""
    return eventually(
        lambda: (now := system.get(url)).status != 503 and now, "the thumbnail is made", timeout=30
    ) or Answer(0, {}, b"")


def test_the_whole_lists_folders_that_hold_something(cinema: System) -> None:
    top = library(cinema)
    assert [it["title"] for it in top["entries"]] == ["Films", "Live", "Music"]
    assert {it["kind"] for it in top["entries"]} == {"folder"}
    assert top["entries"][0]["entries"] == 7
    assert top["entries"][0]["poster"] == "media/Films/poster.jpg"
    assert (top["total"], top["offset"], top["limit"]) == (3, 0, 100)
    assert top["index"] == {"state": "ready", "media": 10, "probed": 10}


def test_a_folder_is_in_order_and_in_parts(cinema: System) -> None:
    whole = library(cinema, path="Films")
    names = [it["path"].removeprefix("Films/") for it in whole["entries"]]
    assert names.index("part 2.webm") < names.index("part 10.webm")
    parts = [library(cinema, path="Films", offset=at, limit=3)["entries"] for at in (0, 3, 6)]
    assert [it["path"] for part in parts for it in part] == [f"Films/{name}" for name in names]
    assert library(cinema, path="Films", offset=50)["entries"] == []
    assert library(cinema, path="Films/")["path"] == "Films"


def test_a_film(cinema: System) -> None:
    film = entry(cinema, FILM)
    assert (film["kind"], film["title"], film["year"]) == ("video", "The Good Film", 1999)
    assert film["source"] == f"media/{FILM}"
    assert cinema.get(film["url"]).status == 200
    assert film["duration"] == pytest.approx(1, abs=0.2)
    assert film["type"] == 'video/mp4; codecs="avc1.42E00A, mp4a.40.2"'
    assert [(it["kind"], it["name"]) for it in film["tracks"]] == [
        ("video", "H.264"), ("audio", "AAC"),
    ]  # fmt: skip
    assert (film["width"], film["height"]) == (160, 120)
    assert film["poster"] == "media/Films/poster.jpg"
    assert film["problem"] is None


def test_what_a_browser_cannot_play_is_named(cinema: System) -> None:
    assert entry(cinema, "Films/silent in browsers.mp4")["type"].endswith(', ac-3"')
    assert [it["kind"] for it in entry(cinema, "Films/mute.mkv")["tracks"]] == ["video"]
    for path in ("Films/broken.mp4", "Films/truncated.mp4"):
        assert entry(cinema, path)["flaw"] == "cut_off"
        assert entry(cinema, path)["problem"] == "unreadable"
        assert entry(cinema, path)["type"] == "video/mp4"


def test_music_is_called_what_its_tags_say(cinema: System) -> None:
    song = entry(cinema, "Music/01 - track.mp3")
    assert (song["title"], song["artist"], song["album"]) == ("A Song", "Somebody", "LP")
    assert song["type"] == 'audio/mpeg; codecs="mp3"'
    assert thumbnail(cinema, song["thumbnail"]).body.startswith(b"\xff\xd8\xff")
    plain = entry(cinema, "Music/02.wav")
    assert (plain["title"], plain["artist"], plain["thumbnail"]) == ("02", None, None)


def test_a_stream_is_one_medium(cinema: System) -> None:
    (stream,) = library(cinema, path="Live")["entries"]
    assert stream["source"] == "media/Live/index.m3u8"
    assert stream["type"] == "application/vnd.apple.mpegurl"
    assert (stream["problem"], stream["thumbnail"]) == (None, None)
    segment = cinema.get("media/Live/index0.ts")
    assert (segment.status, segment.headers["Content-Type"]) == (200, "video/mp2t")


def test_subtitles_are_webvtt(cinema: System) -> None:
    tracks = entry(cinema, FILM)["subtitles"]
    assert [(it["id"], it["label"], it["language"]) for it in tracks] == [
        ("en", "English (forced)", "en"),
        ("fr", "Français", "fr"),
        ("file", "VTT", None),
    ]
    answers = [cinema.get(it["url"]) for it in tracks]
    assert [it.headers["Content-Type"] for it in answers] == ["text/vtt; charset=utf-8"] * 3
    assert all(it.body.startswith(b"WEBVTT") for it in answers)
    (subviewer,) = entry(cinema, "Films/mute.mkv")["subtitles"]
    assert cinema.get(subviewer["url"]).body.startswith(b"WEBVTT")
    french = answers[1]
    assert "00:00:00.100 --> 00:00:00.900\nÀ <i>bientôt</i> &amp; merci" in french.body.decode()
    again = cinema.get(tracks[1]["url"], {"If-None-Match": french.headers["Etag"]})
    assert again.status == 304


def test_thumbnails(cinema: System) -> None:
    # a poster of its own, the folder's, or none but a picture out of the film
    for path in (FILM, "Films/part 2.webm"):
        picture = thumbnail(cinema, entry(cinema, path)["thumbnail"])
        assert picture.body.startswith(b"\xff\xd8\xff")
        assert picture.headers["Content-Type"] == "image/jpeg"
        assert "immutable" in picture.headers["Cache-Control"]
    assert thumbnail(cinema, f"thumbnails/{quote(FILM)}").body.startswith(b"\xff\xd8\xff")
    assert entry(cinema, "Films/mute.mkv")["poster"] == "media/Films/mute.png"
    for path in ("Films/mute.png", "Films/broken.mp4", "Live/index.m3u8", "Music/02.wav"):
        assert thumbnail(cinema, f"thumbnails/{quote(path)}").status == 404


def test_search(cinema: System) -> None:
    def found(text: str, path: str = "") -> list[str]:
        return [it["title"] for it in library(cinema, search=text, path=path)["entries"]]

    assert found("good film") == ["The Good Film"]
    assert found("FILM góod") == ["The Good Film"]
    assert found("somebody") == ["A Song"]
    assert found("part", "Films") == ["part 2", "part 10"]
    assert found("part", "Music") == []
    assert found("%") == found("_") == found("x' OR '1'='1") == []
    assert found("music")[0] == "Music"


def test_the_newest_first(cinema: System) -> None:
    everything = library(cinema, order="added")
    assert everything["total"] == 10
    times = [it["added_at"] for it in everything["entries"]]
    assert times == sorted(times, reverse=True)
    assert library(cinema, order="added", path="Music")["total"] == 2


def test_nothing_changed_costs_nothing(cinema: System) -> None:
    first = cinema.get("api/library?path=Films")
    assert first.headers["Cache-Control"] == "no-cache, private"
    again = cinema.get("api/library?path=Films", {"If-None-Match": first.headers["Etag"]})
    assert (again.status, again.body) == (304, b"")


def test_the_same_answer_over_mqtt(cinema: System) -> None:
    given = run_tool(
        "rr", cinema.household(), "-t", "zapette/server/request/cli/1/library",
        "-e", "zapette/server/response/cli/1", "-m", '{"path": "Films", "limit": 2}', "-W", "10",
    )  # fmt: skip
    assert '{"result":' in given.stdout, given
    over_http = cinema.get("api/library?path=Films&limit=2").json
    assert json.loads(given.stdout)["result"] == over_http
    refused = run_tool(
        "rr", cinema.household(), "-t", "zapette/server/request/cli/2/library",
        "-e", "zapette/server/response/cli/2", "-m", "nowhere", "-W", "10",
    )  # fmt: skip
    assert '"invalid_argument"' in refused.stdout


def test_a_picture_is_known_by_its_path_but_not_listed(cinema: System) -> None:
    (photo,) = cinema.get("api/library?path=Films/poster.jpg").json["entries"]
    assert (photo["kind"], photo["source"]) == ("image", "media/Films/poster.jpg")
    listed = cinema.get("api/library?search=poster").json["entries"]
    assert [it["source"] for it in listed] == []


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("path=none", 404, "path"),
        ("path=../", 404, "path"),
        ("path=%2e%2e%2fFilms", 404, "path"),
        ("path=/etc", 404, "path"),
        ("path=.hidden", 404, "path"),
        ("path=Films/The.Good.Film.1999.1080p.BluRay.x264.fr.srt", 404, "path"),
        ("path=%00", 404, "path"),
        ("path=" + "a" * 5000, 400, "path"),
        ("offset=-1", 400, "offset"),
        ("offset=x", 400, "offset"),
        ("offset=99999999999", 400, "offset"),
        ("limit=0", 400, "limit"),
        ("limit=501", 400, "limit"),
        ("limit=%C2%B2", 400, "limit"),
        ("order=size", 400, "order"),
        ("search=" + "a" * 201, 400, "search"),
        ("search=%CC%81", 400, "search"),
        ("sort=name", 400, "sort"),
    ],
)
def test_bad_questions(cinema: System, query: str, status: int, word: str) -> None:
    answer = cinema.get(f"api/library?{query}")
    assert answer.status == status
    assert word in answer.json["detail"]
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("subtitles/Films/poster.jpg", 404),
        ("subtitles/none.srt", 404),
        ("subtitles/..%2fx.srt", 404),
        ("thumbnails/none.mp4", 404),
        ("thumbnails/%2e%2e/%2e%2e/etc/passwd.jpg", 404),
        ("thumbnails/Films", 404),
    ],
)
def test_no_other_files(cinema: System, path: str, status: int) -> None:
    assert cinema.get(path).status == status
