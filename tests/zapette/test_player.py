"""The player in Python has what players have: the vectors are the pages' too."""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from tests.vector_files import vectors
from zapette import state
from zapette.cli.completion import procedures
from zapette.player import AsyncPlayer, Player, PlayerProcedures

VECTORS = vectors("player")


class Recorder(PlayerProcedures[None]):
    """Notes what is called."""

    def __init__(self) -> None:
        self.called: dict[str, list[str]] = {}

    def call(self, procedure: str, **parameters: Any) -> None:
        assert procedure not in self.called
        self.called[procedure] = list(parameters)

    def history(self) -> None:
        self.call("history")

    def playable(self, types: Any) -> None:
        self.call("playable", types=types)


def test_every_procedure_is_a_method() -> None:
    recorder = Recorder()
    for name, method in inspect.getmembers(recorder, inspect.ismethod):
        if not name.startswith("_") and name != "call":
            method(*[1] * len(inspect.signature(method).parameters))
    assert recorder.called == VECTORS["procedures"]
    assert procedures() == sorted(VECTORS["procedures"])


@pytest.mark.parametrize("kind", [Player, AsyncPlayer])
def test_both_players_have_them(kind: type) -> None:
    for name, _ in inspect.getmembers(PlayerProcedures, inspect.isfunction):
        assert not getattr(getattr(kind, name), "__isabstractmethod__", False)


def test_every_field_of_the_state() -> None:
    assert list(get_type_hints(state.State)) == VECTORS["state"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (state.Queue, "queue"),
        (state.Item, "item"),
        (state.Track, "track"),
        (state.Subtitles, "subtitles"),
        (state.Tracks, "audio"),
        (state.Problem, "error"),
        (state.Skipped, "skipped"),
        (state.History, "history"),
        (state.Played, "played"),
        (state.Playable, "playable"),
    ],
)
def test_every_field_in_it(kind: type, name: str) -> None:
    assert set(get_type_hints(kind)) == set(VECTORS["fields"][name])
