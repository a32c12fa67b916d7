"""From a tap on a film in the phone's library until its picture moves on the player.

``python -m bench.starts`` plays films in Chromium, each of which nobody has asked for before: as
the file is (*direct*) and with the picture copied (*remux*), both of 720 lines, because Chromium
calls itself too slow for more on a busy machine; and 1080 lines from HEVC to H.264 (*transcode*).
The picture moves when its second frame is shown. In the same rounds ffmpeg alone makes the first
two seconds with the options of the stream. Between two rounds, all conversions end.
"""

from __future__ import annotations

import os
from typing import Final

from bench.chromium import opened
from bench.films import Alone, Web, film
from bench.results import Times, command, workspace, write_json
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.remote_page import RemotePage
from tests.waiting import eventually

_KINDS: Final = {
    "direct": ("h264", "aac", 720, ""),
    "remux": ("h264", "ac3", 720, "copy-aac"),
    "transcode": ("hevc", "ac3", 1080, "h264-aac"),
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


def measure(controlled: ControlledPlayer, phone: RemotePage, title: str) -> float:
    """Tap on a film; return how many seconds later its picture moved."""
    phone.tap("Library")
    phone.tap(f"Play {title}")
    tapped = float(phone.see("window.tapped"))

    def moved() -> float:
        at = float(controlled.player.see(_MOVED))
        return at if at > tapped else 0.0

    return (eventually(moved, f"{title} moves", 120) - tapped) / 1000


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("starts", __doc__, rounds=20)
    parser.add_argument("--only", nargs="+", choices=_KINDS, default=list(_KINDS))
    options = parser.parse_args()
    # a number might be taken for that of an episode
    turns = [chr(ord("a") + it // 26) + chr(ord("a") + it % 26) for it in range(options.rounds)]
    found, alone = Times(), {}
    with workspace() as folder:
        for kind in options.only:
            codec, sound, lines, plan = _KINDS[kind]
            original = film(folder / f"{kind}.mkv", codec, sound, lines)
            if plan:
                alone[kind] = Alone(original, plan)
            for turn in turns:
                os.link(original, folder / "media" / f"{kind} {turn}.mkv")
        with opened(folder) as (system, _, pages):
            player = pages.started(system)
            phone = pages.remote(system, player)
            player.see(_WATCH_PLAYER)
            phone.see(_WATCH_PHONE)
            with Observer(system.household(), player.root) as observer:
                controlled = ControlledPlayer(player, observer)
                for turn in turns:
                    for kind in options.only:
                        controlled.ask("queue/clear")
                        found[kind].append(measure(controlled, phone, f"{kind} {turn}"))
                        stream = observer.status()["stream"]
                        assert stream["kind"] == kind, stream
                        controlled.ask("queue/clear")
                        Web(system).wait_for_end()
                        if kind in alone:
                            with found.of(f"{kind}, ffmpeg alone"):
                                alone[kind].run(0.0, 2.0)
    print(found.table())
    write_json(options.json, times=found)


if __name__ == "__main__":
    main()
