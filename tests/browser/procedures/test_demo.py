"""The demo that this project descends from, all of it, by the programs of docs/python.md."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.driving.pages import Pages
from tests.documents.blocks import DOCUMENTS, Block, blocks
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, eventually
from zapette import Application
from zapette.errors import CallTimeout, NoSuchProcedure, Unavailable

TUTORIAL = blocks(DOCUMENTS / "python.md")
SHELL = [block for block in TUTORIAL if block.language == "sh"]


def program(name: str) -> Block:
    (block,) = [each for each in TUTORIAL if each.language == "python" and each.name == name]
    return block


class Program:
    """A program of the tutorial that runs."""

    def __init__(self, system: System, folder: Path, name: str) -> None:
        file = folder / name
        file.write_text(program(name).text)
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", file], env=system.environment, stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait(self) -> int:
        return self.process.wait(60)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        assert self.wait() == 0, self.log


@pytest.fixture
def household(new_system: Callable[..., System]) -> System:
    """Return a system on which these players are the only ones."""
    return new_system()


@pytest.fixture
def start(household: System, tmp_path: Path) -> Iterator[Callable[[str], Program]]:
    running: list[Program] = []

    def begin(name: str) -> Program:
        running.append(Program(household, tmp_path, name))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.wait(HANG_TIMEOUT)


@pytest.fixture
def app(household: System) -> Iterator[Application]:
    with Application(url=household.household(), base_topic="zapette") as running:
        yield running


def run(block: Block, household: System) -> None:
    block.check(block.run(household.environment))


def is_served(app: Application, name: str) -> bool:
    """Tell whether a service answers, if only that it has no such procedure."""
    try:
        app.call(f"{name}/are_you_there", timeout=2)
    except NoSuchProcedure:
        return True
    except (CallTimeout, Unavailable):
        pass
    return False


@pytest.mark.timeout(240)
def test_two_services_a_player_and_two_remotes(
    household: System, pages: Pages, app: Application, start: Callable[[str], Program]
) -> None:
    calls, failures, asked = SHELL
    demo = start("demo.py")
    eventually(lambda: is_served(app, "demo"), "demo is there", 30)
    run(calls, household)
    run(failures, household)
    assert 'demo.py", line' in demo.log, "the traceback is in the terminal"
    diary = start("diary.py")
    eventually(lambda: is_served(app, "diary"), "the diary is there", 30)
    eventually(lambda: app.call("diary/last"), "it has called the other service", 30)

    player = pages.started(household)
    one, other = pages.remote(household, player), pages.remote(household, player)
    one.tap("Play")
    player.advances()
    other.wait_for("Pause")
    other.tap("Pause")
    one.wait_for("Play")
    assert not player.plays()
    eventually(lambda: len(app.call("diary/last")) == 3, "the diary has heard of both", 30)
    run(asked, household)

    # the volume comes from one phone, and from a program
    other.tap("Volume down")
    one.wait_for_volume(95)
    eventually(lambda: player.level == 95, "the <video> itself has the volume")
    evening = start("evening.py")
    assert evening.wait() == 0
    assert " at volume 40\n" in evening.log
    for phone in (one, other):
        phone.wait_for_volume(40)
        phone.wait_for("Pause")
    assert player.plays()

    # somebody clicks on the page of the player: that is told like anything else
    player.point()
    player.click("Pause")
    for phone in (one, other):
        phone.wait_for("Play")

    # a service that is killed is gone, and its caller is told; the rest goes on
    demo.process.kill()
    demo.process.wait(HANG_TIMEOUT)
    eventually(lambda: not is_served(app, "demo"), "demo is gone", 30)
    with pytest.raises(Unavailable, match="demo is offline"):
        app.call("demo/uuid")
    assert app.call("diary/last", 1)
    diary.stop()

    # with the page the player goes
    player.close()
    eventually(lambda: one.player == other.player == "offline", "the phones say so", 30)


def test_a_second_demo_takes_over(app: Application, start: Callable[[str], Program]) -> None:
    first = start("demo.py")
    eventually(lambda: is_served(app, "demo"), "the first is there", 30)
    second = start("demo.py")
    assert first.wait() == 0
    assert "another program runs as 'demo'" in first.log
    eventually(lambda: is_served(app, "demo"), "the second is there", 30)
    assert len(app.call("demo/uuid")) == 32
    second.stop()
