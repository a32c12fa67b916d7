"""Make the picture of the README: ``.venv/bin/python -m scripts.pictures``; needs Chromium.

With a folder as argument: pictures of every view of both pages, into it.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from scripts.views import take_all
from tests.browser.driving.chromium import launched
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.paths import ROOT

PICTURE: Final = ROOT / "docs" / "images" / "pages.png"

_STAGE: Final = """
<style>
  body {{ margin: 0; background: linear-gradient(120deg, #e9e4f5, #fdeede); }}
  main {{ position: relative; width: 1320px; height: 640px; }}
  img {{ position: absolute; box-shadow: 0 18px 50px #0006; }}
  .tv {{ left: 40px; top: 40px; width: 960px; border: 10px solid #111; border-radius: 14px; }}
  .phone {{ right: 40px; bottom: 20px; width: 236px; border: 9px solid #111; border-radius: 34px; }}
</style>
<main><img class="tv" src="{tv}"><img class="phone" src="{phone}"></main>
"""


def main() -> None:
    """Make the picture of the README, or those of all views."""
    if len(sys.argv) > 1:
        take_all(Path(sys.argv[1]))
    else:
        take()


def take() -> None:
    """Take both pages from a real system, and put them side by side."""
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        system = System(Path(folder)).start()
        try:
            tv, phone = _pages(browser, system)
            controlled = browser.new_page(viewport={"width": 1320, "height": 640})
            controlled.set_content(_STAGE.format(tv=tv, phone=phone))
            PICTURE.parent.mkdir(exist_ok=True)
            controlled.screenshot(path=PICTURE)
        finally:
            system.stop()


def _pages(browser: Browser, system: System) -> tuple[str, str]:
    television = browser.new_page(
        viewport={"width": 1280, "height": 720},
        locale="en",
        color_scheme="dark",
        reduced_motion="reduce",
    )
    television.goto(system.url)
    link = television.locator("a[href*='remote#']").first.get_attribute("href")
    television.get_by_role("button", name="Start", exact=True).click()
    phone = browser.new_page(
        viewport={"width": 390, "height": 844},
        locale="en",
        color_scheme="light",
        reduced_motion="reduce",
    )
    phone.goto(f"{system.url}remote#{(link or '').partition('#')[2]}")
    phone.get_by_role("button", name="Play", exact=True).click()
    phone.get_by_role("button", name="Pause", exact=True).wait_for()
    eventually(lambda: _position(television) > 3, "the clip has moved on")
    phone.get_by_role("button", name="Pause", exact=True).click()
    phone.get_by_role("button", name="Play", exact=True).wait_for()
    return _shot(television), _shot(phone)


def _position(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def _shot(page: Page) -> str:
    return "data:image/png;base64," + base64.b64encode(page.screenshot()).decode()


if __name__ == "__main__":
    main()
