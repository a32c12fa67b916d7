"""Make the picture of docs/home-assistant.md: ``python -m scripts.picture_home_assistant``.

Needs Chromium, and what ``scripts/homeassistant.sh`` makes.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.browser.driving.chromium import launched
from tests.browser.driving.pages import Pages
from tests.homeassistant.driving.entities import Entities
from tests.homeassistant.driving.instance import Instance
from tests.programs.mosquitto import run_tool
from tests.programs.system import System
from tests.waiting import eventually
from zapette_server.paths import ROOT

PICTURE: Final = ROOT / "docs" / "images" / "home-assistant.png"

_CONFIGURATION: Final = """\
frontend:
lovelace:
  dashboards:
    zapette-home:
      mode: yaml
      title: Home
      filename: home.yaml
"""
_DASHBOARD: Final = """\
title: Home
views:
  - title: Living room
    type: sections
    max_columns: 2
    sections:
      - cards:
          - {type: heading, heading: Living room, icon: mdi:sofa}
          - {type: media-control, entity: media_player.living_room, grid_options: {columns: full}}
          - type: tile
            entity: button.living_room_10_seconds_back
            name: 10 s back
            hide_state: true
          - type: tile
            entity: button.living_room_30_seconds_forward
            name: 30 s on
            hide_state: true
      - cards:
          - {type: heading, heading: What it is, icon: mdi:information-outline}
          - {type: tile, entity: media_player.living_room, grid_options: {columns: full},
             features: [{type: media-player-playback}, {type: media-player-volume-slider}]}
          - {type: tile, entity: event.living_room_playback, name: Playback}
          - {type: tile, entity: notify.living_room_message, name: Message, hide_state: true}
"""


def main() -> None:
    """Take the dashboard of a real Home Assistant next to a page that plays."""
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        system = System(_folder(folder, "system")).start()
        home = Instance(_folder(folder, "home"), system.household(), _CONFIGURATION)
        (home.folder / "home.yaml").write_text(_DASHBOARD)
        try:
            _play(browser, system, home.start())
            _take(browser, home)
        finally:
            home.stop()
            system.stop()


def _folder(parent: str, name: str) -> Path:
    made = Path(parent) / name
    made.mkdir()
    return made


def _play(browser: Browser, system: System, home: Instance) -> None:
    player = Pages(browser, browser.new_context()).started(system)
    run_tool("pub", system.household(), "-t", f"{player.root}/command/rename", "-m", "Living room")
    home.accept("Living room")
    seen = Entities(home, "living_room")
    seen.shows("idle")
    run_tool("pub", system.household(), "-t", f"{player.root}/command/volume", "-m", "40")
    home.do(
        "media_player.play_media",
        "media_player.living_room",
        media_content_type="video",
        media_content_id="media/zapette.webm",
        extra={"title": "Drifting colours"},
    )
    eventually(lambda: home.state("media_player.living_room")["state"] == "playing", "it plays")


def _take(browser: Browser, home: Instance) -> None:
    page = browser.new_page(
        viewport={"width": 1180, "height": 400}, locale="en", reduced_motion="reduce"
    )
    tokens = {
        "access_token": home.token,
        "token_type": "Bearer",
        "expires_in": 86400,
        "expires": int(time.time() * 1000) + 86_400_000,
        "hassUrl": home.url,
        "clientId": f"{home.url}/",
        "refresh_token": "",
    }
    page.add_init_script(f"localStorage.hassTokens = {json.dumps(json.dumps(tokens))}")
    page.goto(f"{home.url}/zapette-home/0")
    page.get_by_text("Drifting colours").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    PICTURE.parent.mkdir(exist_ok=True)
    page.screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
