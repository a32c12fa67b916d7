"""The queue, the order of play and subtitles of a real page, by Home Assistant's actions."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.homeassistant.driving.entities import Entities
from tests.homeassistant.driving.instance import Instance
from tests.programs.system import System
from tests.waiting import eventually

SAMPLE, BLUE, GREEN = "media/zapette.webm", "media/blue.webm", "media/green.webm"
_SHOWN = 'Array.from(document.querySelector("video").textTracks, (it) => it.mode)'


@pytest.fixture(scope="module")
def player(system: System, pages: Pages) -> PlayerPage:
    return pages.started(system)


@pytest.fixture(scope="module")
def seen(home: Instance, player: PlayerPage) -> Entities:
    home.accept("Television")
    seen = home.seen(player.id)
    seen.shows("idle")
    return seen


@pytest.fixture(autouse=True)
def anew(seen: Entities) -> None:
    """Play the sample, with nothing behind it."""
    play(seen, SAMPLE, "replace")
    seen.do("media_pause")


def play(seen: Entities, medium: str, enqueue: str) -> None:
    seen.do("play_media", media_content_type="video", media_content_id=medium, enqueue=enqueue)


def plays(seen: Entities, player: PlayerPage, medium: str) -> None:
    """See that it plays in the page, and that Home Assistant says so."""
    eventually(lambda: player.video["currentSrc"].endswith(medium), f"{medium} is loaded")
    player.advances()
    eventually(lambda: seen.attributes.get("media_content_id") == medium, f"{medium} is shown")
    seen.shows("playing")


def test_add_next_and_previous(seen: Entities, player: PlayerPage) -> None:
    play(seen, BLUE, "add")
    play(seen, GREEN, "next")
    assert player.video["currentSrc"].endswith(SAMPLE)
    seen.do("media_next_track")
    plays(seen, player, GREEN)
    seen.do("media_next_track")
    plays(seen, player, BLUE)
    seen.do("media_previous_track")
    plays(seen, player, GREEN)


def test_a_folder_by_the_address_that_browsing_gives(seen: Entities, player: PlayerPage) -> None:
    root = seen.home.api.ask("media_player/browse_media", entity_id=seen.player)
    assert not root["can_play"]
    (folder,) = [it for it in root["children"] if it["title"].startswith("Été")]
    assert folder["can_play"]
    play(seen, folder["media_content_id"], "replace")

    def shows(name: str) -> None:
        eventually(lambda: unquote(player.video["currentSrc"]).endswith(name), f"{name} is loaded")
        eventually(lambda: str(seen.attributes.get("media_content_id")).endswith(name), name)

    shows("1 green.webm")
    player.advances()
    seen.do("media_next_track")
    shows("2 blue.webm")
    play(seen, SAMPLE, "replace")
    play(seen, folder["media_content_id"], "add")
    seen.do("media_next_track")
    shows("1 green.webm")
    seen.do("media_next_track")
    shows("2 blue.webm")


def test_play_and_replace(seen: Entities, player: PlayerPage) -> None:
    play(seen, BLUE, "add")
    play(seen, GREEN, "play")
    plays(seen, player, GREEN)
    seen.do("media_next_track")
    plays(seen, player, BLUE)
    play(seen, GREEN, "replace")
    plays(seen, player, GREEN)
    seen.do("media_previous_track")
    # nothing was before it: it begins again
    plays(seen, player, GREEN)


def test_what_is_enqueued_follows_by_itself(seen: Entities, player: PlayerPage) -> None:
    play(seen, BLUE, "add")
    seen.do("media_seek", seek_position=44.5)
    seen.do("media_play")
    plays(seen, player, BLUE)


def test_repeat(seen: Entities, player: PlayerPage) -> None:
    def shows(mode: str) -> None:
        eventually(lambda: seen.attributes["repeat"] == mode, f"repeat is {mode}")

    seen.do("repeat_set", repeat="one")
    shows("one")
    seen.do("media_seek", seek_position=44.5)
    seen.do("media_play")
    eventually(lambda: player.time < 40, "the film begins again")
    plays(seen, player, SAMPLE)
    for mode in ("all", "off"):
        seen.do("repeat_set", repeat=mode)
        shows(mode)


def test_shuffle(seen: Entities) -> None:
    play(seen, BLUE, "add")
    for on in (True, False):
        seen.do("shuffle_set", shuffle=on)
        eventually(lambda: seen.attributes["shuffle"] is on, f"shuffle is {on}")  # noqa: B023


def test_subtitles(seen: Entities, player: PlayerPage) -> None:
    def added() -> list[str]:
        # others of this name have entities too, which are counted through
        mine = seen.home.entities(player.id)
        return [it for it in mine if it.startswith("select.") and "subtitles" in it]

    (select,) = eventually(added, "the subtitles can be selected")

    def state() -> dict[str, Any]:
        return seen.home.state(select)

    eventually(lambda: len(state()["attributes"].get("options", [])) == 2, "off, and one track")
    off, french = state()["attributes"]["options"]
    seen.home.do("select.select_option", select, option=french)
    eventually(lambda: "showing" in player.see(_SHOWN), "the page shows subtitles")
    eventually(lambda: state()["state"] == french, "the track")
    seen.home.do("select.select_option", select, option=off)
    eventually(lambda: "showing" not in player.see(_SHOWN), "the page shows none")
    eventually(lambda: state()["state"] == off, "no track")
