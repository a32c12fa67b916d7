"""Calls of one Python program by another, next to Autobahn: ``python -m bench.python_calls``.

``--help`` names the options.
Server, callee and caller are a process each. What is compared are ratios within one run;
docs/performance.md says what each figure means and what was found.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.broker_load.process import ProcessError
from bench.broker_load.run import rotated
from bench.broker_load.servers.crossbar import Crossbar
from bench.python_load.figures import Results, Sample
from bench.python_load.side import SIDES, Side

AT_ONCE: Final = (1, 64)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, 2 if it cannot be run here, 130 if interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(options))
    except ProcessError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted\n")
        return 130


async def _run(options: argparse.Namespace) -> int:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise ProcessError("two cores are needed: one for the server, one for the programs")
    if any(name.startswith("autobahn") for name in options.sides):
        await Crossbar.install()
    results = Results(_about(options))
    with tempfile.TemporaryDirectory(prefix="python-bench-") as name:
        sides = [SIDES[side](Path(name, side), cores[0], cores[-1]) for side in options.sides]
        try:
            for side in sides:
                await side.start()
                # imports, the first subscription, code that is warm
                await _take(side, 64, 0.5)
            for at_once in options.at_once:
                for repeat in range(options.repeats):
                    for side in rotated(sides, repeat):
                        sample = await _take(side, at_once, options.seconds)
                        results.add(side.name, at_once, sample)
                        if not options.silent:
                            print(f"{side.title}, {at_once} at once: {sample}", file=sys.stderr)
        finally:
            await asyncio.gather(*(side.stop() for side in sides))
    print(results.table())
    if options.json is not None:
        options.json.write_text(json.dumps(results.document(), indent=1) + "\n")
    return 0


async def _take(side: Side, at_once: int, seconds: float) -> Sample:
    before = side.cpu()
    done = await side.caller.tell({"at_once": at_once, "seconds": seconds})
    after = side.cpu()
    used = {name: after[name] - before[name] for name in after}
    return Sample.of(done["seconds"], done["took"], used)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.python_calls", description=__doc__)
    parser.add_argument(
        "--sides",
        type=lambda text: text.split(","),
        default=list(SIDES),
        metavar="NAME,…",
        help=f"of {', '.join(SIDES)}; all of them if not given",
    )
    parser.add_argument(
        "--at-once",
        type=lambda text: [int(each) for each in text.split(",")],
        default=list(AT_ONCE),
        metavar="N,…",
        help="calls under way; 1,64 if not given",
    )
    parser.add_argument(
        "--repeats", type=int, default=5, metavar="N", help="rounds; 5 if not given"
    )
    parser.add_argument(
        "--seconds", type=float, default=2.0, metavar="S", help="of one sample; 2 if not given"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep everything")
    parser.add_argument("--silent", action="store_true", help="tell nothing until the end")
    return parser


def _about(options: argparse.Namespace) -> dict[str, object]:
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_average": os.getloadavg(),
        "versions": {
            "zapette": importlib.metadata.version("zapette"),
            "crossbar": Crossbar.version(),
            "autobahn": Crossbar.version("autobahn"),
        },
        "repeats": options.repeats,
        "seconds": options.seconds,
    }


if __name__ == "__main__":
    sys.exit(main())
