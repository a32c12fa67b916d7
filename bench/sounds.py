"""How long a change of the sound track takes, until the other one is heard.

``python -m bench.sounds`` plays a film of 1080 lines with two sounds in Chromium: from the file, in
which a browser plays the first sound only, to a stream with the other one, and within that stream.
The first change of each round is on a page that was just opened, in a film that nobody has asked
for (*cold*), when it has played for 3 s. The time is that from the request to the tone.
"""

from __future__ import annotations

import os
from typing import Final

from bench.chromium import opened
from bench.films import film
from bench.results import Times, command, workspace, write_json
from tests.browser.checks.ear import heard_after, listen
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.waiting import eventually

_HERTZ: Final = (440, 880)


def change(controlled: ControlledPlayer, track: int) -> float:
    """Let another sound be heard; return how many seconds that takes."""
    listen(controlled.player, _HERTZ[1 - track])
    heard_after(controlled.player)
    listen(controlled.player, _HERTZ[track])
    controlled.ask("audio", str(track))
    return heard_after(controlled.player)


def measure(controlled: ControlledPlayer, name: str, found: Times) -> None:
    """Change the sound of a film three times."""
    controlled.ask("load", f"media/{name}")
    controlled.ask("play")
    eventually(lambda: controlled.player.time > 3, "it plays")
    found["cold: file to stream"].append(change(controlled, 1))
    found["within it"].append(change(controlled, 0))
    controlled.ask("stream", "direct")
    controlled.ask("stream", "auto")
    controlled.ask("seek", 30)
    found["again: file to stream"].append(change(controlled, 1))


def main() -> None:
    """Run the benchmark from the command line."""
    options = command("sounds", __doc__, rounds=20).parse_args()
    found = Times()
    with workspace() as folder:
        media = folder / "media"
        film(media / "film.mkv", "h264", "aac", hertz=_HERTZ)
        # another path is another film: nothing is known of it yet
        names = [f"{turn}.mkv" for turn in range(options.rounds)]
        for name in names:
            os.link(media / "film.mkv", media / name)
        with opened(folder) as (system, browser, _):
            for name in names:
                pages = Pages(browser, browser.new_context())
                player = pages.started(system)
                with Observer(system.household(), player.root) as observer:
                    measure(ControlledPlayer(player, observer), name, found)
                pages.close()
    print(found.table())
    write_json(options.json, times=found)


if __name__ == "__main__":
    main()
