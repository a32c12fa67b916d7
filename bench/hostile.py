"""What a household notices of attacks by a stranger, a guest and a self-made player at once.

``python -m bench.hostile`` runs every flood of tests/hostile for a minute while a pair of pages is
tapped. It prints the delays of the taps, what the system used, and the result of each attack.
``--idle`` opens 5,000 idle connections instead.
"""

from __future__ import annotations

from dataclasses import asdict

from bench.chromium import opened
from bench.results import command, workspace, write_json
from tests.hostile.attack_run import FLOODS, IDLE, SETTINGS, besiege
from zapette_server.paths import SAMPLES


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("hostile", __doc__, seconds=60.0, idle=False).parse_args()
    roles = IDLE if options.idle else FLOODS
    media = {"ZAPETTE_MEDIA_DIR": str(SAMPLES)}
    with workspace() as folder, opened(folder, **media, **SETTINGS) as (system, _, pages):
        outcome = besiege(system, pages, roles, options.seconds)
    print(outcome.report())
    write_json(options.json, **asdict(outcome))


if __name__ == "__main__":
    main()
