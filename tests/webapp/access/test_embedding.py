"""Pages of other sites can embed nothing of ours, in a real browser."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from tests.browser.driving.chromium import launched
from tests.programs.system import System
from tests.waiting import eventually


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page of another site."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


EMBED = """([kind, url]) => new Promise(done => {
    const element = document.createElement(kind)
    element.addEventListener('load', () => done('loaded'))
    element.addEventListener('loadedmetadata', () => done('loaded'))
    element.addEventListener('error', () => done('refused'))
    element.src = url
    document.body.append(element)
})"""


def is_there(system: System, path: str) -> bool:
    return system.get(path).status == 200


def test_what_a_page_can_embed(cinema: System, other_site: str) -> None:
    wanted = [
        ("video", "media/Films/part%202.webm"),
        ("img", "thumbnails/Films/part%202.webm"),
        ("img", "static/icon.svg"),
        ("script", "static/player/player.js"),
    ]
    for _, path in wanted:
        eventually(partial(is_there, cinema, path), f"{path} is there")
    with launched() as browser:
        page = browser.new_page()
        # with a cookie that opens the library, which the browser sends to every port of this host
        made = page.request.get(f"{cinema.url}api/id").json()
        assert page.request.post(f"{cinema.url}api/credentials", data=made).ok
        for site, result in ((cinema.url, "loaded"), (other_site, "refused")):
            for kind, path in wanted:
                page.goto(site)
                assert page.evaluate(EMBED, [kind, cinema.url + path]) == result, (site, path)


ANSWERS = [
    "",
    "remote",
    "static/player/player.js",
    "api/ip",
    "api/library",
    "healthz",
    "metrics",
    "none",
]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_says_so(system: System, path: str) -> None:
    answer = system.get(path)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    refused = system.get(path, {"Host": "evil.example"})
    assert refused.headers["Cross-Origin-Resource-Policy"] == "same-origin"
