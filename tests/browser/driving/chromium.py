"""Real Chromium, as it comes from the distribution and with its own autoplay policy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from tests.programs import fronts

EXECUTABLE: Final = "/usr/bin/chromium"
# Playwright's own list, whose place a second one takes; what Chromium draws in the address line of
# each window with two pages in a process of their own, which cost more than a page of ours; and the
# process that it starts with each page, for the next one.
_OFF: Final = (
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades",
    "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints",
    "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess",
)  # fmt: skip
ARGUMENTS: Final = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
]
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


def launch(playwright: Playwright) -> Browser:
    """Start a browser process that remembers nothing."""
    return playwright.chromium.launch(executable_path=EXECUTABLE, args=_arguments())


@contextmanager
def launched() -> Iterator[Browser]:
    """Run such a browser for the time of the block."""
    with sync_playwright() as playwright, launch(playwright) as browser:
        yield browser


def launch_profile(playwright: Playwright, folder: Path) -> BrowserContext:
    """Start a browser process that keeps what it remembers in `folder`."""
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=EXECUTABLE, args=_arguments()
    )


def _arguments() -> list[str]:
    # the authority of the tests is in no store of this machine
    return [*ARGUMENTS, f"--ignore-certificate-errors-spki-list={fronts.fingerprint()}"]
