"""How long a change of the sound track takes, until the other one is heard.

``python -m bench.sounds`` plays a film of 1080 lines with two sounds in Chromium: from the file, in
which a browser plays the first sound only, to a stream with the other one, and within that stream.
The time is that from the request to the tone, and how far the film has moved beyond it.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from bench.results import command, heading, markdown, write_json
from tests.browser.chromium import launch
from tests.browser.controlled_player import ControlledPlayer
from tests.browser.ear import heard_after, listen
from tests.browser.observer import Observer
from tests.browser.pages import Pages
from tests.system import System
from tests.waiting import eventually

SECONDS: Final = 60
_HERTZ: Final = (440, 880)
_SOURCE: Final = f"testsrc2=d={SECONDS}:s=1920x1080:r=24"


def film(target: Path) -> None:
    """Make a film with a tone in each of two sounds."""
    inputs = [it for hertz in _HERTZ for it in ("-f", "lavfi", "-i", f"sine=f={hertz}:d={SECONDS}")]
    encoded = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "48", "-c:a", "aac", str(target))
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-pix_fmt", "yuv420p", "-b:v", "6M")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", _SOURCE, *inputs, *maps, *encoded],
        check=True,
    )


def measure(stage: ControlledPlayer, rounds: int) -> dict[str, list[float]]:
    """Return seconds by what was changed: times to the tone, and moves of the film."""
    ways = ("file to stream", "within the stream")
    found: dict[str, list[float]] = {it: [] for way in ways for it in (way, f"{way}, place")}
    for turn in range(rounds):
        stage.ask("load", "media/film.mkv")
        # the sound of the round before is chosen again
        stage.ask("audio", "0")
        stage.ask("stream", "direct")
        stage.ask("stream", "auto")
        stage.ask("seek", 5 + turn * 2 % 40)
        stage.ask("play")
        for way, track in zip(ways, ("1", "0"), strict=True):
            listen(stage.player, _HERTZ[1 - int(track)])
            heard_after(stage.player)
            place = stage.player.time
            listen(stage.player, _HERTZ[int(track)])
            stage.ask("audio", track)
            seconds = heard_after(stage.player)
            found[way].append(seconds)
            found[f"{way}, place"].append(stage.player.time - place - seconds)
    return found


def main() -> None:
    """Run the benchmark from the command line."""
    parser = command("sounds", __doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        media = folder / "media"
        media.mkdir()
        film(media / "film.mkv")
        system = stack.enter_context(System(folder, {"ZAPETTE_MEDIA_DIR": str(media)}))
        browser = launch(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        eventually(lambda: system.get("api/library").json["index"]["state"] == "ready", "", 60)
        player = Pages(browser, browser.new_context()).started(system)
        observer = stack.enter_context(Observer(system.household(), player.root))
        found = measure(ControlledPlayer(player, observer), options.rounds)
        version = browser.version
    rows = [(it, f"{statistics.median(of):.2f}", f"{max(of):.2f}") for it, of in found.items()]
    print(f"{heading(f'Chromium {version}')}\n\n{markdown(('seconds', 'p50', 'most'), rows)}")
    write_json(options.json, found)


if __name__ == "__main__":
    main()
