"""Every recipe of docs/shell.md, with a player that notes what it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.clients.plain_player import PlainPlayer
from tests.documents.blocks import DOCUMENTS, Block, blocks
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import HANG_TIMEOUT, eventually
from zapette import Application

WHO, SHORT, *RECIPES = [each for each in blocks(DOCUMENTS / "shell.md") if each.language == "sh"]

HEARD: dict[str, list[tuple[str, Any]]] = {
    "Control the player": [
        ("play", None),
        ("volume", 40),
        ("volume/down", 10),
        ("seek/by", -10),
        ("load", "https://example.org/film.mp4"),
        ("message", "Dinner is ready"),
    ],
    "Call on MQTT 3.1.1": [("pause", None)],
    "Pause all players": [("pause", None)],
}
"""What the player is told by those recipes that do not only look."""

MEANWHILE = {"Wait until the player plays", "Watch every message"}
"""The recipes that end when the player plays."""


@pytest.fixture(scope="module")
def environment(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, dict[str, str]]]:
    """Return a system, and what a person's shell has after the first recipe."""
    folder = tmp_path_factory.mktemp("cookbook")
    (home := folder / "home").mkdir()
    with sharing(System(folder)) as system:
        variables = system.environment | {"HOME": str(home), "PORT": str(system.mqtt_port)}
        variables.pop("XDG_CONFIG_HOME", None)
        assert WHO.run(variables) == ""
        yield system, variables


@pytest.fixture(scope="module")
def household(environment: tuple[System, dict[str, str]]) -> System:
    return environment[0]


@pytest.fixture(scope="module")
def demo(household: System) -> Iterator[Application]:
    app = Application("demo", url=household.household(), base_topic="zapette")

    @app.register()
    def share(of: float, among: int) -> float:
        return of / among

    with app:
        yield app


@pytest.fixture
def player(household: System) -> Iterator[PlainPlayer]:
    running = PlainPlayer(household.household()).start()
    yield running
    running.stop()


def test_who_you_are_is_for_your_eyes_only(environment: tuple[System, dict[str, str]]) -> None:
    files = list((Path(environment[1]["HOME"]) / ".config").iterdir())
    assert len(files) == 3
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_every_recipe_is_known() -> None:
    headings = [each.heading for each in RECIPES]
    assert set(HEARD) < set(headings)
    assert len(headings) == len(set(headings))
    for each in RECIPES:
        assert each.shown or each.heading in HEARD
    assert set(headings) > MEANWHILE


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("recipe", RECIPES, ids=[each.heading for each in RECIPES])
def test_recipe(
    recipe: Block, environment: tuple[System, dict[str, str]], player: PlainPlayer
) -> None:
    whole = Block(recipe.language, SHORT.text + recipe.text, recipe.heading, recipe.shown)
    variables = environment[1] | {"ID": player.id}
    if recipe.heading in MEANWHILE:
        with playing(player):
            whole.check(whole.run(variables))
        return
    if "-W 1" in recipe.text:
        # on a slow machine a second may be over before the first message is here
        eventually(lambda: whole.matches(whole.run(variables)), recipe.heading, 60)
    else:
        whole.check(whole.run(variables))
    expected = HEARD.get(recipe.heading, [])

    def is_told() -> bool:
        return player.heard[-max(len(expected), 1) :] == expected

    eventually(is_told, f"{recipe.heading}: {player.heard}")


@contextmanager
def playing(player: PlainPlayer) -> Iterator[None]:
    """Let the player play again and again: nobody knows when the recipe begins to listen."""
    ended = threading.Event()

    def play() -> None:
        while not ended.wait(0.2):
            player.client.run(player.play()).result(HANG_TIMEOUT)

    runner = threading.Thread(target=play)
    runner.start()
    try:
        yield
    finally:
        ended.set()
        runner.join()


def test_a_recipe_that_is_wrong_is_noticed(environment: tuple[System, dict[str, str]]) -> None:
    """So that the tests above can fail."""
    for text, shown in (("echo one", "two\n"), ("false", "")):
        block = Block("sh", text, "wrong", shown)
        with pytest.raises(AssertionError, match="wrong"):
            block.check(block.run(environment[1]))
