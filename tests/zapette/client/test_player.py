"""The player in Python has what players have, by the vectors that the pages' tests read too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any, Literal, get_type_hints

import pytest

from tests.contract.vector_files import vectors
from zapette.client.players.player import Answer, AsyncPlayer, Player, PlayerProcedures, _Given
from zapette.protocol import state
from zapette_cli.commands.completion import procedures

PROCEDURES = vectors("procedures")["player"]
STATE = vectors("state")
ANSWERS = {"state": state.State, "history": state.History, "playable": state.Playable}
CLASSES = {
    "queue": state.Queue,
    "item": state.Item,
    "subtitles": state.Subtitles,
    "tracks": state.Tracks,
    "track": state.Track,
    "stream": state.Stream,
    "chapter": state.Chapter,
    "error": state.Problem,
    "skipped": state.Skipped,
    "history": state.History,
    "played": state.Played,
    "playable": state.Playable,
}
SCALARS = {"text": str, "number": float, "whole number": int, "boolean": bool}
HINTS: dict[str, Any] = {
    "number": float,
    "whole": int,
    "text": str,
    "boolean": bool,
    "track": str | None,
    "texts": Sequence[str],
}


class Recorder(PlayerProcedures[None]):
    """Notes what is called."""

    def __init__(self) -> None:
        self.called: list[tuple[str, dict[str, Any]]] = []

    def call(self, procedure: str, **parameters: Any) -> None:
        self.called.append((procedure, parameters))

    def history(self) -> None:
        self.call("history")

    def playable(self, types: Any) -> None:
        self.call("playable", types=types)


def methods() -> dict[str, tuple[str, dict[str, str]]]:
    """Return each procedure's method, and the method's parameters by the procedure's."""
    made = {}
    recorder = Recorder()
    for name, method in inspect.getmembers(recorder, inspect.ismethod):
        if name.startswith("_") or name == "call":
            continue
        own = list(inspect.signature(method).parameters)
        method(*own)
        ((procedure, given),) = recorder.called
        recorder.called.clear()
        assert procedure not in made
        values = {key: it.value if isinstance(it, _Given) else it for key, it in given.items()}
        assert list(values.values()) == own
        made[procedure] = (name, values)
    return made


METHODS = methods()


def test_every_procedure_is_a_method() -> None:
    named = {procedure: list(parameters) for procedure, (_, parameters) in METHODS.items()}
    assert named == {
        procedure: [each["name"] for each in it["parameters"]]
        for procedure, it in PROCEDURES.items()
    }


def test_the_shell_completes_every_procedure() -> None:
    assert procedures() == sorted(PROCEDURES)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_types_defaults_and_ranges(procedure: str) -> None:
    name, own = METHODS[procedure]
    method = getattr(PlayerProcedures, name)
    hints = get_type_hints(method)
    signature = inspect.signature(method).parameters
    numbers = set()
    for wanted in PROCEDURES[procedure]["parameters"]:
        hint = HINTS.get(wanted["type"]) or Literal[tuple(wanted["choices"])]
        default = wanted.get("default", inspect.Parameter.empty)
        assert hints[own[wanted["name"]]] == (hint if default is not None else hint | None)
        assert signature[own[wanted["name"]]].default == default
        numbers |= {wanted[bound] for bound in ("least", "most") if bound in wanted}
        numbers |= {0} if wanted["type"] == "whole" else set()
    # what editors show says the ranges
    told = re.findall(r"-?\d+(?:\.\d+)?", inspect.getdoc(method) or "")
    assert {float(number) for number in told} == numbers


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_answers(procedure: str) -> None:
    name, _ = METHODS[procedure]
    answers = PROCEDURES[procedure]["answers"]
    for kind in (Player, AsyncPlayer):
        assert not getattr(getattr(kind, name), "__isabstractmethod__", False)
        wanted = Answer if answers == "state" else ANSWERS[answers]
        assert get_type_hints(getattr(kind, name))["return"] == wanted


def hint_of(words: str) -> Any:
    """Return the type hint for a type in the words of ``state.json``."""
    if words.endswith(" or null"):
        return hint_of(words.removesuffix(" or null")) | None
    if words.startswith("list of "):
        return list[hint_of(words.removeprefix("list of "))]  # type: ignore[misc]
    if words.startswith("one of "):
        return Literal[tuple(words.removeprefix("one of ").split(", "))]
    return SCALARS.get(words) or CLASSES[words]


@pytest.mark.parametrize("name", ["state", *STATE["objects"]])
def test_every_field_of_the_state(name: str) -> None:
    kind: type = state.State if name == "state" else CLASSES[name]
    fields = STATE["state"] if name == "state" else STATE["objects"][name]
    assert get_type_hints(kind) == {field: hint_of(words) for field, words in fields.items()}


def test_every_object_is_a_class() -> None:
    assert CLASSES.keys() == STATE["objects"].keys()
    typed = {it for it in vars(state).values() if getattr(it, "__total__", None) is not None}
    assert typed == {*CLASSES.values(), state.State}
