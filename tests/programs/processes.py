"""Programs that a test starts and that end with it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, AnyStr, Final

import psutil

_SETPRIV: Final = shutil.which("setpriv")


def ending_with_us(command: Sequence[str]) -> list[str]:
    """Return a command that gets SIGTERM when the thread that starts it ends, even by SIGKILL.

    Only Linux has that.
    """
    return [_SETPRIV, "--pdeathsig", "TERM", *command] if _SETPRIV else [*command]


def started(command: Sequence[str], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that ends with us, and append all that it prints to `log`.

    `options` are further ones of `subprocess.Popen`.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            ending_with_us(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **options,
        )


def command_line(process: psutil.Process) -> list[str]:
    """Return the command of a process; nothing if it has ended, even if nobody has reaped it."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@contextmanager
def ending(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """End `process` by SIGKILL where it still runs: leaving a Popen waits for ever."""
    with process:
        try:
            yield process
        finally:
            process.kill()
