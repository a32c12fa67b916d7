"""What a film that nobody touches costs Home Assistant's recorder.

``python -m bench.recorder --minutes 30`` lets a real page play in real time, with a running Home
Assistant on the embedded broker, and prints how many states of the media player were written and
how many the page published. It needs the Python of ``make test-homeassistant``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import sync_playwright

from tests.browser.chromium import PHONE, launch
from tests.browser.pages import Pages
from tests.homeassistant.instance import Instance
from tests.homeassistant.seen import Seen
from tests.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl

_MARGIN: Final = 120


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(_measure(Path(folder), minutes * 60), indent=1))


def _measure(folder: Path, seconds: float) -> dict[str, object]:
    media = folder / "media"
    media.mkdir()
    _film(media / "long.webm", seconds + _MARGIN)
    system = System(folder / "system", {"ZAPETTE_MEDIA_DIR": str(media)})
    system.folder.mkdir()
    system.start()
    home = Instance(folder / "home", system.household()).start()
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            pages = Pages(browser, browser.new_context(**PHONE))
            player = pages.started(system)
            home.accept("Television")
            seen = Seen(home, "television")
            seen.shows("idle")
            seen.do("play_media", media_content_type="video", media_content_id="media/long.webm")
            player.advances()
            states = _States(system.household(), f"{player.root}/state")
            before, begun, position = home.writes(seen.player), time.monotonic(), player.time
            # the page's own events are read while this waits
            player.page.wait_for_timeout(seconds * 1000)
            played = player.time - position
            seen.do("media_pause")
            elapsed = time.monotonic() - begun
            seen.shows("paused")
            eventually(lambda: home.writes(seen.player) > before, "the pause is recorded")
            result: dict[str, object] = {
                "seconds": round(elapsed), "played": round(played),
                "states published by the page": states.count,
                "states written by the recorder, the pause among them":
                home.writes(seen.player) - before,
            }  # fmt: skip
            pages.close()
            browser.close()
            return result
    finally:
        home.stop()
        system.stop()


class _States:
    """Counts what is published on a topic."""

    def __init__(self, url: BrokerUrl, topic: str) -> None:
        self.count = 0
        ready = threading.Event()
        mqtt = self._mqtt = paho.Client(CallbackAPIVersion.VERSION2)
        mqtt.username_pw_set(url.username, url.password)
        mqtt.on_subscribe = lambda *_: ready.set()
        mqtt.on_message = self._note
        mqtt.on_connect = lambda *_: self._subscribe(topic)
        mqtt.connect(url.host, url.port)
        mqtt.loop_start()
        if not ready.wait(10):
            raise SystemExit("the broker does not let us listen")

    def _subscribe(self, topic: str) -> None:
        self._mqtt.subscribe(topic, 1)

    def _note(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.count += not message.retain


def _film(file: Path, seconds: float) -> None:
    picture, sound = "testsrc=size=160x90:rate=5", "sine=frequency=220:sample_rate=8000"
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", f"{picture}:duration={seconds}",
         "-f", "lavfi", "-i", f"{sound}:duration={seconds}", "-c:v", "libvpx", "-b:v", "50k",
         "-cpu-used", "16", "-deadline", "realtime", "-c:a", "libopus", "-b:a", "16k", str(file)],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
