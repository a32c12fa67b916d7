"""Runs `make test` again and again on a clean clone, next to a program that uses one core.

``python -m scripts.repeat 10`` clones what is committed, runs the command ten times, one after the
other, and prints a table: how each run ended, how long it took, which tests failed, and which
programs were left running. It ends with 1 if a run failed or left something. The output of each run
stays in a folder, which it names.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).parents[1]
HEAD: Final = """\
| run | exit code | minutes | pytest's closing line | failed | left running |
|---|---|---|---|---|---|"""

_CLOSING: Final = re.compile(r"^=*\s*(\d+ \w+(?:, \d+ \w+)* in [\d.]+s.*?)\s*=*$", re.MULTILINE)
_FAULT: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_GRACE: Final = 30.0


@dataclass(frozen=True)
class Run:
    """One run of the tests.

    Attributes:
        number: which one it is, from 1.
        code: its exit code; None if it was ended because it took too long.
        seconds: how long it took.
        output: what it wrote.
        left: programs that it left running.
    """

    number: int
    code: int | None
    seconds: float
    output: str
    left: list[str]

    @property
    def is_good(self) -> bool:
        """Whether it passed and left nothing."""
        return self.code == 0 and not self.left

    @property
    def row(self) -> str:
        """Return it as a row of the table."""
        closing = _CLOSING.findall(self.output)
        cells = (
            str(self.number),
            "too long" if self.code is None else str(self.code),
            f"{self.seconds / 60:.1f}",
            closing[-1] if closing else "none",
            ", ".join(dict.fromkeys(_FAULT.findall(self.output))),
            ", ".join(self.left),
        )
        return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; return 0 if every run was good."""
    parser = argparse.ArgumentParser(prog="python -m scripts.repeat", description=__doc__)
    parser.add_argument("times", type=int, nargs="?", default=10, help="how often (10)")
    parser.add_argument("--minutes", type=float, default=40, help="the longest of each run (40)")
    parser.add_argument("--quiet", action="store_true", help="without the program that uses a core")
    parser.add_argument("--output", type=Path, help="where to write the table as well")
    parser.add_argument("--command", default="make test", help="(make test)")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="repeat-"))
    clone = folder / "clone"
    git = ["git", "clone", "--quiet", str(ROOT), str(clone)]
    subprocess.run(git, check=True)  # noqa: S603 - our own command
    _say(f"the runs write to {folder}\n\n{HEAD}", options.output)
    runs = []
    for number in range(1, options.times + 1):
        with _hog(options.quiet):
            run = _run(number, shlex.split(options.command), clone, 60 * options.minutes)
        runs.append(run.is_good)
        _say(run.row, options.output)
    return 0 if all(runs) else 1


def _run(number: int, command: list[str], clone: Path, longest: float) -> Run:
    log = clone.parent / f"run-{number}.txt"
    began = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - the command that was asked for
            command, cwd=clone, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
        try:
            code: int | None = process.wait(longest)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            seconds = time.monotonic() - began
            left = _end(process, clone)
    return Run(number, code, seconds, log.read_text(errors="replace"), left)


def _end(process: subprocess.Popen[bytes], clone: Path) -> list[str]:
    """End a command, and what programs of the clone it has left running; return these."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    # what a test started in a session of its own ends when it sees that the test is gone
    _, left = psutil.wait_procs(_programs_of(clone), timeout=_GRACE)
    names = []
    for one in left:
        with suppress(psutil.Error):
            names.append(" ".join(one.cmdline())[-80:])
            one.kill()
    return names


def _programs_of(clone: Path) -> list[psutil.Process]:
    """Return the processes that have the clone in their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(clone) in word for word in process.info["cmdline"] or ())
    ]


@contextmanager
def _hog(quiet: bool) -> Iterator[None]:
    """Use one core all the time within the block."""
    if quiet:
        yield
        return
    busy = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(busy) as process:  # noqa: S603 - our own command
        try:
            yield
        finally:
            process.kill()


def _say(line: str, output: Path | None) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
    if output is not None:
        with output.open("a") as file:
            file.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
