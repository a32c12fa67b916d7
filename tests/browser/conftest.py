"""Chromium, and pages in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.chromium import launch
from tests.browser.pages import Pages
from tests.system import System
from zapette.url import BrokerUrl


# Not of the session: while Playwright runs, no test can run an event loop of its own.
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
def pages(chromium: Browser) -> Iterator[Pages]:
    """Open pages for one test, which fails if one of them did what no page may do."""
    opened = Pages(chromium)
    yield opened
    try:
        opened.watch.verify()
    finally:
        opened.close()


@pytest.fixture(scope="module")
def module_pages(chromium: Browser) -> Iterator[Pages]:
    """Open pages for all tests of a module."""
    opened = Pages(chromium)
    yield opened
    try:
        opened.watch.verify()
    finally:
        opened.close()


@pytest.fixture(scope="session")
def home(system: System) -> BrokerUrl:
    """The broker of the system that all share, with the household's account."""
    return system.household()
