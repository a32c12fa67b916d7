"""A run of ffmpeg: its output, its errors and its end. Here a shell stands for ffmpeg."""

from __future__ import annotations

import subprocess
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from tests.waiting import HANG_TIMEOUT
from zapette_webapp.errors import ToolMissing, ToolTooLong
from zapette_webapp.streams.making import process
from zapette_webapp.streams.making.process import Process


def shell(code: str) -> Process:
    return Process(["sh", "-c", code])


def test_many_errors_do_not_hold_up_its_output() -> None:
    """They are more than a pipe holds; the last of them are kept."""
    started = shell("head -c 1000000 /dev/zero >&2; echo the last >&2; echo output; exit 3")
    assert b"".join(started.output()) == b"output\n"
    assert started.wait() == 3
    assert started.words.endswith("\0the last")
    assert len(started.words) < 2000


@pytest.mark.parametrize("code", ["sleep 600", "exec >&-; sleep 600", "echo output; sleep 600"])
def test_one_that_is_silent_for_too_long(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENCE", 0.3)
    started = shell(code)
    with pytest.raises(ToolTooLong):
        list(started.output())
    assert started.wait() == -9


def test_it_may_wait_for_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENCE", 1)
    # more than the pipe holds
    started = shell("head -c 300000 /dev/zero")
    output = started.output()
    received = len(next(output))
    # three times as long as it may be silent
    threading.Event().wait(3)
    received += sum(map(len, output))
    assert received == 300_000
    assert started.wait() == 0


def test_it_ends_if_nobody_can_read_its_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(*arguments, **options))
        return started[0]

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(
        process, "subprocess", SimpleNamespace(**vars(subprocess) | {"Popen": start})
    )
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ToolMissing):
        shell("sleep 600")
    assert started[0].returncode == -9


def test_another_thread_ends_it() -> None:
    started = shell("echo output; sleep 600 & sleep 600")
    output = started.output()
    assert next(output) == b"output\n"
    killer = threading.Thread(target=started.kill)
    killer.start()
    assert list(output) == []
    killer.join(HANG_TIMEOUT)
    assert started.wait() == -9
    started.kill()
