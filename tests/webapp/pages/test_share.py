"""``POST /share``: what another app shares, where the browser has no worker that takes it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.programs.system import System
from tests.webapp import raw

TEXT = 'name="shared_text"'
FILE = 'name="shared_files"; filename="a.txt"'


@pytest.mark.parametrize(
    ("part", "opens"),
    [
        (TEXT, {"view": ["library"], "shared_text": ["http://a/b.mp4"]}),
        (FILE, {"view": ["library"], "shared_failed": ["1"]}),
        ('name="view"', {"view": ["library"], "shared_failed": ["1"]}),
    ],
)
def test_the_remote_opens_with_a_text(
    system: System, part: str, opens: dict[str, list[str]]
) -> None:
    body = f"--x\r\nContent-Disposition: form-data; {part}\r\n\r\nhttp://a/b.mp4\r\n--x--\r\n"
    head = (
        "POST /share HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    answer = raw.ask(system, (head + body).encode())
    there = urlsplit(answer.fields["location"])
    assert (answer.status, there.path) == (303, "remote")
    assert parse_qs(there.query) == opens
