"""Calls of one Python program by another, ours and Autobahn: ``python -m bench.python_calls``.

Server, callee and caller are a process each. Compare ratios within one run;
docs/performance.md has the meaning of each figure, and results.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.broker_load.servers import Crossbar
from bench.processes import exit_code, two_cores
from bench.python_load.report import Results, Sample
from bench.python_load.sides import SIDES, Side
from bench.results import about, command, counts, names_of, rotated, write_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, 2 if it cannot be run here, 130 if interrupted."""
    parser = command("python_calls", __doc__)
    parser.add_argument(
        "--sides",
        type=names_of(SIDES),
        default=list(SIDES),
        metavar="NAME,…",
        help=f"of {', '.join(SIDES)}; default: all",
    )
    parser.add_argument(
        "--at-once", type=counts, default=[1, 64], metavar="N,…", help="calls under way (1,64)"
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="rounds (5)")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="of a sample (2)")
    parser.add_argument("--silent", action="store_true", help="report no progress")
    options = parser.parse_args(arguments)
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    server_core, core = two_cores()
    if any(name.startswith("autobahn") for name in options.sides):
        Crossbar.install()
    versions = {name: Crossbar.version(name) for name in ("crossbar", "autobahn")}
    versions["zapette"] = importlib.metadata.version("zapette")
    results = Results(about(versions=versions, repeats=options.repeats, seconds=options.seconds))
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="python-bench-"))
        sides = [Side(name, Path(folder), server_core, core) for name in options.sides]
        for side in sides:
            stack.callback(side.stop)
            side.start()
            # imports, the first subscription, warm code
            _take(side, 64, 0.5)
        for at_once in options.at_once:
            for repeat in range(options.repeats):
                for side in rotated(sides, repeat):
                    sample = _take(side, at_once, options.seconds)
                    results.add(side.name, at_once, sample)
                    if not options.silent:
                        print(f"{side.kind.title}, {at_once} at once: {sample}", file=sys.stderr)
    print(results.table())
    write_json(options.json, results.document())


def _take(side: Side, at_once: int, seconds: float) -> Sample:
    before = side.cpu()
    done = side.programs["caller"].order({"at_once": at_once, "seconds": seconds})
    used = {name: cpu - before[name] for name, cpu in side.cpu().items()}
    return Sample.of(done["seconds"], done["took"], used)


if __name__ == "__main__":
    sys.exit(main())
