"""Films whose file is incomplete: they end where their data do, and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

SECONDS = 24
_PICTURE = ("-f", "lavfi", "-i", f"testsrc2=d={SECONDS}:s=160x90:r=10")
_SOUND = ("-f", "lavfi", "-i", f"sine=d={SECONDS}")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-b:v", "200k")
_SHORT = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-movflags", "+faststart")
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=10")
CUT = {
    "direct.mkv": (*_H264, "-c:a", "aac"),
    "direct.mp4": (*_H264, "-c:a", "aac", "-movflags", "+faststart"),
    "remux.mkv": (*_H264, "-c:a", "ac3"),
    "transcode.mkv": (*_HEVC, "-c:a", "ac3"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("cut")
    media = folder / "media"
    media.mkdir()
    for name, options in CUT.items():
        file = media / name
        ffmpeg(*_PICTURE, *_SOUND, "-pix_fmt", "yuv420p", *options, str(file))
        with file.open("r+b") as opened:
            opened.truncate(file.stat().st_size // 2)
    ffmpeg(*_PICTURE, *_SOUND, "-pix_fmt", "yuv420p", *CUT["direct.mkv"], str(media / "whole.mkv"))
    ffmpeg(*films.picture(4), *_SHORT, "-pix_fmt", "yuv420p", str(media / "short.mp4"))
    with (media / "short.mp4").open("r+b") as opened:
        opened.truncate((media / "short.mp4").stat().st_size // 4)
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as system:
        system.wait_for_index()
        yield system


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    module_pages.watch.expect(r"Failed to load resource")
    return module_pages


@pytest.mark.parametrize("name", CUT)
def test_it_ends_where_its_data_do(
    controlled: ControlledPlayer, house: System, pages: Pages, name: str
) -> None:
    controlled.prepare_loaded(f"media/{name}")
    controlled.ask("seek", SECONDS / 2 - 3)
    phone = pages.remote(house, controlled.player)
    controlled.ask("play")
    phone.wait_for_alert("The file is incomplete. Copy it again.")
    state = controlled.observer.status()
    assert (state["ended"], state["playing"], state["error"]) == (True, False, None)
    # browsers go to the end that the file claims
    assert state["stream"]["kind"] == "direct" or state["position"] < SECONDS * 2 / 3
    assert state["skipped"]["error"]["reason"] == "cut_off"
    (error, *_) = (it.json for it in controlled.observer.on("event/error"))
    assert (error["code"], error["reason"]) == ("media_error", "cut_off")
    # what is there can be played again
    assert controlled.ask("seek", 2)["ended"] is False
    controlled.ask("play")
    controlled.player.advances(0.2)


def test_what_lacks_seconds_only_just_ends(controlled: ControlledPlayer) -> None:
    controlled.prepare_loaded("media/short.mp4")
    controlled.ask("play")
    eventually(lambda: controlled.observer.status()["ended"], "it ends")
    state = controlled.observer.status()
    # the browser cannot read the file up to there
    assert (state["stream"]["kind"], state["playing"]) == ("remux", False)
    assert (state["skipped"], state["error"], state["buffering"]) == (None, None, False)


def test_the_queue_goes_on_after_it(controlled: ControlledPlayer) -> None:
    controlled.prepare_loaded("media/remux.mkv", "media/whole.mkv")
    controlled.ask("seek", SECONDS / 2 - 3)
    controlled.ask("play")
    controlled.player.wait_for_alert("Skipped: remux.")
    state = controlled.observer.status()
    assert (state["source"], state["playing"]) == ("media/whole.mkv", True)
    controlled.ask("seek", SECONDS - 1)
    eventually(lambda: controlled.observer.status()["ended"], "it ends")
    # this one is whole
    assert controlled.observer.status()["skipped"]["source"] == "media/remux.mkv"
