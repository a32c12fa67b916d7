"""A machine on which nobody installed ffmpeg."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.webapp import films
from tests.webapp.media.test_thumbnails import finished
from zapette_webapp.media import ffmpeg_program
from zapette_webapp.media.pictures.thumbnails import Thumbnails
from zapette_webapp.media.probing.probe import Prober


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return films.short(tmp_path)


@pytest.fixture
def system(film: Path) -> Path:
    """The system's ffmpeg, found before there is none any more."""
    assert film.exists()
    found = shutil.which("ffmpeg")
    assert found is not None
    return Path(found)


@pytest.fixture
def bare(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pytest.MonkeyPatch]:
    """No program but Python, and no package with ffmpeg."""
    assert system.exists()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(ffmpeg_program, "imageio_ffmpeg", None)
    ffmpeg_program._of_package.cache_clear()
    yield monkeypatch
    ffmpeg_program._of_package.cache_clear()


@pytest.fixture
def pictured(bare: pytest.MonkeyPatch, system: Path) -> None:
    """The package holds ffmpeg; it is large, and the system's stands for it."""
    package = SimpleNamespace(get_ffmpeg_exe=lambda: str(system))
    bare.setattr(ffmpeg_program, "imageio_ffmpeg", package)


@pytest.mark.usefixtures("bare")
def test_films_are_read_without_ffmpeg(film: Path, tmp_path: Path) -> None:
    assert ffmpeg_program.find() is None
    found = Prober().probe(film)
    assert found is not None
    assert found.video is not None
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    assert not thumbnails.present
    assert thumbnails.get(film).file is None


@pytest.mark.usefixtures("pictured")
def test_the_package_makes_pictures(film: Path, system: Path, tmp_path: Path) -> None:
    assert ffmpeg_program.find() == str(system)
    thumbnails = Thumbnails(tmp_path / "thumbnails")
    assert thumbnails.tool.name == "ffmpeg"
    thumbnails.start()
    try:
        assert finished(thumbnails, film).file is not None
    finally:
        thumbnails.stop()


def test_the_systems_is_first(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(get_ffmpeg_exe=lambda: "/another/ffmpeg")
    monkeypatch.setattr(ffmpeg_program, "imageio_ffmpeg", other)
    assert ffmpeg_program.find() == str(system)


def test_a_package_without_a_program_is_none(bare: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found")

    bare.setattr(ffmpeg_program, "imageio_ffmpeg", SimpleNamespace(get_ffmpeg_exe=none))
    assert ffmpeg_program.find() is None
    assert ffmpeg_program.command("-v", "error") == ["ffmpeg", "-v", "error"]
