"""Films that no browser takes as they are, through the real pages: seen, heard, gone through."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route

from tests.browser.controlled_player import ControlledPlayer
from tests.browser.film_samples import SAMPLES, Sample
from tests.browser.observer import Observer
from tests.browser.pages import Pages
from tests.browser.screening import Projector
from tests.sharing import sharing
from tests.system import System
from tests.waiting import eventually

PLAYED = {
    "h264-aac.mp4": ("direct", "plays"),
    "h264-ac3.mkv": ("remux", "sound"),
    "h264-aac.ts": ("remux", "container"),
    "hevc-aac.mkv": ("transcode", "picture"),
    "two-sounds.mkv": ("remux", "track"),
}
NAMED = {it.name: it for it in SAMPLES}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("disk")
    media = folder / "media"
    media.mkdir()
    for name in PLAYED:
        NAMED[name].make(media)
    with sharing(System(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as system:
        eventually(
            lambda: system.get("api/library").json["index"]["state"] == "ready", "an index", 60
        )
        yield system


@pytest.fixture(scope="module")
def stage(disk: System, module_pages: Pages) -> Iterator[ControlledPlayer]:
    # a part that is not made yet is asked for again
    module_pages.watch.expect(r"Failed to load resource")
    player = module_pages.started(disk)
    with Observer(disk.household(), player.root) as observer:
        yield ControlledPlayer(player, observer)


@pytest.mark.parametrize("name", PLAYED)
def test_it_is_seen_heard_and_gone_through(stage: ControlledPlayer, name: str) -> None:
    sample: Sample = NAMED[name]
    found = Projector(stage.player, stage.observer).screen(sample)
    assert found.faults == []
    assert (found.kind, found.reason) == PLAYED[name]


def test_the_phone_says_how_it_is_played_and_forces_another_way(
    stage: ControlledPlayer, disk: System, pages: Pages
) -> None:
    pages.watch.expect(r"Failed to load resource")
    stage.ask("load", "media/h264-ac3.mkv")
    stage.ask("pause")
    stage.ask("seek", 4)
    phone = pages.remote(disk, stage.player)
    phone.tap("More")
    eventually(lambda: "The sound is converted (AC-3)" in phone.text, "the phone says why")
    phone.tap("Original file")
    state = eventually(
        lambda: (it := stage.observer.status())["stream"]["kind"] == "direct" and it, "the file"
    )
    assert state["stream"]["reason"] == "forced"
    assert (state["position"], state["playing"]) == (pytest.approx(4, abs=0.3), False)
    phone.tap("Automatic")
    state = eventually(
        lambda: (it := stage.observer.status())["stream"]["reason"] == "sound" and it, "the stream"
    )
    assert (state["position"], state["playing"]) == (pytest.approx(4, abs=0.3), False)


def test_the_sound_that_was_chosen_is_chosen_in_the_next_film(stage: ControlledPlayer) -> None:
    state = stage.ask("load", "media/two-sounds.mkv")
    labels = [it["label"] for it in state["audio"]["tracks"]]
    assert labels == ["Français · AAC mono", "English · AAC mono"]
    assert "audio" in state["can"]
    stage.ask("audio", "0")
    stage.ask("load", "media/h264-aac.mp4")
    state = stage.ask("load", "media/two-sounds.mkv")
    assert (state["audio"]["active"], state["stream"]["kind"]) == ("0", "direct")
    # and from the file itself the other one is heard at the same place
    stage.ask("pause")
    stage.ask("seek", 4)
    stage.observer.said.clear()
    state = stage.ask("audio", "1")
    assert (state["audio"]["active"], state["stream"]["reason"]) == ("1", "track")
    assert state["position"] == pytest.approx(4, abs=0.3)
    # nobody was told that the film had moved
    assert stage.observer.on("event/seek") == []
    assert {round(it.json["position"]) for it in stage.observer.states} == {4}


def _full(route: Route) -> None:
    problem = {"code": "conversions_full", "detail": "2 films are converted already"}
    route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))


def test_a_refusal_of_the_server_is_told_on_the_phone_too(
    stage: ControlledPlayer, disk: System, pages: Pages
) -> None:
    pages.watch.expect(r"Failed to load resource")
    phone = pages.remote(disk, stage.player)
    stage.player.page.route("**/master.m3u8*", _full)
    stage.observer.send("command/load", b"media/h264-ac3.mkv")
    phone.wait_for_notice("The server is busy with other films. Stop one, or try later.")
    stage.player.page.unroute("**/master.m3u8*")
    state = stage.observer.status()
    assert (state["error"]["code"], state["error"]["reason"]) == ("media_error", "conversions_full")
    assert "2 films are converted already" in state["error"]["message"]
    # it can be tried again
    assert "stream" in state["can"]
    assert stage.ask("stream")["error"] is None
