"""From a tap on a film in the phone's library until its picture moves on the player.

``python -m bench.starts`` plays films in Chromium, each of which nobody has asked for before: as
the file is (*direct*) and with the picture copied (*remux*), both of 720 lines, because Chromium
calls itself too slow for more on a busy machine; and 1080 lines from HEVC to H.264 (*transcode*).
The picture moves when its second frame is shown. In the same rounds ffmpeg alone makes the first
two seconds with the options of the stream. Between two rounds, all conversions end.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from contextlib import ExitStack
from typing import Final

import psutil

from bench.results import command, heading, times, workspace, write_json
from bench.streams import CODECS, Alone, film, wait_for_end
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually

_KINDS: Final = {
    "direct": ("direct.mkv", "aac", ""),
    "remux": ("h264.mkv", "ac3", "copy-aac"),
    "transcode": ("hevc.mkv", "ac3", "h264-aac"),
}
# Both pages note times that can be compared.
_WATCH_PHONE: Final = """document.addEventListener("click", ({ timeStamp }) => {
  window.tapped = performance.timeOrigin + timeStamp;
}, true)"""
_WATCH_PLAYER: Final = """(() => {
  const video = document.querySelector("video");
  window.frames = [];
  video.addEventListener("emptied", () => { window.frames = []; });
  const look = () => {
    window.frames.push(performance.timeOrigin + performance.now());
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
})()"""
_MOVED: Final = "window.frames.length > 1 && window.frames[1]"

Found = dict[str, list[float]]


def measure(stage: ControlledPlayer, phone: RemotePage, title: str) -> float:
    """Tap on a film; return how many seconds later its picture moved."""
    stage.ask("queue/clear")
    phone.tap("Library")
    phone.tap(f"Play {title}")
    tapped = float(phone.see("window.tapped"))

    def moved() -> float | None:
        at = stage.player.see(_MOVED)
        return at if at and at > tapped else None

    at = eventually(moved, f"{title} moves", 120)
    assert at is not None
    return (at - tapped) / 1000


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("starts", __doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", choices=list(_KINDS), action="append")
    options = parser.parse_args()
    kinds = options.only or list(_KINDS)
    found: Found = defaultdict(list)
    with ExitStack() as stack:
        folder = stack.enter_context(workspace())
        media = folder / "media"
        for kind in kinds:
            name, sound, _ = _KINDS[kind]
            is_hevc = kind == "transcode"
            codec = CODECS["hevc.mkv" if is_hevc else "h264.mkv"]
            film(folder / name, codec, sound, 1080 if is_hevc else 720)
            for turn in range(options.rounds):
                os.link(folder / name, media / f"{kind} {_letters(turn)}.mkv")
        system = stack.enter_context(System(folder, {"ZAPETTE_MEDIA_DIR": str(media)}))
        browser = stack.enter_context(launched())
        system.wait_for_index()
        pages = Pages(browser, browser.new_context(**PHONE))
        player = pages.started(system)
        phone = pages.remote(system, player)
        observer = stack.enter_context(Observer(system.household(), player.root))
        stage = ControlledPlayer(player, observer)
        player.see(_WATCH_PLAYER)
        phone.see(_WATCH_PHONE)
        for turn in range(options.rounds):
            for kind in kinds:
                name, _, plan = _KINDS[kind]
                found[kind].append(measure(stage, phone, f"{kind} {_letters(turn)}"))
                stream = observer.status()["stream"]
                assert stream["kind"] == kind, stream
                stage.ask("queue/clear")
                wait_for_end(psutil.Process(system.pid("web")))
                if plan:
                    alone = Alone.of(folder / name, plan)
                    began = time.perf_counter()
                    alone.run(0.0, 2.0)
                    found[f"{kind}, ffmpeg alone"].append(time.perf_counter() - began)
        pages.close()
        version = browser.version
    print(f"{heading(f'Chromium {version}')}\n\n{times(found)}")
    write_json(options.json, found)


def _letters(turn: int) -> str:
    # a number might be taken for that of an episode
    return chr(ord("a") + turn // 26) + chr(ord("a") + turn % 26)


if __name__ == "__main__":
    main()
