"""What a home has of it when a stranger, a guest and a self-made player attack it at once.

``python -m bench.hostile`` runs every flood of tests/hostile for a minute while a pair of pages is
tapped, and prints what became of the taps, what the system used, and what each attack came to.
``--idle`` opens 5,000 idle connections instead.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.chromium import PHONE, launch
from tests.browser.pages import Pages
from tests.hostile.siege import FLOODS, IDLE, SETTINGS, besiege
from tests.system import System


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--idle", action="store_true", help="5,000 idle connections")
    parser.add_argument("--only", help="one of the attackers only: stranger, guest, player")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    roles = IDLE if arguments.idle else FLOODS
    if arguments.only:
        roles = (arguments.only,)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        launch(playwright) as chromium,
        System(Path(folder), SETTINGS) as system,
    ):
        pages = Pages(chromium, chromium.new_context(**PHONE))
        outcome = besiege(system, pages, roles, arguments.seconds)
        version = chromium.version
        pages.close()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
          f"load {os.getloadavg()[0]:.1f}, Chromium {version}\n")  # fmt: skip
    print(outcome.report())
    if arguments.json:
        arguments.json.write_text(outcome.to_json() + "\n")


if __name__ == "__main__":
    main()
