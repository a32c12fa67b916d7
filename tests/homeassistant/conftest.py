"""Home Assistant, a broker, players and Chromium. Without a Python for it nothing here runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import launch
from tests.homeassistant import python
from tests.homeassistant.instance import Instance
from tests.system import System
from zapette.url import BrokerUrl

# these run in Home Assistant's own Python
collect_ignore = ["kit"]
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


@pytest.fixture
def new_instance(tmp_path: Path) -> Iterator[Callable[..., Instance]]:
    """Make Home Assistants of the test's own; they are stopped after it."""
    made: list[Instance] = []

    def make(broker: BrokerUrl, more: str = "") -> Instance:
        made.append(Instance(tmp_path / f"home-{len(made)}", broker, more))
        return made[-1].start()

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def home(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A Home Assistant on the embedded broker, for a module."""
    running = Instance(tmp_path_factory.mktemp("home"), system.household()).start()
    yield running
    running.stop()
