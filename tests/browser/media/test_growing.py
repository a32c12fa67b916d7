"""A programme is watched while it is being recorded: its length follows, and it goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.pages import Pages
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import eventually

_SOURCES = ("-f", "lavfi", "-i", "testsrc2=s=160x90:r=10", "-f", "lavfi", "-i", "sine")
_CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("recording")
    media = folder / "media"
    media.mkdir()
    file = media / "programme.ts"
    # as fast as it plays
    inputs = [it for source in (_SOURCES[:4], _SOURCES[4:]) for it in ("-re", *source)]
    command = ["ffmpeg", "-v", "error", *inputs, *_CODECS, "-c:a", "aac", "-t", "300"]
    recorder = subprocess.Popen([*command, "-flush_packets", "1", str(file)])
    try:
        eventually(lambda: file.is_file() and file.stat().st_size > 100_000, "it has begun", 60)
        with sharing(System(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as system:
            system.wait_for_index()
            yield system
    finally:
        recorder.kill()
        recorder.wait()


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    # a part that is not made yet is asked for again
    module_pages.watch.expect(r"Failed to load resource")
    return module_pages


def length(controlled: ControlledPlayer) -> float:
    return float(controlled.observer.status()["duration"])


def load_and_wait_for_more(controlled: ControlledPlayer) -> float:
    """Load the programme, and wait until it has grown; return its length when it was loaded."""
    controlled.prepare_loaded("media/programme.ts")
    first = length(controlled)
    eventually(lambda: length(controlled) > first + 5, "the length follows", 60)
    return first


def test_it_goes_on_after_what_was_there_at_first(controlled: ControlledPlayer) -> None:
    first = load_and_wait_for_more(controlled)
    controlled.ask("seek", first - 1)
    controlled.ask("play")
    eventually(lambda: controlled.player.time > first + 1, "it goes on after its first end", 40)
    assert controlled.observer.on("event/ended") == []


def test_one_can_go_to_what_was_recorded_since(controlled: ControlledPlayer) -> None:
    first = load_and_wait_for_more(controlled)
    controlled.observer.said.clear()
    assert controlled.ask("seek", first + 3)["position"] == pytest.approx(first + 3, abs=0.5)
    (moved,) = controlled.observer.on("event/seek")
    assert moved.json["position"] == pytest.approx(first + 3, abs=0.5)


def test_two_steps_beyond_the_first_end_both_succeed(controlled: ControlledPlayer) -> None:
    first = load_and_wait_for_more(controlled)
    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(controlled.ask, "seek", first + step) for step in (2, 4)]
    assert all(answer.result()["position"] > first for answer in answers)


def test_it_plays_on_at_the_end_of_what_is_recorded(controlled: ControlledPlayer) -> None:
    load_and_wait_for_more(controlled)
    edge = length(controlled)
    controlled.ask("seek", edge - 1)
    controlled.observer.said.clear()
    controlled.ask("play")
    eventually(lambda: controlled.player.time > edge + 15, "it goes on, more than once", 60)
    assert controlled.observer.on("event/ended") == []
    assert [it.json for it in controlled.observer.states if it.json["ended"]] == []
