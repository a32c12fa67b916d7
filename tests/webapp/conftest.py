"""What the tests of the web side share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs.system import System
from tests.sharing import sharing
from tests.webapp import films


@pytest.fixture(scope="session")
def film_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media folder with real media; tests that change it work on a copy."""
    folder = tmp_path_factory.mktemp("films")
    films.make(folder)
    return folder


@pytest.fixture(scope="session")
def rich_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with all that a film may contain."""
    return films.rich(tmp_path_factory.mktemp("rich"))


@pytest.fixture(scope="session")
def cinema(film_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system on that folder, when everything in it has been looked into."""
    settings = {"ZAPETTE_MEDIA_DIR": str(film_folder)}
    with sharing(System(tmp_path_factory.mktemp("cinema"), settings)) as running:
        running.wait_for_index()
        yield running
