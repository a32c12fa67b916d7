"""Subtitles in a real page: next to films and inside them, styled, and later than they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import FloatRect

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.samples.films import SECONDS, sound
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.samples.picture_subtitles import green_box
from tests.sharing import sharing
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
# how many pixels of an element are green, as only the subtitles are; -1 if it is not there
GREEN: Final = """((selector) => {
  const drawn = document.querySelector(selector);
  if (!drawn || !drawn.clientWidth) return -1;
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
})"""


# where the controls begin
TOP: Final = """Math.min(...Array.from(document.querySelectorAll("footer, .stage, qr-card"),
  (it) => it.getBoundingClientRect().top))"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("subtitled")
    media = folder / "media"
    media.mkdir()
    (folder / "a.srt").write_text(SRT)
    (folder / "b.ass").write_text(ASS)
    (folder / "c.sup").write_bytes(green_box(0, 2))
    picture = f"color=black:duration={SECONDS}:size=320x180:rate=10"
    black = ("-f", "lavfi", "-i", picture, *sound(SECONDS))
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p")
    codecs = (*h264, "-c:a", "aac")
    texts = ("-i", str(folder / "a.srt"), "-map", "0", "-map", "1", "-map", "2")
    french = ("-c:s", "mov_text", "-metadata:s:s:0", "language=fra")
    ffmpeg(*black, *texts, *codecs, *french, str(media / "film.mp4"))
    spoken = ("-metadata:s:a:0", "language=fra", "-metadata:s:s:0", "language=eng")
    english = ("-c:s", "mov_text", *spoken)
    ffmpeg(*black, *texts, *codecs, *english, str(media / "foreign.mp4"))
    inputs = [it for name in ("a.srt", "b.ass", "c.sup") for it in ("-i", str(folder / name))]
    maps = [it for number in range(5) for it in ("-map", str(number))]
    kinds = ("-c:s", "copy", "-metadata:s:s:0", "language=fra", "-metadata:s:s:2", "language=de")
    ffmpeg(*black, *inputs, *maps, *codecs, *kinds, str(media / "all.mkv"))
    (media / "film.en.ass").write_text(ASS)
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        running.wait_for_index()
        yield running


def drawn(player: ControlledPlayer) -> int:
    """Return how much is drawn over the film."""
    return int(player.player.see(f"{GREEN}('.JASSUB')"))


def filmed(player: ControlledPlayer) -> int:
    """Return how much is drawn into the film."""
    return int(player.player.see(f"{GREEN}('video')"))


def test_who_does_not_understand_the_sound_gets_subtitles(house: System, pages: Pages) -> None:
    player = pages.started(house)
    with Observer(house.household(), player.root) as observer:
        fresh = ControlledPlayer(player, observer)

        def active() -> str | None:
            return observer.status()["subtitles"]["active"]  # type: ignore[no-any-return]

        fresh.ask("load", "media/foreign.mp4")
        eventually(lambda: active() == "inside-0", "they are shown")
        fresh.ask("subtitles", None)
        fresh.ask("load", "media/film.mp4")
        assert fresh.ask("load", "media/foreign.mp4")["subtitles"]["active"] is None
        # who wants pictures in one film has them in the next
        fresh.ask("load", "media/all.mkv")
        fresh.ask("subtitles", "inside-2")
        fresh.ask("load", "media/film.mp4")
        fresh.ask("load", "media/all.mkv")
        eventually(lambda: active() == "inside-2", "they are shown")
        # where they are, for as long as it takes to look
        fresh.ask("pause")
        fresh.ask("seek", 1)
        eventually(lambda: filmed(fresh) > 1000, "they are in the picture")


def test_text_inside(controlled: ControlledPlayer) -> None:
    for film in ("film.mp4", "all.mkv"):
        controlled.prepare_loaded(f"media/{film}")
        # a file with sound begins a little late
        controlled.ask("seek", 1)
        assert controlled.ask("subtitles", "inside-0")["subtitles"]["active"] == "inside-0"
        eventually(lambda: controlled.player.see(CUES) == "Bonjour", "it is shown")
        controlled.ask("seek", 3)
        eventually(lambda: controlled.player.see(CUES) == "", "it is over")
        assert controlled.ask("subtitles/delay", 2)["subtitles"]["delay"] == 2
        eventually(lambda: controlled.player.see(CUES) == "Bonjour", "it is later")


@pytest.mark.parametrize(("film", "track"), [("film.mp4", "en"), ("all.mkv", "inside-1")])
def test_styles(controlled: ControlledPlayer, film: str, track: str) -> None:
    controlled.prepare_loaded(f"media/{film}")
    controlled.ask("seek", 1)
    controlled.ask("subtitles", track)
    eventually(lambda: drawn(controlled) > 500, "they are drawn, though the film is paused")
    assert controlled.player.see(CUES) == ""
    controlled.ask("seek", 3)
    eventually(lambda: drawn(controlled) == 0, "they are over")
    assert controlled.ask("subtitles/delay", 2)["subtitles"]["delay"] == 2
    eventually(lambda: drawn(controlled) > 500, "they are later")
    controlled.ask("subtitles", None)
    eventually(lambda: drawn(controlled) == -1, "nothing is left of them")


def test_pictures(controlled: ControlledPlayer) -> None:
    controlled.prepare_loaded("media/all.mkv")
    controlled.ask("seek", 1)
    assert filmed(controlled) == 0
    state = controlled.ask("subtitles", "inside-2")
    assert state["subtitles"]["active"] == "inside-2"
    assert (state["stream"]["kind"], state["stream"]["reason"]) == ("transcode", "subtitles")
    assert state["position"] == pytest.approx(1, abs=0.3)
    eventually(lambda: filmed(controlled) > 1000, "the pictures are in the film's")
    controlled.ask("seek", 3)
    eventually(lambda: filmed(controlled) == 0, "they are over")
    controlled.ask("seek", 1)
    eventually(lambda: filmed(controlled) > 1000, "they are there again")
    state = controlled.ask("subtitles", None)
    assert state["stream"]["reason"] != "subtitles"
    eventually(lambda: filmed(controlled) == 0, "the film is as it was")


def test_they_are_at_the_bottom_while_there_are_no_controls(controlled: ControlledPlayer) -> None:
    controlled.prepare_loaded("media/film.mp4")
    controlled.ask("subtitles", "inside-0")
    # it may end before anybody has looked
    controlled.ask("repeat", "one")
    controlled.ask("play")
    lift = "Number(getComputedStyle(document.querySelector('main')).getPropertyValue('--lift'))"

    def lifted() -> bool:
        controlled.player.point()
        return bool(controlled.player.see(lift) > 0.1)

    eventually(lifted, "they are above the controls")
    eventually(lambda: controlled.player.see(lift) == 0, "the controls are gone")
    eventually(lifted, "they are back")
    controlled.ask("repeat", "off")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (960, 540)])
def test_they_are_above_the_controls(controlled: ControlledPlayer, width: int, height: int) -> None:
    page = controlled.player.page
    page.set_viewport_size({"width": width, "height": height})
    controlled.prepare_loaded("media/film.mp4")
    controlled.ask("seek", 1)
    top = int(controlled.player.see(TOP))
    above: FloatRect = {"x": 0, "y": 0, "width": width, "height": top}
    below: FloatRect = {"x": 0, "y": top, "width": width, "height": height - top}
    controlled.ask("subtitles", "inside-0")
    eventually(lambda: controlled.player.see(CUES) == "Bonjour", "it is shown")
    loaded = "Array.from(document.images).every(({ complete }) => complete)"
    eventually(lambda: controlled.player.see(loaded), "the page is whole")
    with_it = [page.screenshot(clip=it) for it in (above, below)]
    controlled.ask("subtitles", None)
    eventually(lambda: page.screenshot(clip=above) != with_it[0], "it was above the controls")
    eventually(lambda: page.screenshot(clip=below) == with_it[1], "nothing of it was on them")
    controlled.ask("subtitles", "en")
    eventually(lambda: drawn(controlled) > 500, "the others are drawn")
    bottom = "document.querySelector('.JASSUB').getBoundingClientRect().bottom"
    eventually(lambda: float(controlled.player.see(bottom)) <= top + 1, "they are above them, too")
