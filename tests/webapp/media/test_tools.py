"""Programs: limited in time, memory and output, and ended with all that they started."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.programs.processes import command_line
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette_webapp.errors import ToolBusy, ToolError, ToolMissing, ToolTooLong, ToolTooMuch
from zapette_webapp.media.tools import Limits, Tool
from zapette_webapp.media.tools import families as figures

ROOMY = Limits(cpu=30, wall=60, memory=1 << 30, output=10_000)
MIB = 1 << 20


def limits(cpu: int = 30, wall: float = 60, memory: int = 1 << 30, output: int = 100) -> Limits:
    return Limits(cpu=cpu, wall=wall, memory=memory, output=output)


def python(code: str, given: Limits) -> Tool:
    return Tool([sys.executable, "-c", code], given)


def test_what_it_writes() -> None:
    assert Tool(["echo", "one"], ROOMY).run("two", "$HOME").output == b"one two $HOME\n"
    assert Tool(["sh"], ROOMY).run("-c", "exit 3").code == 3


def test_what_fails_has_no_output() -> None:
    assert Tool(["false"], ROOMY).output() is None
    assert Tool(["echo"], ROOMY).output("one") == b"one\n"


def test_one_that_is_not_installed() -> None:
    tool = Tool(["there-is-no-such-program"], ROOMY)
    assert not tool.present
    with pytest.raises(ToolMissing):
        tool.run()


def test_it_writes_no_more_than_it_may() -> None:
    with pytest.raises(ToolTooMuch):
        Tool(["yes"], limits(output=100_000)).run()


@pytest.mark.parametrize(
    ("command", "given"),
    [
        (["sleep", "600"], limits(wall=0.3)),
        # what has closed its output, and goes on
        (["sh", "-c", "exec >&-; sleep 600"], limits(wall=0.3)),
        # what has ended, and left its output to another one
        (["sh", "-c", "sleep 600 &"], limits(wall=0.3)),
        (["sh", "-c", "trap '' TERM INT; sleep 600"], limits(wall=0.3)),
        ([sys.executable, "-c", "while True: pass"], limits(cpu=1)),
    ],
    ids=["sleep", "closed", "left behind", "stubborn", "busy"],
)
def test_it_takes_no_longer_than_it_may(command: list[str], given: Limits) -> None:
    started = time.monotonic()
    with pytest.raises(ToolTooLong):
        Tool(command, given).run()
    assert time.monotonic() - started < 20 + SLACK


def test_all_that_it_started_is_ended() -> None:
    tool = Tool(["sh", "-c"], ROOMY)
    running = threading.Thread(target=lambda: tool.run("sleep 601 & sleep 602"))
    running.start()

    def started() -> list[psutil.Process]:
        below = psutil.Process().children(recursive=True)
        return [it for it in below if _sleeps(it)]

    eventually(lambda: len(started()) == 2, "both sleep")
    both = started()
    tool.stop()
    running.join(HANG_TIMEOUT)
    eventually(lambda: not any(map(_is_alive, both)), "both are gone")


def test_it_has_no_more_memory_than_it_may() -> None:
    assert python(f"x = bytearray({700 * MIB})", limits(memory=512 * MIB)).run().code == 1
    assert python(f"x = bytearray({100 * MIB})", limits(memory=512 * MIB)).run().code == 0


def test_it_writes_no_file(tmp_path: Path) -> None:
    # SIGXFSZ, or an error where that is ignored
    assert python(f"open({str(tmp_path / 'x')!r}, 'w').write('x' * 9999)", ROOMY).run().code != 0
    assert (tmp_path / "x").stat().st_size == 0


def test_it_is_ended_at_once() -> None:
    tool = Tool(["sleep"], ROOMY)
    ends: list[object] = []
    running = threading.Thread(target=lambda: ends.append(tool.run("60").code))
    running.start()
    eventually(lambda: tool._running, "it runs")
    tool.stop()
    running.join(HANG_TIMEOUT)
    assert ends == [-9]
    # and is not run again
    with pytest.raises(ToolMissing):
        tool.run("0")


def test_no_process_is_killed_by_the_id_of_one_that_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system may give that id to another process, and its group, at once."""
    kill = os.killpg
    has_id: list[bool] = []

    def checked(group: int, number: int) -> None:
        # a process keeps its id until it was waited for
        has_id.append(psutil.pid_exists(group))
        kill(group, number)

    monkeypatch.setattr(os, "killpg", checked)
    assert Tool(["sh", "-c"], ROOMY).run("exit 3").code == 3
    assert has_id == [True]


def test_a_system_may_refuse_to_kill_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS does, where nobody of a group is alive."""

    def refuse(_group: int, _number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "killpg", refuse)
    assert Tool(["echo"], ROOMY).run("one").output == b"one\n"


def test_few_wait_for_their_turn() -> None:
    tool = Tool(["sleep"], Limits(cpu=30, wall=60, memory=1 << 30, output=10, waiting=3))
    with ThreadPoolExecutor(20) as pool:
        with tool.turn():
            asked = [pool.submit(tool.run, "0") for _ in range(20)]
            eventually(lambda: sum(it.done() for it in asked) == 17, "17 are refused at once")
        ended = [it.exception() for it in asked]
    assert sum(isinstance(it, ToolBusy) for it in ended) == 17
    assert sum(it is None for it in ended) == 3


def test_as_many_run_at_once_as_are_allowed(tmp_path: Path) -> None:
    """Each waits until three run, and so none of them ends before."""
    meet = f"""
import os, pathlib, sys, time
folder = pathlib.Path({str(tmp_path)!r})
(folder / sys.argv[1]).mkdir()
while len(list(folder.iterdir())) < 3: time.sleep(0.05)
"""
    tool = python(meet, replace(ROOMY, at_once=3, waiting=0))
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(tool.run, str(it)) for it in range(3)]
        assert [it.result(60).code for it in runs] == [0, 0, 0]


def test_how_runs_ended_is_counted() -> None:
    tool = Tool(["sh", "-c"], limits(wall=5, output=10), name="shell")
    for code in ("true", "exit 1", "yes"):
        try:
            tool.run(code)
        except ToolError:
            continue
    (family,) = figures([tool])
    counted = {it.labels["outcome"]: it.value for it in family.samples}
    assert counted == {"done": 1, "failed": 1, "too_much": 1, "too_long": 0, "busy": 0}
    assert {it.labels["tool"] for it in family.samples} == {"shell"}


def _sleeps(process: psutil.Process) -> bool:
    # others may end, that a system runs for other tests
    return command_line(process)[:1] == ["sleep"]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
