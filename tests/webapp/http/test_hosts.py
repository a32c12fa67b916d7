"""Only requests for our hosts are answered, and only our pages may change something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.programs.system import System
from tests.webapp.raw import ask
from tests.webapp.test_api import problem

ROUTES = [
    ("GET", ""),
    ("HEAD", ""),
    ("GET", "remote"),
    ("GET", "static/player/player.js"),
    ("GET", "api/ip"),
    ("GET", "api/id"),
    ("POST", "api/credentials"),
    ("POST", "api/pairing"),
    ("DELETE", f"api/players/{'0' * 32}"),
    ("GET", "api/library"),
    ("GET", "media/clip.webm"),
    ("GET", "thumbnails/clip.webm"),
    ("GET", "previews/clip.webm"),
    ("GET", "subtitles/clip.srt"),
    ("GET", "healthz"),
    ("GET", "metrics"),
    ("GET", "nothing"),
    ("OPTIONS", "api/id"),
    ("TRACE", "api/id"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_s_host_is_answered_nothing(system: System, method: str, path: str) -> None:
    body = b"{}" if method == "POST" else None
    answer = system.ask(method, path, body, {"Host": "evil.example"})
    if method == "HEAD":
        assert (answer.status, answer.body) == (421, b"")
        return
    assert "allowed_hosts" in problem(answer, 421, "misdirected_request")["detail"]
    for host in ("", "localhost, localhost", "a b"):
        problem(system.ask(method, path, body, {"Host": host}), 400, "invalid_request")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /healthz HTTP/1.0\r\n", 200),
        ("GET /healthz HTTP/1.0\r\nHost:\r\n", 400),
        ("GET /healthz HTTP/1.0\r\nHost: evil.example\r\n", 421),
        ("GET /healthz HTTP/1.1\r\n", 400),
    ],
)
def test_only_http_1_0_has_no_host(system: System, head: str, status: int) -> None:
    """RFC 9112, 3.2. What watches a server may speak the old version; browsers do not."""
    assert ask(system, f"{head}\r\n".encode()).status == status


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]:8000", "tv.local", "LOCALHOST."])
def test_our_hosts_are_answered(system: System, host: str) -> None:
    for path in ("", "api/ip", "api/library"):
        assert system.get(path, {"Host": host}).status == 200


def test_hosts_that_a_setting_allows(new_system: Callable[..., System]) -> None:
    system = new_system(
        ZAPETTE_ALLOWED_HOSTS="tv.lan,*.maison.example",
        ZAPETTE_PUBLIC_URL="https://home.example/zap/",
    )
    for host in ("tv.lan:8000", "salon.maison.example", "home.example"):
        assert system.get("api/ip", {"Host": host}).status == 200
    assert system.get("api/ip", {"Host": "maison.example"}).status == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 421),
        ("http://8.8.8.8", 421),
        ("null", 421),
        ("http://localhost:8000", 200),
        ("http://192.168.1.9:8123", 200),
    ],
)
def test_who_may_change_something(system: System, origin: str, status: int) -> None:
    made = system.get("api/id", {"Origin": origin}).json
    answer = system.post("api/credentials", made, {"Origin": origin})
    assert answer.status == status
    if status == 421:
        problem(answer, 421, "misdirected_request")
    figures = system.get("metrics").body.decode()
    assert 'zapette_http_refused_total{reason="origin"}' in figures
