"""What a household notices of attacks by a stranger, a guest and a self-made player at once.

``python -m bench.hostile`` runs every flood of tests/hostile for a minute while a pair of pages is
tapped. It prints the delays of the taps, what the system used, and the result of each attack.
``--idle`` opens 5,000 idle connections instead.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.results import command, heading
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.hostile.attack_run import FLOODS, IDLE, SETTINGS, besiege
from tests.programs.system import System


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("hostile", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--idle", action="store_true", help="5,000 idle connections")
    parser.add_argument("--only", help="one of the attackers only: stranger, guest, player")
    options = parser.parse_args()
    roles = (options.only,) if options.only else IDLE if options.idle else FLOODS
    with (
        tempfile.TemporaryDirectory() as folder,
        launched() as chromium,
        System(Path(folder), SETTINGS) as system,
    ):
        pages = Pages(chromium, chromium.new_context(**PHONE))
        outcome = besiege(system, pages, roles, options.seconds)
        version = chromium.version
        pages.close()
    print(f"{heading(f'Chromium {version}')}\n\n{outcome.report()}")
    if options.json:
        options.json.write_text(outcome.to_json() + "\n")


if __name__ == "__main__":
    main()
