"""Limits of programs hold from their first instruction on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from zapette_webapp.media.tools import Limits, Tool
from zapette_webapp.streams.making import process

SAYS = ["sh", "-c", "ulimit -v; ulimit -f; ulimit -c; nice"]
KIB = 1 << 10


@pytest.fixture(autouse=True)
def _ends_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a program end before this process, which started it, goes on."""

    class Ended(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    monkeypatch.setattr(subprocess, "Popen", Ended)


def said(output: bytes) -> list[int]:
    return [int(it) for it in output.split()]


def expected(memory: int, niceness: int) -> list[int]:
    return [memory // KIB, 0, 0, min(19, os.nice(0) + niceness)]


def test_those_of_what_reads_media() -> None:
    limits = Limits(cpu=7, wall=60, memory=1 << 30, output=100, niceness=5)
    assert said(Tool(SAYS, limits).run().output) == expected(1 << 30, 5)
    cpu = ["sh", "-c", "ulimit -S -t; ulimit -H -t"]
    assert said(Tool(cpu, limits).run().output) == [7, 9]


@pytest.mark.parametrize(
    ("encoder", "memory"), [("libx264", process.MEMORY), ("h264_nvenc", 1 << 40)]
)
def test_those_of_a_conversion(encoder: str, memory: int) -> None:
    started = process.Process([*SAYS, encoder])
    output = b"".join(started.output())
    assert started.wait() == 0
    assert said(output) == expected(memory, process.NICENESS)
    assert started.words == ""


def test_one_that_the_system_does_not_allow_is_left_out() -> None:
    """A container may have a lower limit than ours: it stays, and nothing is said of it."""
    code = (
        "from zapette_webapp.streams.making import process; "
        f"one = process.Process({SAYS!r}); "
        "print(b''.join(one.output()).decode(), one.wait(), one.words)"
    )
    lower = f'ulimit -v {2 << 20}; exec {sys.executable} -c "$1"'
    ended = subprocess.run(["sh", "-c", lower, "sh", code], capture_output=True, check=True)
    assert said(ended.stdout) == [2 << 20, *expected(0, process.NICENESS)[1:], 0]
