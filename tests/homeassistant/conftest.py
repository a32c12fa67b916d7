"""Home Assistant, a broker, players and Chromium. Without a Python for it nothing here runs.

Starting a Home Assistant costs seconds, so one on the embedded broker serves all tests that do not
say otherwise; each has players of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.driving.chromium import PHONE, launch
from tests.browser.driving.pages import Pages
from tests.homeassistant import python
from tests.homeassistant.driving import light
from tests.homeassistant.driving.instance import Instance
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing

# these run in Home Assistant's own Python
collect_ignore = ["kit"]
if not os.environ.get("TEST_CLUSTER"):
    collect_ignore.append("test_on_nats.py")
if python.find() is None:
    collect_ignore_glob = ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if python.find() is None:
        terminalreporter.write_line(
            "Home Assistant's tests were left out: no Python here has it. "
            "`make test-homeassistant` makes one and runs them."
        )


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def pages(chromium: Browser) -> Iterator[Pages]:
    opened = Pages(chromium, chromium.new_context(**PHONE))
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A media folder: the sample with subtitles, two short clips, and what is no film at all."""
    folder = tmp_path_factory.mktemp("media")
    shutil.copy(python.ROOT / "samples" / "zapette.webm", folder)
    (folder / "zapette.fr.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:45.000\nBonjour\n")
    (folder / "broken.webm").write_bytes(b"this is no film " * 64)
    for name, colour in (("blue", "0x0000ff"), ("green", "0x00ff00")):
        picture = f"color={colour}:size=64x64:rate=10:duration=20"
        ffmpeg("-f", "lavfi", "-i", picture, "-c:v", "libvpx", str(folder / f"{name}.webm"))
    trip = folder / "Été #1: 100 %"
    trip.mkdir()
    for number, name in enumerate(("green", "blue"), 1):
        shutil.copy(folder / f"{name}.webm", trip / f"{number} {name}.webm")
    return folder


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[System]:
    """A system of these tests' own, whose parts may be restarted."""
    folder = tmp_path_factory.mktemp("system")
    settings = {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_FORGET_AFTER_DAYS": "2"}
    with sharing(System(folder, settings)) as running:
        yield running


@pytest.fixture(scope="package")
def home(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A Home Assistant on the embedded broker, with a lamp."""
    folder = tmp_path_factory.mktemp("home")
    running = Instance(folder, system.household(), light.CONFIGURATION)
    shutil.copytree(python.ROOT / "blueprints", folder / "blueprints")
    running.start()
    yield running
    running.stop()
