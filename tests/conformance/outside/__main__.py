"""Runs Mosquitto's own tests of a broker on ours: ``python -m tests.conformance.outside``.

It fetches them from Debian's sources into the folder ``.outside``, and for comparison the Mosquitto
of the same release. Ends with 1 when our broker fails what is not written down in ``choice.toml``,
or passes what is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from tests.conformance.outside import build_root
from tests.conformance.outside.choice import Choice
from tests.conformance.outside.debian import Debian
from tests.conformance.outside.outcome import Outcome, write
from tests.conformance.outside.runner import Runner
from tests.conformance.outside.scripts import ROOT, listed


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, run and tell."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance.outside", description=__doc__
    )
    parser.add_argument("scripts", nargs="*", metavar="PATTERN", help="only these, as 02-* (all)")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".outside", help="for what is fetched (.outside)"
    )
    parser.add_argument("--on", choices=("ours", "mosquitto", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=180, help="for one script (180)")
    parser.add_argument("--jobs", type=int, default=4, help="scripts side by side (4)")
    parser.add_argument("--show", action="store_true", help="what failed scripts printed")
    parser.add_argument(
        "--record", action="store_true", help="record the figures for the conformance tables"
    )
    options = parser.parse_args(arguments)
    folder: Path = options.folder.absolute()
    debian = Debian(folder)
    chosen = [
        script
        for script in listed(debian.suite())
        if not options.scripts or any(fnmatch(script.name, one) for one in options.scripts)
    ]
    outcomes: dict[str, Outcome] = {}
    for kind in ("ours", "mosquitto") if options.on == "both" else (options.on,):
        command = build_root.STAND_IN if kind == "ours" else debian.program()
        root = build_root.make(folder / kind, command)
        build_root.check(root)
        runner = Runner(kind, root, Choice.read(), options.seconds, options.jobs, options.show)
        outcomes[kind] = runner.run(chosen)
        sys.stdout.write(f"{outcomes[kind].summary(kind)}\n")
    if options.record:
        write(debian.version, outcomes)
    faults = [
        f"{kind}: {fault}"
        for kind, outcome in outcomes.items()
        for fault in outcome.faults(kind, Choice.read())
    ]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
