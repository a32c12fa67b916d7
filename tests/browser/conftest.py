"""Chromium, and pages in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from tests.browser.driving.chromium import PHONE, launch
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.samples import films
from tests.browser.samples.media_folder import make_shelf
from tests.programs import fronts
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.sharing import sharing
from zapette.mqtt.url import BrokerUrl

# elections take a while: `make test-cluster` has them
collect_ignore = [] if os.environ.get("TEST_CLUSTER") else ["deployments/test_elections.py"]


# Not of the session: while Playwright runs, no other test can run an event loop of its own.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with pytest.MonkeyPatch.context() as patch:
        # Playwright's own requests, such as `Route.fetch`, are not Chromium's
        patch.setenv("NODE_EXTRA_CA_CERTS", str(fronts.authority().certificate))
        started = sync_playwright().start()
    yield started
    started.stop()


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def phones(chromium: Browser) -> Iterator[BrowserContext]:
    # not of the package: phones ask after all players that they know, also those of other modules
    context = chromium.new_context(**PHONE)
    yield context
    context.close()


@contextmanager
def _watched(chromium: Browser, phones: BrowserContext) -> Iterator[Pages]:
    opened = Pages(chromium, phones)
    yield opened
    try:
        opened.watch.verify()
    finally:
        opened.close()


@pytest.fixture
def pages(chromium: Browser, phones: BrowserContext) -> Iterator[Pages]:
    """Open pages for one test, which fails if one of them did what no page may do."""
    with _watched(chromium, phones) as opened:
        yield opened


@pytest.fixture(scope="module")
def module_pages(chromium: Browser, phones: BrowserContext) -> Iterator[Pages]:
    """Open pages for all tests of a module."""
    with _watched(chromium, phones) as opened:
        yield opened


@pytest.fixture(scope="session")
def home(system: System) -> BrokerUrl:
    """Return the broker of the system that all share, with the household's account."""
    return system.household()


@pytest.fixture(scope="session")
def cinema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with the small films that `films.make` makes."""
    folder = tmp_path_factory.mktemp("cinema")
    media = films.make(folder / "media")
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        yield running


@pytest.fixture(scope="module")
def house(cinema: System) -> System:
    """Return the system of the player `controlled`; a module may have one of its own."""
    return cinema


@pytest.fixture(scope="module")
def controlled(house: System, module_pages: Pages) -> Iterator[ControlledPlayer]:
    """A player that was clicked on, and somebody who asks things of it."""
    player = module_pages.started(house)
    with Observer(house.household(), player.root) as observer:
        yield ControlledPlayer(player, observer)


@pytest.fixture(scope="module")
def module_pair(system: System, module_pages: Pages, home: BrokerUrl) -> Iterator[Pair]:
    player = module_pages.started(system)
    with Observer(home, player.root) as observer:
        yield Pair(player, module_pages.remote(system, player), observer)


@pytest.fixture(scope="package")
def shelf_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the settings of a system with some films, which no test changes."""
    media = make_shelf(tmp_path_factory.mktemp("media") / "shelf")
    return {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_CONVERT": "never"}


@pytest.fixture(scope="package")
def shelf(
    tmp_path_factory: pytest.TempPathFactory, shelf_settings: dict[str, str]
) -> Iterator[System]:
    """Start a system with some films."""
    with sharing(shared_system(tmp_path_factory.mktemp("shelf"), shelf_settings)) as system:
        system.wait_for_index()
        yield system


@pytest.fixture
def pair(module_pair: Pair) -> Pair:
    """Return a player that was clicked on, and a phone that follows it."""
    module_pair.reset()
    return module_pair


@pytest.fixture(scope="module")
def opened(shelf: System, module_pages: Pages) -> Iterator[tuple[PlayerPage, RemotePage, Observer]]:
    """A player of the shelf, a phone that follows it, and a observer."""
    # a thumbnail that is still being made
    module_pages.watch.expect("Failed to load resource")
    player = module_pages.started(shelf)
    with Observer(shelf.household(), player.root) as observer:
        yield player, module_pages.remote(shelf, player), observer
