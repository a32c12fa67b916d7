"""What can be asked for, and what the player and everybody who sees it are told of that."""

import logging
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.components.media_player import MediaPlayerEntityFeature as Feature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.zapette import announcement, media_browser, media_id, media_links
from custom_components.zapette.media_links import KEEP, LINKS, PATH, MediaLinks
from custom_components.zapette.player_state import PlayerState

from .conftest import Broker, eventually
from .kit_player import CAN, KitPlayer, shows

ENTITY = "media_player.kit"
HOLIDAY = "media-source://media_source/local/holiday.mp4"


@pytest.fixture
async def player(
    hass: HomeAssistant, mqtt: MockConfigEntry, broker: Broker, player_id: str, tmp_path: Path
) -> KitPlayer:
    hass.config.media_dirs = {"local": str(tmp_path)}
    hass.config.internal_url = "http://192.0.2.7:8123"
    (tmp_path / "holiday.mp4").write_bytes(b"film")
    (tmp_path / "folder").mkdir()
    assert await async_setup_component(hass, "media_source", {})
    made = KitPlayer(broker, player_id)
    made.all_online()
    await made.added(hass)
    await shows(hass, ENTITY, "playing")
    return made


async def do(hass: HomeAssistant, action: str, **data: Any) -> None:
    await hass.services.async_call(
        "media_player", action, {"entity_id": ENTITY, **data}, blocking=True
    )


async def play(hass: HomeAssistant, medium: str, **data: Any) -> None:
    await do(hass, "play_media", media_content_type="video", media_content_id=medium, **data)


def attribute(hass: HomeAssistant, name: str) -> Any:
    state = hass.states.get(ENTITY)
    assert state is not None
    return state.attributes.get(name)


async def test_a_folder_is_played(hass: HomeAssistant, player: KitPlayer) -> None:
    """The id that browsing gives for it is what the player takes as a folder."""
    for folder in ("Films", "Séries/Saison 1", "a#b?c", "AC\\DC", "100% ☺"):
        entry = media_browser._directory(folder, "Folder", None)
        assert entry.can_play
        await play(hass, entry.media_content_id)
        assert player.asked[-1] == ("load", {"source": f"media/{folder}"})
    assert not media_browser._directory("", "Zapette", []).can_play


async def test_the_film_in_a_web_page(hass: HomeAssistant, player: KitPlayer) -> None:
    page, film = "https://example.org/page", "https://cdn.example.org/a.mp4"
    await play(hass, page)
    assert player.asked == [("load", {"source": page})], "no server looks into pages"
    player.results["find"] = {"source": film, "title": "A page"}
    player.service("links", "online")
    player.change(volume=41)
    await eventually(lambda: attribute(hass, "volume_level") == 0.41, "all that was said is known")
    await play(hass, page)
    assert player.asked[1:] == [
        ("find", {"address": page}),
        ("load", {"source": film, "title": "A page"}),
    ]
    # a film itself, a stream, and music are what they are
    for medium in (film, "https://example.org/live.m3u8"):
        await play(hass, medium)
        assert player.asked[-1] == ("load", {"source": medium})
    await do(hass, "play_media", media_content_type="music", media_content_id=page)
    assert player.asked[-1] == ("load", {"source": page})
    assert [procedure for procedure, _ in player.asked].count("find") == 1
    # a page without a film is the player's to refuse
    player.errors["find"] = {"code": "media_error", "message": "there is no film"}
    await play(hass, page)
    assert player.asked[-1] == ("load", {"source": page})


async def test_a_media_source_keeps_its_place(
    hass: HomeAssistant, player: KitPlayer, hass_client_no_auth: Any
) -> None:
    await play(hass, HOLIDAY)
    ((procedure, given),) = player.asked
    assert procedure == "load"
    assert given["title"] == "holiday"
    source = given["source"]
    assert source.startswith(f"http://192.0.2.7:8123{PATH}/")
    # players tell streams from files by the end of an address
    assert source.endswith("/holiday.mp4")
    assert "auth" not in source.lower()
    # the same medium has the same address
    await play(hass, HOLIDAY)
    assert player.asked[1][1]["source"] == source
    player.change(source=source, title="holiday")
    await eventually(lambda: attribute(hass, "media_content_id") == HOLIDAY, "what it stands for")
    assert attribute(hass, "media_content_type") == "video"
    assert "auth" not in str(hass.states.get(ENTITY).as_dict()).lower()
    client = await hass_client_no_auth()
    path = source.removeprefix("http://192.0.2.7:8123")
    days = iter((0, 2, 40))
    signed = []
    for day in days:
        now = time.time() + day * 86400
        with patch.object(media_links, "_now", lambda now=now: now):
            player.change(seq=player.state["seq"] + 1)
            answer = await client.get(path, allow_redirects=False)
            if day > 30:
                assert answer.status == 404
                break
            assert answer.status == 302
            assert answer.headers["Cache-Control"] == "no-store"
            signed.append(answer.headers["Location"])
            found = await client.get(signed[-1])
            assert await found.read() == b"film"
            assert (await client.head(path, allow_redirects=False)).status == 302
    assert all(it.startswith("/media/local/holiday.mp4?authSig=") for it in signed)
    assert (await client.get(f"{PATH}/nothing/holiday.mp4")).status == 404


async def test_addresses_last_over_a_restart_and_end(hass: HomeAssistant) -> None:
    links = MediaLinks(hass)
    first = links.async_path(HOLIDAY, ENTITY, "a b/?.mp4")
    assert first.startswith(f"{PATH}/")
    assert first.count("/") == PATH.count("/") + 2
    key = first.removeprefix(f"{PATH}/").partition("/")[0]
    await links._store.async_save(links._store._data["data_func"]())
    again = MediaLinks(hass)
    await again.async_load()
    assert again.async_find(key).media == HOLIDAY
    now = time.time()
    with patch.object(media_links, "_now", lambda: now + KEEP - 1):
        # a player that still has it keeps it alive
        assert again.async_media(f"http://x{first}") == HOLIDAY
    with patch.object(media_links, "_now", lambda: now + KEEP + 100):
        assert again.async_find(key) is not None
        assert links.async_find(key) is None
        assert links.async_media(f"http://x{first}") == f"http://x{first}"
        links.async_path("other", ENTITY, "x")
        assert len(links._links) == 1
    assert links.async_media("media/a.webm") == "media/a.webm"
    assert links.async_media(None) is None


async def test_what_needs_no_address_of_its_own(hass: HomeAssistant, player: KitPlayer) -> None:
    query = "https://films.example/a.webm?key=1"
    for asked, source in (
        ("media/a.webm", "media/a.webm"),
        ("a.webm", "a.webm"),
        (query, query),
        ("/local/a.webm", "http://192.0.2.7:8123/local/a.webm"),
    ):
        await play(hass, asked)
        assert player.asked[-1] == ("load", {"source": source})
    assert hass.data[LINKS]._links == {}


async def test_a_path_that_home_assistant_would_sign(
    hass: HomeAssistant, player: KitPlayer
) -> None:
    for asked in ("/media/local/holiday.mp4", "http://192.0.2.7:8123/media/local/holiday.mp4"):
        await play(hass, asked)
        source = player.asked[-1][1]["source"]
        assert PATH in source
        assert "authSig" not in source


async def test_what_cannot_be_played_is_said(hass: HomeAssistant, player: KitPlayer) -> None:
    for asked in (
        "media-source://media_source/local/folder",
        "media-source://media_source/local/../../etc/passwd",
        "media-source://media_source/nowhere/a.mp4",
        "media-source://media_source",
        "media-source://nobody/a",
        "media-source://",
        "http://[broken",
        "http://x:99999999/",
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await play(hass, asked)
        assert refused.value.translation_domain == "zapette"
        assert refused.value.translation_key == "unresolvable"
    assert player.asked == []


async def test_a_source_that_fails_in_its_own_way(hass: HomeAssistant, player: KitPlayer) -> None:
    for error in (RuntimeError("boom"), AssertionError(), KeyError("x"), HomeAssistantError("no")):
        with (
            patch.object(media_id.media_source, "async_resolve_media", side_effect=error),
            pytest.raises(ServiceValidationError) as refused,
        ):
            await play(hass, HOLIDAY)
        assert refused.value.translation_key == "unresolvable"


async def test_seeking_ends_at_the_end(hass: HomeAssistant, player: KitPlayer) -> None:
    for position, sought in ((12.5, 12.5), (52.2, 52.2), (53, 52.2), (1e9, 52.2), (0, 0)):
        await do(hass, "media_seek", seek_position=position)
        assert player.asked[-1] == ("seek", {"position": sought})


async def test_off_and_on(hass: HomeAssistant, player: KitPlayer) -> None:
    features = attribute(hass, "supported_features")
    assert features & Feature.TURN_ON
    assert features & Feature.TURN_OFF
    await do(hass, "turn_off")
    player.change(playing=False, position=0.0)
    await shows(hass, ENTITY, "idle")
    await do(hass, "turn_on")
    assert [name for name, _ in player.asked] == ["stop", "play"]
    # by voice it is the same action, for any kind of entity
    await hass.services.async_call(
        "homeassistant", "turn_off", {"entity_id": ENTITY}, blocking=True
    )
    assert player.asked[-1][0] == "stop"
    player.asked.clear()
    queue = {"index": None, "items": [{"id": "a", "title": "A", "source": "media/a.webm"}]}
    for queued, can, asked in (
        ({"index": None, "items": []}, CAN, []),
        (queue, CAN, []),
        (queue, [*CAN, "next"], ["next"]),
    ):
        title = f"{len(can)} {len(queued['items'])}"
        player.change(source=None, queue=queued, can=can, title=title)
        await eventually(
            lambda title=title: attribute(hass, "media_title") == title, "nothing is loaded"
        )
        await do(hass, "turn_on")
        assert [name for name, _ in player.asked] == asked
    player.change(can=["status", "play"])
    await eventually(
        lambda: not attribute(hass, "supported_features") & Feature.TURN_OFF, "it cannot stop"
    )
    assert attribute(hass, "supported_features") & Feature.TURN_ON


async def test_a_song(hass: HomeAssistant, player: KitPlayer) -> None:
    player.change(source="media/song.mp3", title="Song", artist="Björk", album="Début",
                  poster="/thumbnails/x.jpg")  # fmt: skip
    await eventually(lambda: attribute(hass, "media_artist") == "Björk", "the artist")
    assert attribute(hass, "media_content_type") == "music"
    assert attribute(hass, "media_album_name") == "Début"
    player.change(source="media/film.mp4", title="Film", artist=None, album=None)
    await eventually(lambda: attribute(hass, "media_content_type") == "video", "a film")
    assert attribute(hass, "media_artist") is None
    assert attribute(hass, "media_album_name") is None
    player.change(source="media/photo.jpg", title="Photo", kind="image")
    await eventually(lambda: attribute(hass, "media_content_type") == "image", "a photo")


@pytest.mark.parametrize(
    ("source", "artist", "is_music"),
    [
        ("media/a.mp3", None, True),
        ("media/Ünï cödé.FLAC", None, True),
        ("https://x.example/a.mp3?x=.mp4", None, True),
        ("https://radio.example/stream", None, False),
        ("https://radio.example/stream", "Somebody", True),
        ("media/a.mp4", "Somebody", False),
        (None, "Somebody", True),
    ],
)
def test_what_is_music(source: str | None, artist: str | None, is_music: bool) -> None:
    assert PlayerState(source=source, artist=artist).is_music is is_music
    # what the player says of it counts first
    assert PlayerState(source=source, artist=artist, kind="audio").is_music
    assert not PlayerState(source=source, artist=artist, kind="video").is_music


async def test_a_library_that_answers_nonsense(
    hass: HomeAssistant, player: KitPlayer, hass_ws_client: Any
) -> None:
    client = await hass_ws_client(hass)
    call = "custom_components.zapette.player.Player.async_call_server"
    for answer in (
        {}, {"entries": None, "total": 1}, {"entries": [{}], "total": 1}, [], None, "x",
        {"entries": [], "total": "x"},
    ):  # fmt: skip
        with patch(call, return_value=answer):
            await client.send_json_auto_id(
                {"type": "media_player/browse_media", "entity_id": ENTITY,
                 "media_content_id": "zapette://Films", "media_content_type": "zapette_folder"}
            )  # fmt: skip
            said = await client.receive_json()
        assert not said["success"]
        assert said["error"]["message"].startswith("The library cannot be read: ")


async def test_five_hundred_in_the_queue(
    hass: HomeAssistant, player: KitPlayer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    items = [
        {"id": f"i{n}", "title": f"☺ {n}" * 20, "source": f"media/{n}.webm"} for n in range(500)
    ]
    player.change(queue={"index": 0, "items": items}, title="the last")
    await eventually(lambda: attribute(hass, "media_title") == "the last", "the state")
    state = hass.states.get(ENTITY)
    assert len(str(state.attributes)) < 4000
    assert not [it for it in caplog.records if "zapette" in it.getMessage()]


async def test_any_name(hass: HomeAssistant, player: KitPlayer) -> None:
    player.errors["play"] = {"code": "media_error", "message": "{no} such {thing}"}
    for name in ("☺", "x" * 64, "a: b", "zapette/#", "{{ 1 }}", "Télé"):
        player.change(name=name, title=name)
        await eventually(lambda name=name: attribute(hass, "media_title") == name, "the state")
        (entry,) = hass.config_entries.async_entries("zapette")
        assert entry.title == name
        with pytest.raises(HomeAssistantError) as refused:
            await do(hass, "media_play")
        said = {"name": name, "message": "{no} such {thing}"}
        assert refused.value.translation_placeholders == said


async def test_what_is_no_text(hass: HomeAssistant, player: KitPlayer) -> None:
    """A template may make half of a surrogate pair, which no JSON can carry."""
    with pytest.raises(ServiceValidationError) as refused:
        await play(hass, "media/\ud800.mp4")
    assert refused.value.translation_key == "invalid_argument"


async def test_an_announcement_on_a_player_that_vanishes(
    hass: HomeAssistant, player: KitPlayer
) -> None:
    """The next one does not wait for the longest that an announcement may take."""
    with patch.object(announcement, "AWAY", 0.1):
        gong = "https://sounds.example/gong.mp3"
        player.state |= {"source": gong, "playing": True}
        await play(hass, gong, announce=True)
        # the page's browser is killed: the broker says so, and the state stays
        player.player("offline")
        await shows(hass, ENTITY, "unavailable")
        player.player("online")
        player.change(playing=False)
        await eventually(lambda: hass.states.get(ENTITY).state != "unavailable", "it is back")
        player.player("offline")
        await shows(hass, ENTITY, "unavailable")
        # the turn is free again when nobody comes back
        (announcer,) = [
            it._announcer for it in hass.data["media_player"].entities if it.entity_id == ENTITY
        ]
        await eventually(lambda: not announcer._turn.locked(), "the turn is free", 10)


GONG = "https://sounds.example/gong.mp3"
ITEMS = [{"id": "a", "source": "media/film.webm"}, {"id": "b", "source": "media/next.webm"}]


async def queue_of_two(hass: HomeAssistant, player: KitPlayer) -> None:
    can = [*player.state["can"], "queue/play_next", "queue/remove", "jump", "next"]
    player.change(queue={"index": 0, "items": ITEMS}, can=can, title="in the queue")
    await eventually(lambda: attribute(hass, "media_title") == "in the queue", "the queue")
    items = [ITEMS[0], {"id": "c", "source": GONG}, ITEMS[1]]
    queued = player.state | {"queue": {"index": 0, "items": items}}
    player.results |= {"queue/play_next": queued, "seek": queued}
    begun = {"index": 1, "items": items}
    player.results["jump"] = player.state | {"source": GONG, "queue": begun}


def names(player: KitPlayer) -> list[str]:
    return [procedure for procedure, _ in player.asked]


@pytest.mark.parametrize("seeks", [True, False])
async def test_an_announcement_that_cannot_be_played_leaves_the_queue(
    hass: HomeAssistant, player: KitPlayer, seeks: bool
) -> None:
    if not seeks:
        # as with a live stream
        player.state["can"] = [it for it in CAN if it != "seek"]
    await queue_of_two(hass, player)
    player.results["jump"] |= {"gesture_required": True, "playing": False}
    with pytest.raises(HomeAssistantError):
        await play(hass, GONG, announce=True)
    steps = ["queue/play_next", "jump", "jump", *(["seek"] if seeks else []), "queue/remove"]
    assert names(player) == steps
    assert player.asked[1:3] == [("jump", {"index": 1}), ("jump", {"index": 0})]
    assert player.asked[-1] == ("queue/remove", {"index": 1})


async def test_an_announcement_is_removed_even_if_the_film_does_not_come_back(
    hass: HomeAssistant, player: KitPlayer
) -> None:
    await queue_of_two(hass, player)
    player.errors["jump"] = {"code": "media_error", "message": "no sound"}
    with pytest.raises(HomeAssistantError, match="no sound"):
        await play(hass, GONG, announce=True)
    assert names(player) == ["queue/play_next", "jump", "jump", "queue/remove"]


async def test_what_a_person_chooses_during_an_announcement_stays(
    hass: HomeAssistant, player: KitPlayer
) -> None:
    """As by a press on Next: the film does not come back."""
    await queue_of_two(hass, player)
    await play(hass, GONG, announce=True)
    queue = player.results["jump"]["queue"] | {"index": 2}
    player.change(source=ITEMS[1]["source"], queue=queue)
    await eventually(lambda: "queue/remove" in names(player), "the announcement is removed")
    assert names(player) == ["queue/play_next", "jump", "queue/remove"]


async def test_an_announcement_with_a_full_queue(hass: HomeAssistant, player: KitPlayer) -> None:
    await queue_of_two(hass, player)
    player.errors["queue/play_next"] = {"code": "not_supported", "message": "the queue is full"}
    await play(hass, GONG, announce=True)
    asked = ["queue/play_next", "load"]
    assert player.asked[:2] == [(procedure, {"source": GONG}) for procedure in asked]


async def test_by_voice(hass: HomeAssistant, player: KitPlayer) -> None:
    """What "turn off the kit" and "turn on the kit" come to."""
    assert await async_setup_component(hass, "intent", {})
    words = (("HassTurnOff", "stop"), ("HassTurnOn", "play"), ("HassMediaPause", "pause"))

    # the platforms add theirs while the component is already set up
    def are_known() -> bool:
        return {said for said, _ in words} <= {it.intent_type for it in intent.async_get(hass)}

    await eventually(are_known, "all can be said")
    for said, asked in words:
        answer = await intent.async_handle(hass, "test", said, {"name": {"value": "Kit"}})
        assert answer.response_type != intent.IntentResponseType.ERROR
        await eventually(lambda asked=asked: player.asked[-1:] == [(asked, {})], asked)


async def test_nothing_is_left_behind(
    hass: HomeAssistant, player: KitPlayer, hass_storage: dict[str, Any]
) -> None:
    await play(hass, HOLIDAY)
    links = hass.data[LINKS]
    await links._store.async_save(links._store._data["data_func"]())
    assert "zapette.media_links" in hass_storage
    (entry,) = hass.config_entries.async_entries("zapette")
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert "zapette.media_links" not in hass_storage
    assert links._links == {}
    assert hass.states.async_all("media_player") == []
