"""Pictures of every view of both pages: phone and television, light and dark, both languages."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from playwright.sync_api import Browser, Page

from tests.browser.driving.chromium import launched
from tests.browser.samples.media_folder import make_shelf
from tests.programs.system import System
from tests.waiting import eventually

VIEWS: Final = ("now", "queue", "library", "more")
PHONES: Final = {
    "phone": (390, 844),
    "phone-320": (320, 568),
    # one of 390 pixels at 200%
    "phone-195": (195, 422),
    "phone-lying": (640, 360),
}
SCREENS: Final = {
    "television": (1280, 720),
    "television-800": (800, 600),
    "television-960": (960, 540),
    "television-3840": (3840, 2160),
}


def _options(size: tuple[int, int], *, touch: bool) -> dict[str, Any]:
    width, height = size
    return {
        "viewport": {"width": width, "height": height},
        "has_touch": touch,
        "is_mobile": touch,
    }


SIZES: Final[dict[str, dict[str, Any]]] = {
    **{name: _options(size, touch=True) for name, size in PHONES.items()},
    **{name: _options(size, touch=False) for name, size in SCREENS.items()},
}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LANGUAGES: Final = ("en", "fr")
QUEUED: Final = ("media/Beta.webm", "media/Series/Gamma.webm", "media/Alpha (2019).webm")


def take_all(folder: Path) -> None:
    """Write the pictures into `folder`: ``<page>-<view>-<size>-<scheme>-<language>.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, launched() as browser:
        media = make_shelf(Path(made) / "media")
        system = System(Path(made), {"ZAPETTE_MEDIA_DIR": str(media)}).start()
        try:
            for size, scheme, language in itertools.product(SIZES, SCHEMES, LANGUAGES):
                options = SIZES[size] | {
                    "color_scheme": scheme,
                    "locale": language,
                    "reduced_motion": "reduce",
                }
                _take(browser, system, options, folder, f"{size}-{scheme}-{language}")
        finally:
            system.stop()


def _take(
    browser: Browser, system: System, options: dict[str, Any], folder: Path, kind: str
) -> None:
    # a player is a television, whatever its remote is
    television = {} if options["is_mobile"] is False else SIZES["television"]
    player = browser.new_page(**(options | television))
    player.goto(system.url)
    player.locator("body[data-connection=live][data-gesture-required=true]").wait_for(
        state="attached"
    )
    player.screenshot(path=folder / f"player-start-{kind}.png")
    link = str(player.locator("a[href*='remote#']").first.get_attribute("href"))
    fragment = link.partition("#")[2]
    player.locator("start-overlay button").first.click()
    remote = browser.new_page(**options)
    remote.goto(f"{system.url}remote")
    remote.locator(".pairing").wait_for()
    remote.screenshot(path=folder / f"remote-code-{kind}.png")
    _queue(system, fragment)
    player.mouse.move(300, 240)
    player.mouse.move(320, 240)
    player.screenshot(path=folder / f"player-playing-{kind}.png")
    for view in VIEWS:
        # from elsewhere: a mere change of the fragment would not load the page again
        remote.goto("about:blank")
        remote.goto(f"{system.url}remote?view={view}#{fragment}")
        remote.locator("body[data-live=true]").wait_for(state="attached")
        if view != "now":
            remote.locator(f"{view}-view").wait_for()
        eventually(lambda: _still(remote), "all pictures are there", timeout=30)
        remote.screenshot(path=folder / f"remote-{view}-{kind}.png")
    player.close()
    remote.locator("body[data-player=offline]").wait_for(state="attached")
    remote.screenshot(path=folder / f"remote-off-{kind}.png")
    remote.close()


def _still(page: Page) -> bool:
    # those below what is seen are loaded when a finger comes near
    return bool(
        page.evaluate("""Array.from(document.querySelectorAll(".picture img, #poster[src]"))
          .filter((it) => it.checkVisibility() && it.getBoundingClientRect().top < innerHeight)
          .every((it) => it.complete && it.naturalWidth > 0)""")
    )


def _queue(system: System, fragment: str) -> None:
    """Queue some films and play the first, as a person of the household."""
    player = f"zapette/players/{fragment.partition('.')[0]}"
    for source in QUEUED:
        system.zapette("call", player.rsplit("/", 1)[1], "queue/add", source)
    system.zapette("call", player.rsplit("/", 1)[1], "jump", "0")
