"""What the integration knows of players, by the vectors that all languages of the project share."""

import ast
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from custom_components.zapette.button import BUTTONS
from custom_components.zapette.calls import EXPIRY, LOADING, LOADS
from custom_components.zapette.const import DEFAULT_VOLUME_STEP
from custom_components.zapette.errors import CODES
from custom_components.zapette.event import EVENTS
from custom_components.zapette.media_browser import PAGE
from custom_components.zapette.media_id import Medium
from custom_components.zapette.media_player import FEATURES
from custom_components.zapette.move import LONGEST_TITLE, NEAR
from custom_components.zapette.number import LARGEST_DELAY
from custom_components.zapette.player_state import PlayerState, Queue, Track, Tracks
from custom_components.zapette.select import SELECTS, SPEEDS

ROOT = Path(__file__).resolve().parents[3]
INTEGRATION = ROOT / "custom_components" / "zapette"


def vectors(name: str) -> Any:
    return json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())


PROCEDURES = {
    name: [each["name"] for each in it["parameters"]]
    for name, it in vectors("procedures")["player"].items()
}
LANGUAGES = [
    json.loads(file.read_text()) for file in sorted((INTEGRATION / "translations").glob("*.json"))
]


def test_names() -> None:
    for it in vectors("names")["names"]:
        assert PlayerState.of({"name": it["text"]}).name == it["name"]


def test_state() -> None:
    assert {it.name for it in fields(PlayerState)} == set(vectors("state")["state"])
    track = {"id": "fr", "label": "Français", "language": "fr"}
    error = {"code": "media_error", "message": "damaged", "reason": "damaged"}
    item = {"id": "a", "title": "A", "source": "a", "poster": None, "duration": 1.5}
    chapter = {"title": "One", "start": 0}
    said = {
        "version": 1, "seq": 41, "name": "Den", "playing": True, "buffering": True, "ended": True,
        "position": 1.5, "reported_at": 2.5, "duration": 3.5, "rate": 1.5, "volume": 40,
        "muted": True, "title": "A", "source": "a", "artist": "B", "album": "C", "kind": "audio",
        "poster": "p", "queue": {"index": 0, "items": [item]}, "repeat": "one", "shuffle": True,
        "subtitles": {"active": "fr", "tracks": [track], "size": 100, "delay": 1.5},
        "audio": {"active": "fr", "tracks": [track]},
        "stream": {"kind": "remux", "reason": "sound", "speed": 2.5, "codec": "DTS"},
        "chapters": [chapter],
        "fullscreen": True, "sleep_at": 4.5,
        "gesture_required": True, "error": error,
        "skipped": {"source": "b", "title": "B", "error": error}, "can": ["play"],
    }  # fmt: skip
    assert list(said) == list(vectors("state")["state"])
    tracks = Tracks("fr", (Track("fr", "Français"),))
    read = PlayerState.of(said)
    assert {it.name: getattr(read, it.name) for it in fields(read)} == said | {
        "queue": Queue(0, (item,)), "subtitles": replace(tracks, delay=1.5), "audio": tracks,
        "error": "damaged", "chapters": (chapter,),
        "can": frozenset({"play"}),
    }  # fmt: skip


def test_sizes_and_times() -> None:
    limits = vectors("limits")
    assert limits["library_entries"] == PAGE
    assert limits["call_expiry_seconds"] == EXPIRY
    assert limits["loading_seconds"] == LOADING


def test_ranges() -> None:
    declared = vectors("procedures")["player"]
    (delay,) = declared["subtitles/delay"]["parameters"]
    assert (delay["least"], delay["most"]) == (-LARGEST_DELAY, LARGEST_DELAY)
    _, title = declared["queue/add"]["parameters"]
    assert title["most"] == LONGEST_TITLE


def test_what_other_clients_do_alike() -> None:
    alike = vectors("alike")
    assert alike["rates"] == list(SPEEDS)
    assert alike["move_within_seconds"] == NEAR


def test_volume() -> None:
    (step,) = vectors("procedures")["player"]["volume/up"]["parameters"]
    assert step["default"] == DEFAULT_VOLUME_STEP


def test_the_procedures_that_load() -> None:
    declared = vectors("procedures")["player"]
    assert {name for name, it in declared.items() if it.get("loads")} == LOADS


def test_errors() -> None:
    errors = vectors("errors")
    assert list(CODES) == [*errors["callee"], *errors["caller"]]


def test_events() -> None:
    assert list(EVENTS) == vectors("events")["home_assistant"]
    icons = json.loads((INTEGRATION / "icons.json").read_text())["entity"]["event"]["playback"]
    assert list(icons["state_attributes"]["event_type"]["state"]) == list(EVENTS)
    for words in LANGUAGES:
        told = words["entity"]["event"]["playback"]["state_attributes"]["event_type"]["state"]
        assert list(told) == list(EVENTS)


def calls() -> Iterator[tuple[str, set[str]]]:
    """Yield each procedure of a player that the code calls, with the parameters it gives."""
    for file in INTEGRATION.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="async_ask" | "async_call"),
                    args=[ast.Constant(value=str(procedure))],
                    keywords=keywords,
                ) if "_links." not in ast.unparse(node.func):
                    yield procedure, {it.arg for it in keywords if it.arg is not None}
    for button in BUTTONS:
        yield button.procedure, set(button.parameters)
    for select in SELECTS:
        yield select.key, {select.parameter}
    for procedure in ("load", "queue/add", "queue/play_next"):
        yield procedure, set(Medium("a", "A").parameters)


@pytest.mark.parametrize(("procedure", "parameters"), calls())
def test_calls(procedure: str, parameters: set[str]) -> None:
    assert parameters <= set(PROCEDURES[procedure])


def test_the_procedures_that_it_uses() -> None:
    used = {procedure for procedure, _ in calls()}
    assert sorted(used) == sorted(vectors("procedures")["home_assistant"])
    assert set().union(*FEATURES.values()) <= used
