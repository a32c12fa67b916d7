"""What is sent compressed, and what is not."""

from __future__ import annotations

import gzip

import pytest

from tests.programs.system import System

GZIP = {"Accept-Encoding": "br, gzip"}


@pytest.mark.parametrize(
    "path", ["", "remote", "static/connection/rpc.js", "static/styles/tokens.css"]
)
def test_text_is_compressed_for_who_takes_it(system: System, path: str) -> None:
    plain, small = system.get(path), system.get(path, GZIP)
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < 0.7 * len(plain.body)
    assert int(small.headers["Content-Length"]) == len(small.body)
    for answer in (plain, small):
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_compressed_answer_is_validated(system: System) -> None:
    first = system.get("static/connection/rpc.js", GZIP)
    tag = first.headers["Etag"]
    assert tag.startswith("W/")
    assert system.get("static/connection/rpc.js", GZIP | {"If-None-Match": tag}).status == 304
    plain = system.get("static/connection/rpc.js").headers["Etag"]
    assert system.get("static/connection/rpc.js", {"If-None-Match": plain}).status == 304


@pytest.mark.parametrize(
    "encoding", ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "nonsense;;q=x"]
)
def test_nobody_gets_what_they_do_not_take(system: System, encoding: str) -> None:
    answer = system.get("static/connection/rpc.js", {"Accept-Encoding": encoding})
    assert "Content-Encoding" not in answer.headers


def test_secrets_and_media_are_not_compressed(system: System, cinema: System) -> None:
    made = system.get("api/id").json
    given = system.post("api/credentials", made, GZIP)
    assert len(given.body) > 1000
    assert "Content-Encoding" not in given.headers
    film = cinema.get("media/Films/part%202.webm", GZIP)
    assert "Content-Encoding" not in film.headers
    assert "Vary" not in film.headers
    assert cinema.get("api/library?path=Films", GZIP).headers["Content-Encoding"] == "gzip"
