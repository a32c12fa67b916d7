"""What the tests of streams share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.streams import samples


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of films in many formats; tests that change them work on copies."""
    folder = tmp_path_factory.mktemp("films")
    for name, options in (samples.FILMS | samples.RAW).items():
        samples.film(folder / name, *options)
    ffmpeg("-ss", "1", "-i", str(folder / "h264.mp4"), "-c", "copy", str(folder / "cut.mp4"))
    late = ("-itsoffset", "5", "-i", str(folder / "h264.mkv"), "-i", str(folder / "h264.mkv"))
    ffmpeg(*late, "-map", "0:v", "-map", "1:a", "-c", "copy", str(folder / "late-picture.mkv"))
    samples.changing(folder / "changing.ts")
    samples.partly_silent(folder / "partly silent.mkv", "ac3")
    samples.partly_silent(folder / "partly silent.mp4", "aac")
    return folder


@pytest.fixture(scope="session")
def server(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system on that folder."""
    settings = {"ZAPETTE_MEDIA_DIR": str(films)}
    with sharing(System(tmp_path_factory.mktemp("server"), settings)) as running:
        yield running
