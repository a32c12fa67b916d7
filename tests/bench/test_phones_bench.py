"""The bench of the busy phones finds what is wrong, and nothing in a few seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.phone_load.checks import Footprint, differences
from bench.phone_load.phone import Phone
from tests.bench.run import measured
from tests.browser.driving.player_page import PlayerPage

REST = Footprint(heap=2 * 2**20, nodes=300, listeners=70, broker=30 * 2**20, web=40 * 2**20)
VIDEO = {
    "paused": False,
    "ended": False,
    "volume": 0.4,
    "muted": False,
    "currentSrc": "http://127.0.0.1/media/Alpha%20(2019).webm",
    "currentTime": 10.0,
}
STATE = {
    "title": "Alpha",
    "source": "media/Alpha (2019).webm",
    "queue": {"index": 0, "items": [{"title": "Alpha"}, {"title": "Beta"}]},
}
SHOWN = {
    "live": True,
    "playing": True,
    "volume": 40,
    "muted": False,
    "title": "Alpha",
    "position": 9.0,
    "queue": ["Alpha", "Beta"],
    "current": ["Alpha"],
}


def found(video: dict[str, Any], shown: dict[str, Any]) -> list[str]:
    """Return the differences between a `<video>` and a phone's page."""
    player = cast(PlayerPage, SimpleNamespace(video=video, time=video["currentTime"]))
    page = SimpleNamespace(see=lambda _: dict(shown))
    return differences(player, STATE, [cast(Phone, SimpleNamespace(number=3, page=page))])


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"heap": 4 * 2**20}, "heap has grown"),
        ({"nodes": 500}, "nodes has grown from 300 to 500"),
        ({"listeners": 200}, "listeners has grown"),
        ({"broker": 60 * 2**20}, "broker has grown"),
        ({"web": 60 * 2**20}, "web has grown"),
    ],
)
def test_growth_is_told(more: dict[str, int], fault: str) -> None:
    (told,) = REST.growth(replace(REST, **more))
    assert told.startswith(fault)
    assert REST.growth(replace(REST, nodes=301)) == []


@pytest.mark.parametrize(
    ("video", "shown", "fault"),
    [
        ({"paused": True}, {}, "shows playing as True, not False"),
        ({"volume": 0.5}, {}, "shows volume as 40, not 50"),
        ({}, {"live": False}, "shows live as False"),
        ({}, {"title": "Beta"}, "shows title as 'Beta'"),
        ({}, {"queue": ["Beta", "Alpha"]}, "shows queue as ['Beta', 'Alpha']"),
        ({}, {"current": ["Beta"]}, "shows current as ['Beta']"),
        ({}, {"position": 20.0}, "shows 20.0 s, not 10.0 s"),
        ({"currentSrc": "http://127.0.0.1/media/Beta.webm"}, {}, "the player reports"),
    ],
)
def test_a_difference_is_told(video: dict[str, Any], shown: dict[str, Any], fault: str) -> None:
    assert found(VIDEO, SHOWN) == []
    (told,) = found(VIDEO | video, SHOWN | shown)
    assert fault in told


@pytest.mark.long
@pytest.mark.timeout(400)
def test_phones_are_busy(tmp_path: Path) -> None:
    counts = ["--phones", "2", "--minutes", "0.12", "--seed", "7"]
    shown, figures = measured(tmp_path, "phones", *counts, timeout=380)
    assert figures["seed"] == 7
    assert figures["faults"] == []
    assert figures["done"]["press"] > 0
    assert figures["done"]["player cut"] == 3
    assert figures["done"]["player reload"] == 1
    assert "| heap |" in shown
