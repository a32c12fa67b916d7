"""What pages report of their errors: only where a setting asks for it, and never much."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.programs.system import System

REPORT = {"page": "player", "message": "Error: x", "stack": "at play (media.js:1:2)"}


@pytest.fixture
def consenting(new_system: Callable[..., System]) -> System:
    return new_system(ZAPETTE_PAGE_ERRORS="true")


def test_nothing_without_the_setting(system: System) -> None:
    assert system.post("api/page-error", REPORT).status == 404
    assert system.get("api/stamp").status == 404
    for page in ("", "remote"):
        body = system.get(page).body
        assert b"error-reports.js" not in body
        assert b"reload.js" not in body


def test_with_the_setting(consenting: System) -> None:
    for page in ("", "remote"):
        html = consenting.get(page).body
        assert html.index(b"error-reports.js") < html.index(f"{page or 'player'}.js".encode())
        assert b"reload.js" not in html
        (address,) = re.findall(r'"([^"]+/error-reports\.js)"', html.decode())
        assert consenting.get(address).status == 200
    assert consenting.get("api/stamp").status == 404
    assert consenting.post("api/page-error", REPORT).status == 204
    assert "on the player's page: Error: x\nat play (media.js:1:2)" in consenting.log
    wrong: list[object] = [
        {},
        {"page": "other"},
        {"page": "player", "message": 1},
        {"page": "player", "more": "x"},
        [],
        b"{",
        {"page": "player", "message": "x" * 5000},
    ]
    for body in wrong:
        answer = consenting.post("api/page-error", body)
        assert answer.status in {400, 413}, body
    forged = {"page": "remote", "message": "x\r\n12:00:00 web ERROR forged\x1b[2J"}
    statuses = [consenting.post("api/page-error", forged).status for _ in range(10)]
    assert statuses[0] in {204, 429}
    assert statuses[-1] == 429
    assert "\n12:00:00 web ERROR forged" not in consenting.log
    assert "\x1b" not in consenting.log
