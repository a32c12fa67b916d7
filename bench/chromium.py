"""A system with pages in Chromium, for the time of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from bench.results import heading
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.programs.system import System


@contextmanager
def opened(folder: Path, **settings: str) -> Iterator[tuple[System, Browser, Pages]]:
    """Run a system on the media in `folder`; `settings` are those of the environment."""
    settings = {"ZAPETTE_MEDIA_DIR": str(folder / "media")} | settings
    with System(folder, settings) as system, launched() as browser:
        system.wait_for_index()
        pages = Pages(browser, browser.new_context(**PHONE))
        yield system, browser, pages
        print(heading(f"Chromium {browser.version}"), end="\n\n")
        pages.close()
