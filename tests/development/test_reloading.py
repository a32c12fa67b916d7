"""``make dev``: code and pages that change are loaded again, and players stay who they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page

from tests.bridge.listener import retained
from tests.browser.driving.chromium import launched
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import eventually
from zapette_cli.processes.reloading import EVERYTHING, Watcher
from zapette_server.paths import ROOT

CODE = (
    "bridge", "broker", "cli", "config", "homeassistant", "server", "webapp", "zapette",
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, which a test may change."""
    copy = tmp_path_factory.mktemp("project")
    for folder in (*CODE, "samples"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    modules = shutil.ignore_patterns("node_modules", "tests")
    shutil.copytree(ROOT / "static", copy / "static", ignore=modules)
    (copy / "static" / "node_modules").symlink_to((ROOT / "static" / "node_modules").resolve())
    return copy


@pytest.fixture(scope="module")
def system(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    with sharing(System(folder, options=("--reload",), code=project)) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: Browser, system: System) -> Iterator[Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(system.url)
    is_live(opened)
    # what a page that is loaded again has not
    opened.evaluate("window.mark = 1")
    yield opened
    context.close()


def is_live(page: Page) -> None:
    page.wait_for_selector("body[data-connection=live]", state="attached")


def players(system: System) -> set[str]:
    """Return the ids of the players that are there."""

    def look() -> set[str]:
        topics = retained(system.household(), "zapette/players/+/state")
        return {topic.split("/")[2] for topic, state in topics.items() if state}

    return eventually(look, "a player is there")


def touch(path: Path, more: str = "\n") -> None:
    """Change a file as an editor does."""
    path.write_text(path.read_text() + more)


def pids(system: System) -> dict[str, int]:
    found = {}
    for part in ("broker", "web"):
        try:
            found[part] = system.pid(part)
        except (AssertionError, psutil.Error):
            found[part] = 0
    return found


def test_pages_that_change_are_loaded_again(page: Page, system: System, project: Path) -> None:
    before = pids(system)
    known = players(system)
    with page.expect_event("load"):
        touch(project / "static" / "styles" / "player.css")
    assert page.evaluate("window.mark") is None
    is_live(page)
    assert players(system) == known
    assert pids(system) == before


@pytest.mark.long
def test_a_part_whose_code_changes_is_started_again(
    page: Page, system: System, project: Path
) -> None:
    before = pids(system)
    known = players(system)
    touch(project / "webapp" / "zapette_webapp" / "api.py")
    eventually(lambda: pids(system)["web"] not in {0, before["web"]}, "the web side is new", 20)
    eventually(system.is_up, "all is up", 20)
    assert "the code of the web has changed: restarting it" in system.log
    assert pids(system)["broker"] == before["broker"]
    touch(project / "broker" / "zapette_broker" / "broker.py")
    eventually(lambda: pids(system)["broker"] not in {0, before["broker"]}, "a new broker", 20)
    is_live(page)
    assert page.evaluate("window.mark") == 1, "a page does not mind"
    assert players(system) == known


@pytest.mark.long
def test_everything_is_started_again(page: Page, system: System, project: Path) -> None:
    before = pids(system)
    known = players(system)
    touch(project / "zapette" / "protocol" / "topics.py")

    def all_new() -> bool:
        now = pids(system)
        return all(now[part] not in {0, before[part]} for part in now)

    eventually(all_new, "all parts are new", 30)
    eventually(system.is_up, "all is up", 20)
    is_live(page)
    assert players(system) == known


def test_code_with_a_mistake_is_not_started(system: System, project: Path) -> None:
    before = pids(system)
    path = project / "webapp" / "zapette_webapp" / "api.py"
    good = path.read_text()
    path.write_text(f"{good}\ndef (")
    eventually(lambda: "not restarted: invalid syntax (api.py" in system.log, "it is said")
    assert pids(system) == before
    path.write_text(good)
    eventually(lambda: pids(system)["web"] not in {0, before["web"]}, "it is mended", 20)
    eventually(system.is_up, "all is up", 20)


def test_errors_of_a_page_are_shown_in_the_terminal(page: Page, system: System) -> None:
    (secret, *_) = players(system)
    key = "abcdefghijklmnopqrst-_"
    page.evaluate(
        f"setTimeout(() => {{ throw new Error('no film at {secret} with {key} \\x1b[31m') }})"
    )
    page.evaluate("void Promise.reject(new TypeError('not today'))")
    said = "on the player's page: Uncaught Error: no film at <id> with <key>"
    eventually(lambda: said in system.log, "the error is shown")
    eventually(lambda: "not handled: TypeError: not today" in system.log, "the rejection too")
    assert secret not in system.log
    assert key not in system.log
    assert "\x1b[31m" not in system.log


def test_which_parts_a_change_concerns(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for folder in CODE:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.py").write_text("a = 1\n")
    watcher = Watcher(tmp_path)
    assert watcher.changed() == set()

    def change(name: str, text: str = "a = 2\n") -> set[str]:
        path = tmp_path / name
        at = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text(text)
        os.utime(path, ns=(at + 10**9, at + 10**9))
        return watcher.changed()

    assert change("broker/one.py") == {"broker"}
    assert change("webapp/new.py") == {"web"}
    assert change("webapp/page.html", "<p>") == {"web"}
    assert change("bridge/one.py") == {"bridge"}
    assert change("homeassistant/one.py") == {"web"}
    for folder in ("cli", "server", "zapette"):
        assert change(f"{folder}/one.py") == {EVERYTHING}
    assert change("config/zapette.toml", "") == {EVERYTHING}
    assert change("webapp/notes.txt", "") == set()
    assert change("broker/one.py", "def (") == set()
    assert "one.py" in caplog.text
    (tmp_path / "broker" / "one.py").unlink()
    assert watcher.changed() == {"broker"}
    assert watcher.changed() == set()
