"""What the benchmarks share: command lines, folders, percentiles, tables and JSON files."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Any)


def command(name: str, description: str | None, **usual: Any) -> argparse.ArgumentParser:
    """Return the parser of ``python -m bench.NAME``.

    It has ``--json FILE`` and an option for each of `usual`, with that default.
    """
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}", description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results to FILE")
    for option, value in usual.items():
        flag = f"--{option.replace('_', '-')}"
        if value is False:
            parser.add_argument(flag, action="store_true")
        else:
            parser.add_argument(flag, type=type(value), default=value, help=f"default: {value}")
    return parser


def names_of(known: Collection[str]) -> Any:
    """Return a parser for a comma-separated list of `known` names."""

    def parse(text: str) -> list[str]:
        for name in text.split(","):
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
        return text.split(",")

    return parse


def counts(text: str) -> list[int]:
    """Parse a comma-separated list of numbers."""
    return sorted(map(int, text.split(",")))


@contextmanager
def workspace() -> Iterator[Path]:
    """Make a folder with an empty folder ``media``, for the time of the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "media").mkdir()
        yield folder


def progress(text: str) -> None:
    """Print what is going on next to the results, which are on the standard output."""
    print(text, file=sys.stderr, flush=True)


def write_json(file: Path | None, **figures: object) -> None:
    """Write `figures`, the command line and the machine to `file`, if there is one."""
    if file is not None:
        run = {"command": sys.argv, "machine": heading(), "kernel": platform.release()}
        file.write_text(json.dumps(run | figures, indent=1) + "\n")


def heading(*more: str) -> str:
    """Return the date, the machine, its load and `more` as one line."""
    machine = (platform.machine(), f"{os.cpu_count()} cores", f"load {os.getloadavg()[0]:.1f}")
    return ", ".join((f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", *machine, *more))


def percentile(values: Iterable[float], percent: int) -> float:
    """Return the value that `percent` % of at least one value do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def rotated(items: Sequence[T], turn: int) -> list[T]:
    """Return `items` starting with another one each turn, so that none is always the first."""
    first = turn % max(len(items), 1)
    return [*items[first:], *items[:first]]


def number(value: float) -> str:
    """Return `value` with three digits, or with all digits before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(line)} |" for line in (head, *rows)]
    return "\n".join((lines[0], "|---" * len(head) + "|", *lines[1:]))


def spread(seconds: Sequence[float], form: str = ".1f") -> list[str]:
    """Return the median, the 99th percentile and the most of times, as cells of a table."""
    shown = (percentile(seconds, 50), percentile(seconds, 99), max(seconds))
    return [format(it, form) for it in shown]


class Times(defaultdict[str, list[float]]):
    """Times by what took them, in seconds, or in a unit of which a second has `scale`."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(list)
        self._scale = scale

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Keep the time that the block takes."""
        began = time.perf_counter()
        yield
        self[what].append((time.perf_counter() - began) * self._scale)

    def table(self, title: str = "seconds", percent: int = 100) -> str:
        """Return a Markdown table with the median and a further percentile."""
        most = "most" if percent == 100 else f"p{percent}"
        rows = [
            (what, f"{statistics.median(it):.2f}", f"{percentile(it, percent):.2f}")
            for what, it in self.items()
        ]
        return markdown((title, "p50", most), rows)


class Samples(defaultdict[K, list[dict[str, float]]]):
    """Samples by case, which is a named tuple: each has figures by name."""

    def __init__(self) -> None:
        super().__init__(list)

    def median(self, case: K) -> dict[str, float]:
        """Return the median of each figure of a case; of none without samples."""
        found: dict[str, list[float]] = defaultdict(list)
        for sample in self.get(case, ()):
            for name, value in sample.items():
                found[name].append(value)
        return {name: statistics.median(values) for name, values in found.items()}

    def cases(self) -> list[dict[str, Any]]:
        """Return everything as plain data."""
        return [
            case._asdict() | {"median": self.median(case), "samples": samples}
            for case, samples in self.items()
        ]
