"""What many tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.foreign import SystemOnMosquitto
from tests.system import System

_TESTS = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let one process run a folder's tests, in order, where several share the tests.

    What a folder's tests run on is started once, and one process at a time drives browsers.
    """
    item.add_marker(pytest.mark.xdist_group(_folder(item)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: _folder(item) != "browser")


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that runs for the whole session; tests on it use players of their own.

    ``TEST_BROKER=mosquitto`` puts it on a plain Mosquitto.
    """
    folder = tmp_path_factory.mktemp("system")
    foreign = os.environ.get("TEST_BROKER") == "mosquitto"
    running = (SystemOnMosquitto(folder) if foreign else System(folder)).start()
    yield running
    running.stop()


@pytest.fixture
def new_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Make systems of the test's own, which it may break; they are stopped after it."""
    made: list[System] = []

    def make(**settings: str) -> System:
        folder = tmp_path / f"system-{len(made)}"
        folder.mkdir()
        made.append(System(folder, settings))
        return made[-1].start()

    yield make
    for one in made:
        one.stop()
