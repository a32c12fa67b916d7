"""Films that no browser takes as they are, through the real pages: seen, heard, gone through."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from typing import Final

import av
import pytest
from av.container import InputContainer
from playwright.sync_api import Route

from tests.browser.checks.ear import hears
from tests.browser.checks.screening import Projector
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.samples.film_samples import SAMPLES, Sample
from tests.programs.shared_system import shared_system
from tests.programs.system import Answer, System
from tests.samples.ffmpeg import ffmpeg
from tests.samples.picture_subtitles import write_pair
from tests.sharing import sharing
from tests.waiting import eventually

PLAYED = {
    "h264-aac.mp4": ("direct", "plays"),
    "h264-ac3.mkv": ("remux", "sound"),
    "h264-aac.ts": ("remux", "container"),
    "hevc-aac.mkv": ("transcode", "picture"),
    "two-sounds.mkv": ("remux", "track"),
}
NAMED = {it.name: it for it in SAMPLES}

# a quarter to the right, as a phone that is held upright films (ISO/IEC 14496-12, tkhd)
TURNED: Final = pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 90 << 16, 0, 1 << 30)
WHITE: Final = """(() => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  if (!canvas.width) return [];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0);
  const light = (x, y) => context.getImageData(canvas.width * x, canvas.height * y, 1, 1).data[0];
  const corners = [[0.2, 0.1], [0.8, 0.1], [0.2, 0.9], [0.8, 0.9]];
  return [canvas.width, canvas.height, ...corners.map(([x, y]) => light(x, y) > 128)];
})()"""
IS_GREEN: Final = """(() => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 100;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, 100, 100);
  const [red, green] = context.getImageData(20, 20, 1, 1).data;
  return video.readyState > 1 ? green > 100 && red < 80 : null;
})()"""
ASKED: Final = """performance.getEntriesByType("resource").map(({ name }) => new URL(name))
  .filter(({ pathname }) => pathname.endsWith("/two-sounds.mkv/copy-copy/master.m3u8"))
  .map(({ searchParams }) => searchParams.has("at"))"""
STARTED: Final = re.compile(r"^zapette_conversions_started_total (\d+)", re.MULTILINE)
UPRIGHT: Final = [90, 160, True, False, False, False]


def turned(file: Path) -> None:
    """Make a film of a phone: its left upper corner is white, when it is shown upright."""
    corner = "color=c=black:s=160x90:r=10:d=4,drawbox=x=0:y=45:w=80:h=45:c=white:t=fill"
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10")
    ffmpeg("-f", "lavfi", "-i", corner, *codec, str(file))
    content = bytearray(file.read_bytes())
    # the matrix of a track follows 44 bytes after the name of its box
    at = content.index(b"tkhd") + 44
    content[at : at + len(TURNED)] = TURNED
    file.write_bytes(content)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("disk")
    media = folder / "media"
    media.mkdir()
    for name in PLAYED:
        NAMED[name].make(media)
    os.link(media / "two-sounds.mkv", media / "two-sounds-once.mkv")
    turned(media / "turned.mp4")
    black = ("-f", "lavfi", "-i", "color=c=black:s=160x90:r=5:d=8")
    ffmpeg(*black, "-c:v", "libx264", "-preset", "ultrafast", str(media / "pair.mp4"))
    write_pair(media / "pair", {"en": (0, 1), "fr": (0, 7)})
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as system:
        system.wait_for_index()
        yield system


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    # a part that is not made yet is asked for again
    module_pages.watch.expect(r"Failed to load resource")
    return module_pages


@pytest.mark.parametrize("name", PLAYED)
def test_it_is_seen_heard_and_gone_through(controlled: ControlledPlayer, name: str) -> None:
    sample: Sample = NAMED[name]
    found = Projector(controlled.player, controlled.observer).screen(sample)
    assert found.faults == []
    assert (found.kind, found.reason) == PLAYED[name]


def delivered(controlled: ControlledPlayer, place: float) -> tuple[str, str] | None:
    """Return how a film comes that is paused at a place, and why; None if it is elsewhere."""
    state = controlled.observer.status()
    if state["playing"] or state["position"] != pytest.approx(place, abs=0.3):
        return None
    return state["stream"]["kind"], state["stream"]["reason"]


def test_the_phone_says_how_it_is_played_and_forces_another_way(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    pages.watch.expect(r"Failed to load resource")
    controlled.ask("load", "media/h264-ac3.mkv")
    controlled.ask("pause")
    controlled.ask("seek", 4)
    phone = pages.remote(house, controlled.player)
    phone.tap("More")
    eventually(lambda: "The sound is converted (AC-3)" in phone.text, "the phone says why")
    phone.tap("Original file")
    eventually(lambda: delivered(controlled, 4) == ("direct", "forced"), "the file")
    phone.tap("Automatic")
    eventually(lambda: delivered(controlled, 4) == ("remux", "sound"), "the stream")


def test_the_sound_that_was_chosen_is_chosen_in_the_next_film(controlled: ControlledPlayer) -> None:
    state = controlled.ask("load", "media/two-sounds.mkv")
    labels = [it["label"] for it in state["audio"]["tracks"]]
    assert labels == ["Français · AAC mono", "English · AAC mono"]
    assert "audio" in state["can"]
    controlled.ask("audio", "0")
    controlled.ask("load", "media/h264-aac.mp4")
    controlled.player.see("performance.clearResourceTimings()")
    state = controlled.ask("load", "media/two-sounds.mkv")
    assert (state["audio"]["active"], state["stream"]["kind"]) == ("0", "direct")
    # for the other one, the server reads the film while it plays, and converts nothing
    eventually(lambda: controlled.player.see(ASKED) == [False], "the stream is made ready")
    # and from the file itself the other one is heard at the same place
    controlled.ask("pause")
    controlled.observer.said.clear()
    controlled.ask("seek", 4)
    eventually(lambda: controlled.observer.on("event/seek"), "all are told where it is")
    controlled.observer.said.clear()
    state = controlled.ask("audio", "1")
    assert (state["audio"]["active"], state["stream"]["reason"]) == ("1", "track")
    assert state["position"] == pytest.approx(4, abs=0.3)
    eventually(lambda: controlled.observer.last["audio"]["active"] == "1", "all are told of it")
    # nobody was told that the film had moved
    assert controlled.observer.on("event/seek") == []
    assert {round(it.json["position"]) for it in controlled.observer.states} == {4}


@pytest.mark.parametrize("left", [0.4, 4.0])
def test_another_sound_is_heard_at_the_same_place_until_the_end(
    controlled: ControlledPlayer, left: float
) -> None:
    controlled.ask("load", "media/two-sounds.mkv")
    controlled.ask("audio", "0")
    controlled.ask("play")
    assert controlled.ask("stream", "auto")["stream"]["kind"] == "direct"
    # until somebody has listened, on a busy machine too
    controlled.ask("repeat", "one")
    controlled.ask("seek", 3)
    eventually(lambda: hears(controlled.player, 440), "the first sound")
    controlled.ask("seek", 3)
    begun, before = time.monotonic(), controlled.player.time
    state = controlled.ask("audio", "1")
    assert (state["audio"]["active"], state["stream"]["kind"]) == ("1", "remux")
    assert before - 0.3 < state["position"] < before + max(2, time.monotonic() - begun)
    eventually(lambda: hears(controlled.player, 880), "the other sound")
    controlled.ask("repeat", "off")
    for place in (1, state["duration"] - left):
        controlled.ask("seek", place)
    eventually(lambda: controlled.observer.status()["ended"], "the film ends")


@pytest.mark.not_on_nats("each web side counts its own runs of ffmpeg")
def test_within_a_stream_another_sound_is_made_once(
    controlled: ControlledPlayer, house: System
) -> None:
    def started() -> int:
        found = STARTED.search(house.get("metrics").body.decode())
        assert found is not None
        return int(found[1])

    # the sound that was chosen is chosen in the next film
    controlled.ask("load", "media/two-sounds.mkv")
    controlled.ask("audio", "0")
    controlled.ask("load", "media/two-sounds-once.mkv")
    assert controlled.ask("stream", "remux")["stream"]["kind"] == "remux"
    controlled.ask("pause")
    controlled.ask("seek", 1)
    buffered = "document.querySelector('video').buffered.end(0)"
    eventually(lambda: controlled.player.see(buffered) > 11, "all of it is fetched")
    before = started()
    controlled.ask("audio", "1")
    controlled.ask("play")
    eventually(lambda: hears(controlled.player, 880), "the other sound")
    assert started() == before + 1


# as in a busy browser: the stream opens after hls.js has read the playlists, which hears of it when
# it has its first parts, and hears late that they were taken
OPENS_LATE: Final = """{
  const { addEventListener, addSourceBuffer } = MediaSource.prototype;
  const held = [];
  let hasAsked = false;
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...options) {
    hasAsked = hasAsked || !url.includes(".m3u8");
    return open.call(this, method, url, ...options);
  };
  const { get } = Object.getOwnPropertyDescriptor(MediaSource.prototype, "readyState");
  Object.defineProperty(MediaSource.prototype, "readyState", {
    get() { return hasAsked ? get.call(this) : "closed"; },
  });
  MediaSource.prototype.addEventListener = function (type, listener, ...options) {
    const told = type === "sourceopen" ? (event) => held.push(() => listener(event)) : listener;
    return addEventListener.call(this, type, told, ...options);
  };
  MediaSource.prototype.addSourceBuffer = function (type) {
    const buffer = addSourceBuffer.call(this, type);
    if (this.sourceBuffers.length === 2) held.splice(0).forEach((it) => setTimeout(it));
    return buffer;
  };
  SourceBuffer.prototype.addEventListener = function (type, listener, ...options) {
    const late = (event) => setTimeout(() => listener(event), 500);
    return addEventListener.call(this, type, type === "updateend" ? late : listener, ...options);
  };
}"""


def test_a_stream_that_opens_late_begins_at_its_place(house: System, pages: Pages) -> None:
    pages.watch.expect(r"Failed to load resource")
    context = pages.context()
    context.add_init_script(OPENS_LATE)
    player = pages.started(house, context=context)
    with Observer(house.household(), player.root) as observer:
        state = ControlledPlayer(player, observer).ask("load", "media/h264-ac3.mkv", "Late", 4)
    assert (state["stream"]["kind"], state["duration"]) == ("remux", pytest.approx(12, abs=0.2))
    assert state["position"] >= 4


def _full(route: Route) -> None:
    problem = {"code": "conversions_full", "detail": "2 films are converted already"}
    route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))


def test_a_refusal_of_the_server_is_told_on_the_phone_too(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    pages.watch.expect(r"Failed to load resource")
    phone = pages.remote(house, controlled.player)
    controlled.player.page.route("**/master.m3u8*", _full)
    controlled.observer.send("command/load", b"media/h264-ac3.mkv")
    phone.wait_for_notice("The server is busy with other films. Stop one, or try again later.")
    controlled.player.page.unroute("**/master.m3u8*")
    state = controlled.observer.status()
    assert (state["error"]["code"], state["error"]["reason"]) == ("media_error", "conversions_full")
    assert "2 films are converted already" in state["error"]["message"]
    # it can be tried again
    assert "stream" in state["can"]
    assert controlled.ask("stream")["error"] is None


def test_a_film_waits_until_the_server_has_read_others(controlled: ControlledPlayer) -> None:
    busy = [json.dumps({"code": "unavailable", "detail": "other media are being read"})] * 2

    def answer(route: Route) -> None:
        if busy:
            route.fulfill(status=503, content_type="application/problem+json", body=busy.pop())
        else:
            route.continue_()

    controlled.player.page.route("**/master.m3u8*", answer)
    controlled.observer.send("command/load", b"media/h264-aac.ts")
    eventually(lambda: controlled.player.plays() and not busy, "it plays")
    controlled.player.page.unroute("**/master.m3u8*")
    state = controlled.observer.status()
    assert (state["source"], state["stream"]["kind"]) == ("media/h264-aac.ts", "remux")


def test_subtitles_in_two_files_next_to_a_film_are_drawn(controlled: ControlledPlayer) -> None:
    state = controlled.ask("load", "media/pair.mp4")
    controlled.ask("pause")
    assert state["stream"]["kind"] == "direct"
    tracks = [(it["id"], it["language"]) for it in state["subtitles"]["tracks"]]
    assert tracks == [("beside-0", "en"), ("beside-1", "fr")]
    state = controlled.ask("subtitles", "beside-1")
    assert (state["subtitles"]["active"], state["stream"]["reason"]) == ("beside-1", "subtitles")
    controlled.ask("seek", 3)
    eventually(lambda: controlled.player.see(IS_GREEN), "the French ones are drawn")
    assert controlled.ask("subtitles", None)["stream"]["kind"] == "direct"
    eventually(lambda: controlled.player.see(IS_GREEN) is False, "the film is as it was")


def test_a_film_of_a_phone_is_upright(controlled: ControlledPlayer, house: System) -> None:
    controlled.ask("load", "media/turned.mp4")
    controlled.ask("pause")
    for kind in ("direct", "remux", "transcode"):
        controlled.ask("stream", kind)

        def is_played(kind: str = kind) -> bool:
            return bool(controlled.observer.status()["stream"]["kind"] == kind)

        eventually(is_played, kind)
        eventually(lambda: controlled.player.see(WHITE) == UPRIGHT, f"{kind}: it is upright")
    controlled.ask("stream", "auto")

    def thumbnail() -> Answer:
        return house.get("thumbnails/turned.mp4", house.proof)

    eventually(lambda: thumbnail().status == 200, "a thumbnail")
    answer = thumbnail()
    with av.open(io.BytesIO(answer.body), format="mjpeg") as container:
        assert isinstance(container, InputContainer)
        picture = next(container.decode(video=0)).reformat(format="gray")
    plane, (wide, high) = picture.planes[0], (picture.width, picture.height)
    light = [
        bytes(plane)[y * high // 10 * plane.line_size + x * wide // 10] > 128
        for y in (1, 9)
        for x in (2, 8)
    ]
    assert [wide, high, *light] == [270, 480, *UPRIGHT[2:]]
