"""The documented proxies send each request to a web side that can answer it."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.programs.ports import free_port
from tests.programs.two_web_sides import Caddy, Nginx

TIMES = 8
LARGEST = 5 << 20
"""The bytes of a part of an upload."""


class WebSide(ThreadingHTTPServer):
    """Answers each request with its own port, and notes from whom it came."""

    class _Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, WebSide)
            self.server.clients.add(self.headers["X-Forwarded-For"])
            body = str(self.server.server_port).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            length = int(self.headers["Content-Length"])
            assert len(self.rfile.read(length)) == length
            self.send_response(413 if length > LARGEST else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), self._Handler)
        self.clients: set[str] = set()
        threading.Thread(target=self.serve_forever).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Home:
    """Two web sides behind a proxy."""

    def __init__(self, sides: list[WebSide], port: int) -> None:
        self.sides = sides
        self._url = f"http://127.0.0.1:{port}/"

    def answering(self, path: str) -> set[int]:
        """Return which web sides answer several requests, by their numbers from 1."""
        ports = [it.server_port for it in self.sides]
        request = urllib.request.Request(self._url + path, headers={"X-Forwarded-For": "8.8.8.8"})
        found = set()
        for _ in range(TIMES):
            with urllib.request.urlopen(request, timeout=20) as answer:
                found.add(1 + ports.index(int(answer.read())))
        return found

    def put(self, size: int) -> int:
        """Return the status of the answer to a part of an upload."""
        request = urllib.request.Request(self._url + "api/uploads/1", bytes(size), method="PUT")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


@pytest.fixture(params=[Nginx, Caddy])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    port = free_port()
    with ExitStack() as stack:
        sides = [WebSide() for _ in range(2)]
        for each in sides:
            stack.callback(each.close)
        addresses = [f"127.0.0.1:{it.server_port}" for it in sides]
        proxy = request.param(tmp_path / "proxy", port, addresses)
        stack.callback(proxy.stop)
        yield Home(sides, port)


@pytest.mark.parametrize("path", ["", "api/library", "api/library?path=films", "media/film.mkv"])
def test_they_take_turns(home: Home, path: str) -> None:
    assert home.answering(path) == {1, 2}
    # a client cannot claim another address
    assert {it for each in home.sides for it in each.clients} == {"127.0.0.1"}


@pytest.mark.parametrize("path", ["streams/{}/320/init.mp4", "thumbnails/{}", "previews/{}?v=1"])
def test_a_film_stays_with_one_of_them(home: Home, path: str) -> None:
    films = [home.answering(path.format(f"a%20folder/film%20{it}.mkv")) for it in range(20)]
    assert {len(it) for it in films} == {1}
    assert set().union(*films) == {1, 2}


def test_all_of_a_film_comes_from_the_same_one(home: Home) -> None:
    for film in range(8):
        parts = ["320/init.mp4", "320/17.m4s", "640/a.vtt"]
        found = [home.answering(f"streams/series/{film}.mkv/{it}") for it in parts]
        assert len(set().union(*found)) == 1


@pytest.mark.parametrize(
    "path",
    [
        "api/uploads",
        "api/uploads/1?offset=0",
        "media/.uploads/film.mkv",
        "subtitles/.uploads/film.mkv",
        "api/library?path=.uploads",
        "api/library?order=newest&path=.uploads%2F1",
    ],
)
def test_files_of_phones_are_at_the_first(home: Home, path: str) -> None:
    assert home.answering(path) == {1}


def test_a_part_that_is_too_large_takes_no_web_side_away(home: Home) -> None:
    assert home.put(LARGEST) == 200
    assert home.put(LARGEST + 1) == 413
    assert home.answering("api/uploads") == {1}


@pytest.mark.parametrize("path", ["", "streams/1.mkv/320/init.mp4", "api/uploads"])
def test_the_other_one_answers_for_both(home: Home, path: str) -> None:
    home.sides[0].close()
    assert home.answering(path) == {2}
