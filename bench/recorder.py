"""How much a film that plays untouched writes to Home Assistant's recorder.

``python -m bench.recorder --minutes 30`` plays a film in a real page in real time, with a running
Home Assistant on our broker, and prints how many states of the media player were written and how
many the page published. It needs the Python of ``make test-homeassistant``.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

from bench.chromium import opened
from bench.results import command, workspace, write_json
from tests.browser.driving.observer import Observer
from tests.homeassistant.driving.entities import Entities
from tests.homeassistant.driving.instance import Instance
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually

_MARGIN: Final = 120


def main() -> None:
    """Measure, and print JSON."""
    options = command("recorder", __doc__, minutes=30.0).parse_args()
    with workspace() as folder:
        figures = _measure(folder, options.minutes * 60)
    print(json.dumps(figures, indent=1))
    write_json(options.json, figures)


def _measure(folder: Path, seconds: float) -> dict[str, int]:
    _make_film(folder / "media" / "long.webm", seconds + _MARGIN)
    with opened(folder) as (system, _, pages):
        player = pages.started(system)
        home = Instance(folder / "home", system.household()).start()
        try:
            home.accept("Television")
            seen = Entities(home, "television")
            seen.shows("idle")
            seen.do("play_media", media_content_type="video", media_content_id="media/long.webm")
            player.advances()
            with Observer(system.household(), player.root) as observer:
                before, begun, position = home.writes(seen.player), time.monotonic(), player.time
                # the page's own events are read while this waits
                player.page.wait_for_timeout(seconds * 1000)
                played, elapsed = player.time - position, time.monotonic() - begun
                seen.do("media_pause")
                seen.shows("paused")
            eventually(lambda: home.writes(seen.player) > before, "the pause is recorded")
            written = home.writes(seen.player) - before
        finally:
            home.stop()
    return {
        "seconds": round(elapsed),
        "played": round(played),
        "states published by the page": len(observer.states),
        "states written by the recorder, the pause among them": written,
    }


def _make_film(file: Path, seconds: float) -> None:
    video, sound = "testsrc=size=160x90:rate=5", "sine=frequency=220:sample_rate=8000"
    inputs = [it for one in (video, sound) for it in ("-f", "lavfi", "-i", f"{one}:d={seconds}")]
    fast = ("-c:v", "libvpx", "-b:v", "50k", "-cpu-used", "16", "-deadline", "realtime")
    ffmpeg(*inputs, *fast, "-c:a", "libopus", "-b:a", "16k", str(file), timeout=None)


if __name__ == "__main__":
    main()
