"""Subtitles in a real page: next to films and inside them, styled, and later than they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.browser.controlled_player import ControlledPlayer
from tests.browser.films import ffmpeg, sound
from tests.browser.observer import Observer
from tests.browser.pages import Pages
from tests.mosquitto_system import shared_system
from tests.sharing import sharing
from tests.system import System
from tests.waiting import eventually

SRT: Final = "1\n00:00:00,000 --> 00:00:02,000\nBonjour\n"
ASS: Final = r"""[Script Info]
ScriptType: v4.00+
PlayResX: 320
PlayResY: 180

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: Default,Somebody's Font,60,&H0000FF00,7

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.00,0:00:02.00,Default,{\pos(20,20)}GREEN
"""
CUES: Final = """Array.from(document.querySelector("video").textTracks)
  .filter((it) => it.mode === "showing")
  .flatMap((it) => Array.from(it.activeCues || []).map((cue) => cue.text)).join("|")"""
# how many pixels the drawn subtitles have, which are all green
GREEN: Final = """(() => {
  const drawn = document.querySelector("main > canvas");
  if (!drawn || !drawn.width) return -1;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext("2d");
  context.drawImage(drawn, 0, 0, 320, 180);
  const { data } = context.getImageData(0, 0, 320, 180);
  let green = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] < 60 && data[at + 1] > 200 && data[at + 2] < 60) green += 1;
  }
  return green;
})()"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("subtitled")
    media = folder / "media"
    media.mkdir()
    (folder / "a.srt").write_text(SRT)
    (folder / "b.ass").write_text(ASS)
    film = media / "film.mp4"
    black = ("-f", "lavfi", "-i", "color=black:duration=4:size=320x180:rate=10", *sound(4))
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")
    texts = ("-i", str(folder / "a.srt"), "-map", "0", "-map", "1", "-map", "2")
    french = ("-c:s", "mov_text", "-metadata:s:s:0", "language=fra")
    ffmpeg(*black, *texts, *h264, "-c:a", "aac", *french, str(film))
    (media / "film.en.ass").write_text(ASS)
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        eventually(
            lambda: running.get("api/library").json["index"]["state"] == "ready", "an index", 60
        )
        yield running


@pytest.fixture(scope="module")
def opened(system: System, module_pages: Pages) -> Iterator[ControlledPlayer]:
    player = module_pages.started(system)
    with Observer(system.household(), player.root) as observer:
        yield ControlledPlayer(player, observer)


def green(player: ControlledPlayer) -> int:
    return int(player.player.see(GREEN))


def test_styled(opened: ControlledPlayer) -> None:
    opened.prepare_loaded("media/film.mp4")
    opened.ask("subtitles", "en")
    eventually(lambda: green(opened) > 500, "they are drawn, though the film is paused")
    assert opened.player.see(CUES) == ""
    opened.ask("seek", 3)
    eventually(lambda: green(opened) == 0, "they are over")
    assert opened.ask("subtitles/delay", 2)["subtitles"]["delay"] == 2
    eventually(lambda: green(opened) > 500, "they are later")
    opened.ask("subtitles", None)
    assert green(opened) == -1
