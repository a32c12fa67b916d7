"""Draw the icons of the home screen and of the add-on from ``static/icon.svg``.

Those named ``whole`` fill their square, for systems that cut out a shape of their own.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "static"
ICONS: Final = {"icon-192": 192, "icon-512": 512, "whole-180": 180, "whole-512": 512}
ADDON: Final = ROOT / "addon" / "zapette" / "icon.png"

_BACKGROUND: Final = "#1b1724"
_SAFE: Final = 0.9


def draw(page: Page, drawing: str, file: Path, size: int) -> None:
    """Write one icon, `size` pixels wide and high."""
    whole = file.name.startswith("whole")
    shown = int(size * _SAFE) if whole else size
    page.set_viewport_size({"width": size, "height": size})
    page.set_content(
        f"<style>html {{ background: {_BACKGROUND if whole else 'transparent'} }}"
        "body { margin: 0; height: 100vh; display: grid; place-items: center }"
        f"svg {{ width: {shown}px; height: {shown}px }}</style>{drawing}"
    )
    page.screenshot(path=file, omit_background=not whole)


def main() -> None:
    """Draw them all."""
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    (STATIC / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        for name, size in ICONS.items():
            draw(page, drawing, STATIC / "icons" / f"{name}.png", size)
        draw(page, drawing, ADDON, 128)
        browser.close()


if __name__ == "__main__":
    main()
