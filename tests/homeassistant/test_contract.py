"""Everything that the contract has, on a player that is a program and can do all of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clients.mqtt_clients import Household
from tests.homeassistant.driving.api_socket import HomeAssistantRefused
from tests.homeassistant.driving.entities import Entities, said
from tests.homeassistant.driving.instance import Instance
from tests.homeassistant.driving.scripted_player import ScriptedPlayer, of_household
from tests.programs.system import System
from tests.waiting import eventually

CALLS: list[tuple[str, dict[str, Any], tuple[str, dict[str, Any]]]] = [
    ("media_play", {}, ("play", {})),
    ("media_pause", {}, ("pause", {})),
    ("media_play_pause", {}, ("toggle", {})),
    ("media_stop", {}, ("stop", {})),
    ("media_seek", {"seek_position": 12.5}, ("seek", {"position": 12.5})),
    ("volume_set", {"volume_level": 0.29}, ("volume", {"level": 29})),
    ("volume_up", {}, ("volume/up", {"step": 5})),
    ("volume_down", {}, ("volume/down", {"step": 5})),
    ("volume_mute", {"is_volume_muted": True}, ("mute", {"on": True})),
    ("media_next_track", {}, ("next", {})),
    ("media_previous_track", {}, ("previous", {})),
    ("shuffle_set", {"shuffle": True}, ("shuffle", {"on": True})),
    ("repeat_set", {"repeat": "all"}, ("repeat", {"mode": "all"})),
    ("clear_playlist", {}, ("queue/clear", {})),
    ("turn_on", {}, ("play", {})),
    ("turn_off", {}, ("stop", {})),
]


@pytest.fixture(scope="module")
def player(system: System) -> Iterator[ScriptedPlayer]:
    with of_household(Household(system), "Attic") as made:
        yield made


@pytest.fixture(scope="module")
def seen(home: Instance, player: ScriptedPlayer) -> Entities:
    name = str(player.state["name"])
    home.accept(name)
    seen = Entities(home, name.lower())
    seen.shows("idle")
    return seen


def assert_last(player: ScriptedPlayer, procedure: str, **parameters: object) -> None:
    assert player.last == (procedure, parameters)


@pytest.mark.parametrize(("action", "data", "call"), CALLS, ids=[call[0] for call in CALLS])
def test_an_action_is_a_call(
    seen: Entities,
    player: ScriptedPlayer,
    action: str,
    data: dict[str, Any],
    call: tuple[str, dict[str, Any]],
) -> None:
    seen.do(action, **data)
    assert player.last == call


def test_what_the_player_says_is_shown(seen: Entities, player: ScriptedPlayer) -> None:
    player.change(
        playing=True, position=3.0, volume=55, muted=True, title="Sintel", repeat="one",
        shuffle=True, source="https://films.example/sintel.webm", duration=60,
    )  # fmt: skip
    seen.promptly(lambda: seen.attributes.get("media_title") == "Sintel", "the state")
    shown = seen.attributes
    assert seen.state == "playing"
    assert shown["volume_level"] == 0.55
    assert shown["is_volume_muted"] is True
    assert (shown["repeat"], shown["shuffle"]) == ("one", True)
    assert (shown["media_position"], shown["media_duration"]) == (3, 60)
    player.change(buffering=True)
    # not at once: a hiccup is not shown
    seen.shows("buffering")
    player.change(buffering=False, playing=False)
    seen.promptly(lambda: seen.state == "paused", "it is paused")
    player.change(ended=True)
    seen.promptly(lambda: seen.state == "idle", "it has ended")


@pytest.mark.parametrize(
    ("enqueue", "procedures"),
    [
        ("add", ["queue/add"]),
        ("next", ["queue/play_next"]),
        ("play", ["queue/play_next", "next"]),
        ("replace", ["queue/clear", "load"]),
    ],
)
def test_the_queue(
    seen: Entities, player: ScriptedPlayer, enqueue: str, procedures: list[str]
) -> None:
    player.change(
        queue={"index": 0, "items": [{"id": "a", "title": "A", "source": "media/a.webm"}]}
    )
    seen.home.do("notify.send_message", seen.entity("notify", "message"), message="x")
    player.asked.clear()
    seen.do(
        "play_media", media_content_type="video", media_content_id="media/b.webm", enqueue=enqueue
    )
    asked = [name for name, _ in player.asked if name != "status"]
    assert asked == procedures
    with_source = [given for _, given in player.asked if "source" in given]
    assert with_source == [{"source": "media/b.webm"}]


def test_subtitles_and_speed(seen: Entities, player: ScriptedPlayer) -> None:
    tracks = [{"id": "t1", "label": "Français"}, {"id": "t2", "label": "English"}]
    player.change(subtitles={"active": "t1", "tracks": tracks})
    subtitles = seen.entity("select", "subtitles")

    def state() -> str:
        return str(seen.home.state(subtitles)["state"])

    seen.promptly(lambda: state() == "Français", "the active track")
    assert seen.home.state(subtitles)["attributes"]["options"] == ["off", "Français", "English"]
    seen.home.do("select.select_option", subtitles, option="English")
    assert_last(player, "subtitles", track="t2")
    seen.promptly(lambda: state() == "English", "the other track")
    seen.home.do("select.select_option", subtitles, option="off")
    assert_last(player, "subtitles", track=None)
    speed = seen.entity("select", "speed")
    seen.home.do("select.select_option", speed, option="1.5x")
    assert_last(player, "rate", factor=1.5)
    player.change(rate=1.0)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("10_seconds_back", ("seek/by", {"offset": -10})),
        ("30_seconds_forward", ("seek/by", {"offset": 30})),
        ("full_screen", ("fullscreen", {})),
        ("sleep_in_30_minutes", ("sleep", {"minutes": 30})),
        ("cancel_sleep", ("sleep", {"minutes": 0})),
    ],
)
def test_buttons(
    seen: Entities, player: ScriptedPlayer, name: str, call: tuple[str, dict[str, Any]]
) -> None:
    seen.home.do("button.press", seen.entity("button", name))
    assert player.last == call


def test_only_what_the_player_can_is_offered(seen: Entities, player: ScriptedPlayer) -> None:
    everything = player.state["can"]
    player.change(can=["status", "play", "pause"])
    seen.promptly(
        lambda: seen.attributes["supported_features"] == 1 + 128 + 16384, "play, pause, turn on"
    )
    button = seen.entity("button", "full_screen")
    eventually(lambda: seen.home.state(button)["state"] == "unavailable", "no full screen")
    with pytest.raises(HomeAssistantRefused):
        seen.do("volume_set", volume_level=0.1)
    player.change(can=everything)
    seen.promptly(lambda: seen.attributes["supported_features"] & 4, "the volume")


@pytest.mark.parametrize(
    "code",
    [
        "no_such_procedure", "invalid_argument", "not_supported", "gesture_required",
        "media_error", "runtime_error",
    ],
)  # fmt: skip
def test_each_error_has_words(seen: Entities, player: ScriptedPlayer, code: str) -> None:
    player.fails["play"] = (code, "because of the rain")
    with pytest.raises(HomeAssistantRefused) as refused:
        seen.do("media_play")
    error = refused.value.error
    assert error["translation_domain"] == "zapette"
    assert error["translation_key"] == code
    assert error["translation_placeholders"]["message"] == "because of the rain"
    assert "Attic" in error["message"]
    del player.fails["play"]


def test_a_player_that_goes_offline_during_a_call(
    system: System, home: Instance, seen: Entities
) -> None:
    with of_household(Household(system), "Tent") as tent:
        home.accept("Tent")
        other = Entities(home, "tent")
        other.shows("idle")
        tent.silent.add("play")
        with ThreadPoolExecutor() as pool:
            call = pool.submit(other.do, "media_play")
            eventually(lambda: tent.last == ("play", {}), "it is asked")
            tent.leave()
            with pytest.raises(HomeAssistantRefused) as refused:
                call.result(20)
        assert refused.value.error["translation_key"] == "unavailable"
        assert said(home, "en", refused.value.error).startswith("Tent cannot be reached")
        assert said(home, "fr", refused.value.error).startswith("Tent est injoignable")
    other.shows("unavailable")
    assert seen.state != "unavailable"


def test_two_of_one_name(system: System, home: Instance) -> None:
    one, other = Household(system), Household(system)
    with of_household(one, "Twin") as first, of_household(other, "Twin") as second:
        home.accept("Twin")
        home.accept("Twin")
        for household, player, level in ((one, first, 0.1), (other, second, 0.2)):
            seen = home.seen(household.id)
            assert seen.slug in {"twin", "twin_2"}
            seen.shows("idle")
            seen.do("volume_set", volume_level=level)
            assert player.last == ("volume", {"level": level * 100})
    assert len([call for call in first.asked if call[0] == "volume"]) == 1


def test_an_error_is_an_event(seen: Entities, player: ScriptedPlayer) -> None:
    player.happen("error", code="media_error", message="no picture")
    entity = seen.entity("event", "playback")
    eventually(lambda: seen.home.state(entity)["attributes"].get("message"), "the event")
    attributes = seen.home.state(entity)["attributes"]
    assert attributes["event_type"] == "error"
    assert attributes["code"] == "media_error"


def test_a_long_play_is_one_state(seen: Entities, player: ScriptedPlayer) -> None:
    """A page reports more often than anything changes here, and each time says where it is."""
    player.change(playing=False, position=0.0, ended=False, title="Long film", duration=7200)
    seen.promptly(lambda: seen.attributes.get("media_title") == "Long film", "the film")
    before = seen.home.writes(seen.player)
    player.change(playing=True)
    seen.shows("playing")
    for _ in range(20):
        # the very same again but for the position: what Home Assistant shows has not changed
        player.change(position=player.elapsed())
    player.change(fullscreen=True)
    player.change(playing=False, position=player.elapsed())
    seen.shows("paused")
    eventually(lambda: seen.home.writes(seen.player) >= before + 2, "the recorder has both")
    assert seen.home.writes(seen.player) - before <= 3


def test_diagnostics_hold_nothing_private(seen: Entities, player: ScriptedPlayer) -> None:
    (entry,) = [
        it for it in seen.home.api.ask("config_entries/get", domain="zapette")
        if it["title"] == "Attic"
    ]  # fmt: skip
    told = seen.home.rest("GET", f"diagnostics/config_entry/{entry['entry_id']}")["data"]
    assert told["available"] is True
    assert "volume" in told["state"]["can"]
    player_id = player.root.rpartition("/")[2]
    for private in (player_id, "Long film", "media/film", str(seen.home.broker.password)):
        assert private not in str(told)
