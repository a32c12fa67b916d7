"""Programs: limited in time and output, and ended at once."""

from __future__ import annotations

import threading
import time

import pytest

from tests.waiting import SLACK, eventually
from webapp.tools import Tool


def test_what_it_writes() -> None:
    assert Tool("echo", 10, 100).run("one", "$HOME") == b"one $HOME\n"


@pytest.mark.parametrize(
    ("name", "most", "arguments"),
    [
        ("false", 100, ()),
        ("seq", 100, ("1000",)),
        ("there-is-no-such-program", 100, ()),
    ],
)
def test_failures(name: str, most: int, arguments: tuple[str, ...]) -> None:
    tool = Tool(name, 10, most)
    assert tool.run(*arguments) is None
    assert tool.present == (not name.startswith("there"))


def test_patience_ends() -> None:
    started = time.monotonic()
    assert Tool("sleep", 0.2, 100).run("60") is None
    assert time.monotonic() - started < 10 + SLACK


def test_it_is_ended_at_once() -> None:
    tool = Tool("sleep", 60, 100)
    answers: list[bytes | None] = []
    running = threading.Thread(target=lambda: answers.append(tool.run("60")))
    running.start()
    eventually(lambda: tool._running is not None, "it runs")
    tool.stop()
    running.join(10)
    assert answers == [None]
    # and is not run again
    assert tool.run("0") is None


def test_it_gives_way_to_others() -> None:
    tool = Tool("sh", 30, 10_000)
    # the niceness of the process itself, the 19th field of its status
    asked = ("-c", "cut -d' ' -f19 /proc/self/stat; sleep 0.2; cut -d' ' -f19 /proc/self/stat")
    seen = tool.run(*asked)
    assert seen is not None
    assert seen.split()[-1] == b"19"
