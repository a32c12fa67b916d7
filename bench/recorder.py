"""How much a film that plays untouched writes to Home Assistant's recorder.

``python -m bench.recorder --minutes 30`` plays a film in a real page in real time, with a running
Home Assistant on our broker, and prints how many states of the media player were written and how
many the page published. It needs the Python of ``make test-homeassistant``.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.results import command, workspace, write_json
from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.homeassistant.driving.entities import Entities
from tests.homeassistant.driving.instance import Instance
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl

_MARGIN: Final = 120


def main() -> None:
    """Measure, and print JSON."""
    parser = command("recorder", __doc__)
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    with workspace() as folder:
        figures = _measure(folder, options.minutes * 60)
    print(json.dumps(figures, indent=1))
    write_json(options.json, figures)


def _measure(folder: Path, seconds: float) -> dict[str, int]:
    media = folder / "media"
    (folder / "system").mkdir()
    _make_film(media / "long.webm", seconds + _MARGIN)
    with ExitStack() as stack:
        system = System(folder / "system", {"ZAPETTE_MEDIA_DIR": str(media)})
        stack.enter_context(system)
        home = Instance(folder / "home", system.household()).start()
        stack.callback(home.stop)
        browser = stack.enter_context(launched())
        pages = Pages(browser, browser.new_context(**PHONE))
        stack.callback(pages.close)
        player = pages.started(system)
        home.accept("Television")
        seen = Entities(home, "television")
        seen.shows("idle")
        seen.do("play_media", media_content_type="video", media_content_id="media/long.webm")
        player.advances()
        published = _published(system.household(), f"{player.root}/state")
        before, begun, position = home.writes(seen.player), time.monotonic(), player.time
        # the page's own events are read while this waits
        player.page.wait_for_timeout(seconds * 1000)
        played = player.time - position
        seen.do("media_pause")
        elapsed = time.monotonic() - begun
        seen.shows("paused")
        eventually(lambda: home.writes(seen.player) > before, "the pause is recorded")
        written = home.writes(seen.player) - before
        return {
            "seconds": round(elapsed),
            "played": round(played),
            "states published by the page": sum(not message.retain for message in published),
            "states written by the recorder, the pause among them": written,
        }


def _published(url: BrokerUrl, topic: str) -> list[paho.MQTTMessage]:
    """Return a list that collects what is published on a topic from now on."""
    messages: list[paho.MQTTMessage] = []
    ready = threading.Event()
    mqtt = paho.Client(CallbackAPIVersion.VERSION2)
    mqtt.username_pw_set(url.username, url.password)

    def subscribe(*_: object) -> None:
        mqtt.subscribe(topic, 1)

    mqtt.on_connect = subscribe
    mqtt.on_subscribe = lambda *_: ready.set()
    mqtt.on_message = lambda _client, _data, message: messages.append(message)
    mqtt.connect(url.host, url.port)
    mqtt.loop_start()
    if not ready.wait(10):
        raise SystemExit("the broker does not confirm the subscription")
    return messages


def _make_film(file: Path, seconds: float) -> None:
    video, sound = "testsrc=size=160x90:rate=5", "sine=frequency=220:sample_rate=8000"
    inputs = [it for one in (video, sound) for it in ("-f", "lavfi", "-i", f"{one}:d={seconds}")]
    fast = ("-c:v", "libvpx", "-b:v", "50k", "-cpu-used", "16", "-deadline", "realtime")
    ffmpeg(*inputs, *fast, "-c:a", "libopus", "-b:a", "16k", str(file), timeout=None)


if __name__ == "__main__":
    main()
