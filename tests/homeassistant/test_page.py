"""A real player page in Chromium, piloted from a running Home Assistant."""

from __future__ import annotations

import io
import math
import statistics
import struct
import time
import urllib.request
import wave

import pytest

from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.homeassistant import python
from tests.homeassistant.driving.api_socket import HomeAssistantRefused
from tests.homeassistant.driving.entities import PROMPT, Entities, said
from tests.homeassistant.driving.house import set_volume
from tests.homeassistant.driving.instance import Instance
from tests.programs.mosquitto import run_tool
from tests.programs.system import System
from tests.waiting import SLACK, eventually

SAMPLE, BLUE = "media/zapette.webm", "media/blue.webm"
SEEK = 2


@pytest.fixture(scope="module")
def player(system: System, pages: Pages) -> PlayerPage:
    return pages.started(system)


@pytest.fixture(scope="module")
def seen(home: Instance, player: PlayerPage) -> Entities:
    home.accept("Television")
    seen = home.seen(player.id)
    seen.shows("idle")
    # a page begins with what comes first in the library
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE)
    seen.do("media_stop")
    seen.shows("idle")
    return seen


def test_actions_are_seen_in_the_video(seen: Entities, player: PlayerPage) -> None:
    seen.do("media_play")
    player.advances()
    seen.do("media_pause")
    assert not player.plays()
    seen.do("media_seek", seek_position=20)
    assert abs(player.time - 20) < 0.1
    seen.do("volume_set", volume_level=0.37)
    assert player.level == 37
    seen.do("volume_up")
    assert player.level == 42
    seen.do("volume_down")
    assert player.level == 37
    seen.do("volume_mute", is_volume_muted=True)
    assert player.video["muted"]
    seen.do("volume_mute", is_volume_muted=False)
    assert not player.video["muted"]
    seen.do("media_play_pause")
    player.advances()
    seen.do("media_stop")
    assert not player.plays()
    assert player.time == 0
    seen.shows("idle")


def test_what_happens_on_the_page_shows_within_a_second(
    system: System, seen: Entities, player: PlayerPage
) -> None:
    seen.took.clear()
    player.see('document.querySelector("video").play()')
    seen.promptly(lambda: seen.state == "playing", "it plays")
    set_volume(system, player, 25)
    seen.promptly(lambda: seen.attributes["volume_level"] == 0.25, "the volume")
    player.see('document.querySelector("video").muted = true')
    seen.promptly(lambda: seen.attributes["is_volume_muted"], "it is muted")
    player.see('document.querySelector("video").muted = false')
    player.see('document.querySelector("video").currentTime = 30')
    seen.promptly(lambda: abs(seen.position() - player.time) < 2, "the position")
    run_tool("pub", seen.home.broker, "-t", f"{player.root}/command/pause", "-n")
    seen.promptly(lambda: seen.state == "paused", "it is paused")
    assert statistics.median(seen.took) < PROMPT + SLACK, seen.took
    assert seen.attributes["media_duration"] == 45
    assert seen.attributes["media_content_id"] == SAMPLE


def test_play_media(seen: Entities, player: PlayerPage) -> None:
    medium = {"media_content_type": "video", "media_content_id": SAMPLE}
    seen.do("play_media", **medium, extra={"title": "Drifting colours"})
    player.advances()
    seen.promptly(lambda: seen.attributes.get("media_title") == "Drifting colours", "the title")
    url = player.page.url + SAMPLE
    seen.do("play_media", media_content_type="video", media_content_id=url)
    player.advances()
    assert player.video["currentSrc"] == url
    seen.do("media_stop")


def test_the_library_is_browsed_and_searched(seen: Entities, player: PlayerPage) -> None:
    root = seen.home.api.ask("media_player/browse_media", entity_id=seen.player)
    (medium,) = [it for it in root["children"] if it["media_content_id"] == SAMPLE]
    assert medium["can_play"]
    kind, picture = _fetch(seen.home.url + medium["thumbnail"])
    assert kind.startswith("image/")
    assert len(picture) > 100
    sources = [it["title"] for it in root["children"] if it["can_expand"]]
    assert sources, "the media sources of Home Assistant"
    found = seen.home.api.ask(
        "media_player/search_media", entity_id=seen.player, search_query=medium["title"]
    )
    assert [it["media_content_id"] for it in found["result"]] == [SAMPLE]
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE)
    player.advances()
    seen.do("media_stop")


def test_a_medium_of_home_assistant(seen: Entities, player: PlayerPage) -> None:
    sample = seen.home.media / "holiday.webm"
    sample.write_bytes(_sample())
    medium = "media-source://media_source/local/holiday.webm"
    seen.do("play_media", media_content_type="video/webm", media_content_id=medium)
    player.advances()
    assert f":{seen.home.port}/" in player.video["currentSrc"]
    seen.promptly(lambda: seen.attributes.get("media_title") == "holiday", "the title")
    assert seen.attributes["media_content_id"] == medium
    # what stays in the player's queue, and is shown there, is no signature that ends
    assert "authSig" not in player.video["currentSrc"] + str(seen.attributes)
    seen.do("media_stop")


def test_an_announcement_and_what_comes_after(seen: Entities, player: PlayerPage) -> None:
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE)
    begun = time.monotonic()
    seen.do("media_seek", seek_position=10)
    player.advances()
    (seen.home.media / "gong.wav").write_bytes(_gong(1.0))
    gong = "media-source://media_source/local/gong.wav"
    # it lasts a second, after which one who only looks then has missed it
    player.see("""document.querySelector("video").addEventListener("loadeddata",
      (it) => (window.loaded ||= []).push(it.target.currentSrc))""")
    seen.do("play_media", media_content_type="audio/wav", media_content_id=gong, announce=True)
    eventually(lambda: player.video["currentSrc"].endswith(SAMPLE), "the film is back")
    player.advances()
    assert "gong.wav" in str(player.see("window.loaded"))
    # no further than it can have played in the meantime
    assert 10 <= player.time < 11 + time.monotonic() - begun
    seen.shows("playing")
    # what was paused is paused afterwards
    seen.do("media_pause")
    at = player.time
    seen.do("play_media", media_content_type="audio/wav", media_content_id=gong, announce=True)
    eventually(lambda: player.video["currentSrc"].endswith(SAMPLE), "the film is back")
    eventually(lambda: not player.plays(), "the film is paused")
    seen.shows("paused")
    eventually(lambda: abs(player.time - at) < 0.5, "the film is where it was")
    seen.do("media_stop")


@pytest.mark.parametrize("repeat", ["off", "one"])
def test_an_announcement_leaves_the_queue_as_it_is(
    seen: Entities, player: PlayerPage, repeat: str
) -> None:
    (seen.home.media / "gong.wav").write_bytes(_gong(1.0))
    gong = "media-source://media_source/local/gong.wav"
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE, enqueue="replace")
    seen.do("play_media", media_content_type="video", media_content_id=BLUE, enqueue="add")
    seen.do("repeat_set", repeat=repeat)
    seen.do("media_seek", seek_position=10)
    player.advances()
    player.see("window.loaded = []")
    player.see("""document.querySelector("video").addEventListener("loadeddata",
      (it) => window.loaded.push(it.target.currentSrc))""")
    seen.do("play_media", media_content_type="audio/wav", media_content_id=gong, announce=True)

    def is_back() -> bool:
        return player.video["currentSrc"].endswith(SAMPLE) and player.time > 10

    eventually(lambda: "gong.wav" in str(player.see("window.loaded")), "the gong")
    eventually(is_back, "the film is back")
    player.advances()
    seen.do("media_next_track")
    eventually(lambda: player.video["currentSrc"].endswith(BLUE), "what follows")
    seen.do("media_previous_track")
    eventually(lambda: player.video["currentSrc"].endswith(SAMPLE), "the film again")
    seen.do("repeat_set", repeat="off")
    seen.do("media_stop")
    seen.do("clear_playlist")


def test_an_announcement_that_cannot_be_played_is_not_skipped(
    seen: Entities, player: PlayerPage
) -> None:
    """What follows in the queue does not play in its place."""
    (seen.home.media / "broken.wav").write_bytes(b"no sound")
    broken = "media-source://media_source/local/broken.wav"
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE, enqueue="replace")
    seen.do("play_media", media_content_type="video", media_content_id=BLUE, enqueue="add")
    player.advances()
    with pytest.raises(HomeAssistantRefused):
        seen.do(
            "play_media", media_content_type="audio/wav", media_content_id=broken, announce=True
        )
    eventually(lambda: player.video["currentSrc"].endswith(SAMPLE), "the film is back")
    player.advances()
    seen.do("media_next_track")
    eventually(lambda: player.video["currentSrc"].endswith(BLUE), "what follows")
    seen.do("media_stop")
    seen.do("clear_playlist")


def test_a_message_on_the_screen(seen: Entities, player: PlayerPage) -> None:
    entity = seen.entity("notify", "message")
    seen.home.do("notify.send_message", entity, message="Dinner is ready", title="Kitchen")

    def told() -> bool:
        text = player.text
        return "Dinner is ready" in text and "Kitchen" in text

    eventually(told, "the message is on the screen")


def test_the_end_is_an_event(seen: Entities, player: PlayerPage) -> None:
    entity = seen.entity("event", "playback")
    before = seen.home.state(entity)["state"]
    seen.do("media_seek", seek_position=44.5)
    seen.do("media_play")
    eventually(lambda: player.video["ended"], "the film ends")
    eventually(lambda: seen.home.state(entity)["state"] != before, "the event is seen")
    assert seen.home.state(entity)["attributes"]["event_type"] == "ended"
    seen.shows("idle")


def test_errors_in_words(seen: Entities, player: PlayerPage) -> None:
    for medium in ("media/none.webm", "media/broken.webm"):
        with pytest.raises(HomeAssistantRefused) as refused:
            seen.do("play_media", media_content_type="video", media_content_id=medium)
        error = refused.value.error
        assert error["translation_key"] == "media_error"
        for language, words in (("en", "cannot play this"), ("fr", "ne peut pas lire ceci")):
            assert words in said(seen.home, language, error)
    # what the player cannot do now is not offered now
    eventually(
        lambda: not seen.attributes["supported_features"] & SEEK, "seeking is offered no longer"
    )
    seen.do("play_media", media_content_type="video", media_content_id=SAMPLE)
    seen.do("media_stop")
    eventually(lambda: seen.attributes["supported_features"] & SEEK, "seeking is offered again")
    # beyond the end is the end
    seen.do("media_seek", seek_position=1000)
    assert player.time == player.video["duration"]
    seen.do("turn_off")
    assert player.time == 0


def test_a_player_that_nobody_clicked_on(
    home: Instance, system: System, pages: Pages, seen: Entities
) -> None:
    fresh = pages.player(system)
    home.accept("Television")
    # it has the same name as the first, and entities of its own
    other = home.seen(fresh.id)
    other.shows("idle")
    for ask in ("media_play", "play_media"):
        medium = {"media_content_type": "video", "media_content_id": SAMPLE}
        with pytest.raises(HomeAssistantRefused) as refused:
            other.do(ask, **(medium if ask == "play_media" else {}))
        error = refused.value.error
        assert error["translation_key"] == "gesture_required"
        assert "needs a click first" in said(home, "en", error)
        assert "attend un clic" in said(home, "fr", error)
    assert not fresh.plays()
    fresh.close()
    other.shows("unavailable")
    assert seen.state == "idle"


def test_a_new_code_is_nothing_to_home_assistant(seen: Entities, player: PlayerPage) -> None:
    seen.home.api.changes.clear()
    link = player.link
    player.point()
    player.click("New code")
    eventually(lambda: player.wait_until_live().link != link, "there is a new code")
    seen.do("volume_set", volume_level=0.5)
    assert player.level == 50
    seen.promptly(lambda: seen.attributes["volume_level"] == 0.5, "the volume")
    changes = [it for it in seen.home.api.changes if it["entity_id"] == seen.player]
    assert "unavailable" not in {it["new_state"]["state"] for it in changes}
    # the only thing that it noticed is the volume
    assert len(changes) == 1


def test_renamed(seen: Entities, player: PlayerPage) -> None:
    begun = time.monotonic()
    topic = f"{player.root}/command/rename"
    run_tool("pub", seen.home.broker, "-t", topic, "-m", "Bedroom")
    eventually(lambda: seen.attributes.get("friendly_name") == "Bedroom", "the new name")
    assert time.monotonic() - begun < 1 + SLACK
    (entry,) = [
        it
        for it in seen.home.api.ask("config_entries/get", domain="zapette")
        if it["title"] == "Bedroom"
    ]
    assert entry["state"] == "loaded"


def _fetch(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.headers["Content-Type"]), answer.read()


def _sample() -> bytes:
    return (python.ROOT / "samples" / "zapette.webm").read_bytes()


def _gong(seconds: float) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        for index in range(int(seconds * 8000)):
            sound.writeframes(struct.pack("<h", int(8000 * math.sin(index / 8000 * 2764))))
    return file.getvalue()
