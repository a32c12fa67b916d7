"""Which messages cross the bridge, and under which name."""

from __future__ import annotations

import json

import pytest

from zapette.mqtt.subscriptions import Filter
from zapette.protocol.topics import Topics
from zapette_bridge.mapping import Mapping

ID = "0123456789abcdef" * 2
PLAIN = Mapping(Topics("zapette"))
PREFIXED = Mapping(Topics("zapette"), "tv/one")
DEEP = Mapping(Topics("home/tv", "ha"), "z")


@pytest.mark.parametrize(
    ("mapping", "ours", "home"),
    [
        (PLAIN, f"zapette/players/{ID}/state", f"zapette/players/{ID}/state"),
        (PREFIXED, f"zapette/players/{ID}/state", f"tv/one/zapette/players/{ID}/state"),
        (PREFIXED, "zapette/server/availability", "tv/one/zapette/server/availability"),
        (PREFIXED, f"zapette/discovery/{ID}", f"zapette/discovery/{ID}"),
        (
            PREFIXED,
            "homeassistant/device/zapette_x/config",
            "homeassistant/device/zapette_x/config",
        ),
        (DEEP, f"home/tv/players/{ID}/state", f"z/home/tv/players/{ID}/state"),
        (DEEP, f"zapette/discovery/{ID}", f"zapette/discovery/{ID}"),
    ],
)
def test_names_on_both_sides(mapping: Mapping, ours: str, home: str) -> None:
    assert mapping.to_home(ours) == home
    assert mapping.to_us(home) == ours


def test_what_has_no_name_on_our_side() -> None:
    assert PREFIXED.to_us(f"zapette/players/{ID}/command/play") is None
    assert DEEP.to_us(f"home/tv/players/{ID}/command/play") is None


@pytest.mark.parametrize("mapping", [PLAIN, PREFIXED, DEEP])
def test_no_topic_goes_both_ways(mapping: Mapping) -> None:
    base = mapping.topics.base
    parts = ("state", "availability", "event/play", "response/c/1", "command/play")
    callees = (f"{base}/players/{ID}", f"{base}/services/demo", f"{base}/server")
    topics = [f"{callee}/{part}" for callee in callees for part in (*parts, "request/c/1/play")]
    topics += [
        f"zapette/discovery/{ID}",
        f"{mapping.topics.discovery_prefix}/device/zapette_x/config",
    ]
    for topic in topics:
        out = any(Filter(each).matches(topic) for each in (*mapping.kept, *mapping.passing))
        home = mapping.to_home(topic)
        comes_in = any(Filter(each).matches(home) for each in mapping.asked)
        is_asked = "/command/" in topic or "/request/" in topic
        assert comes_in == is_asked
        assert not (out and comes_in)
        assert out or comes_in or topic in {f"{base}/server/state", f"{base}/services/demo/state"}


def test_devices_of_others_stay_where_they_are() -> None:
    assert PLAIN.goes_out("homeassistant/device/zapette_1/config")
    assert not PLAIN.goes_out("homeassistant/device/lamp/config")


def test_announcements_name_the_topics_at_home() -> None:
    said = {
        "base_topic": "zapette",
        "name": "zapette corner",
        "parts": [{"topic": f"zapette/players/{ID}/state"}, "homeassistant/status", 1, None],
    }
    payload = json.dumps(said).encode()
    announced = PREFIXED.payload_to_home(f"zapette/discovery/{ID}", payload)
    assert json.loads(announced) == {
        "base_topic": "tv/one/zapette",
        "name": "zapette corner",
        "parts": [{"topic": f"tv/one/zapette/players/{ID}/state"}, "homeassistant/status", 1, None],
    }
    assert PLAIN.payload_to_home(f"zapette/discovery/{ID}", payload) == payload
    state = b'{"source": "zapette/film.mp4"}'
    assert PREFIXED.payload_to_home(f"zapette/players/{ID}/state", state) == state
    half_of_a_pair = b'{"name": "\\ud83d"}'
    for odd in (b"not JSON", b"[" * 100_000, half_of_a_pair):
        assert PREFIXED.payload_to_home(f"zapette/discovery/{ID}", odd) == odd
    assert PREFIXED.payload_to_home(f"zapette/discovery/{ID}", b"") == b""


@pytest.mark.parametrize(
    "name", ["zapette", "zapette/", "zapette/players/x/state", "tv/one/zapette"]
)
def test_what_somebody_calls_a_player_is_no_topic(name: str) -> None:
    said = {"base_topic": "zapette", "name": name, "device": {"name": name, "options": [name]}}
    payload = json.dumps(said).encode()
    announced = json.loads(PREFIXED.payload_to_home(f"zapette/discovery/{ID}", payload))
    assert announced == said | {"base_topic": "tv/one/zapette"}
