"""What plays on one player moves to another by an action, between two that are programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.mqtt_clients import Household
from tests.homeassistant.driving.api_socket import HomeAssistantRefused
from tests.homeassistant.driving.entities import Entities, said
from tests.homeassistant.driving.instance import Instance
from tests.homeassistant.driving.scripted_player import ScriptedPlayer, of_household
from tests.programs.system import System

ITEMS = [{"source": f"media/{it}.webm", "title": it} for it in "ab"]
TRACKS = [{"id": "t1", "label": "Français"}, {"id": "t2", "label": "English"}]
PLAYING = {
    "source": "media/b.webm", "title": "b", "playing": True, "position": 12.0, "rate": 1.5,
    "repeat": "all", "shuffle": True,
    "queue": {"index": 1, "items": [{"id": it["title"], **it} for it in ITEMS]},
    "audio": {"active": "t2", "tracks": TRACKS},
    "subtitles": {"active": "t1", "tracks": TRACKS, "size": 100, "delay": 1.5},
}  # fmt: skip
MOVED = [
    ("queue/clear", {}),
    ("shuffle", {"on": True}),
    ("repeat", {"mode": "all"}),
    *[("queue/add", it) for it in ITEMS],
    ("jump", {"index": 1}),
    ("seek", {"position": 12.0}),
    ("audio", {"track": "t2"}),
    ("subtitles", {"track": "t1"}),
    ("subtitles/delay", {"seconds": 1.5}),
    ("rate", {"factor": 1.5}),
]

Named = tuple[ScriptedPlayer, Entities]


def added(system: System, home: Instance, name: str) -> Iterator[Named]:
    household = Household(system)
    with of_household(household, name) as player:
        home.accept(name)
        seen = home.seen(household.id)
        seen.shows("idle")
        yield player, seen


@pytest.fixture(scope="module")
def cellar(system: System, home: Instance) -> Iterator[Named]:
    yield from added(system, home, "Cellar")


@pytest.fixture(scope="module")
def porch(system: System, home: Instance) -> Iterator[Named]:
    yield from added(system, home, "Porch")


def asked(player: ScriptedPlayer) -> list[tuple[str, object]]:
    return [it for it in player.asked if it[0] != "status"]


def move(origin: Named, to: str) -> None:
    seen = origin[1]
    seen.home.do("zapette.move", seen.player, to=to)


@pytest.fixture(autouse=True)
def anew(cellar: Named, porch: Named) -> None:
    cellar[0].change(**PLAYING)
    porch[0].change(
        playing=False, position=0.0, gesture_required=False, queue={"index": None, "items": []}
    )
    for player, _ in (cellar, porch):
        player.asked.clear()
        player.fails.clear()


def test_everything_moves_and_the_origin_pauses(cellar: Named, porch: Named) -> None:
    # what the other player does not have is left out
    porch[0].fails["audio"] = ("not_supported", "one track only")
    move(cellar, porch[1].player)
    assert asked(porch[0]) == MOVED
    assert asked(cellar[0]) == [("pause", {})]
    porch[1].shows("playing")
    cellar[1].shows("paused")


def test_a_medium_without_a_queue_that_is_paused_stays_so(cellar: Named, porch: Named) -> None:
    cellar[0].change(playing=False, queue={"index": None, "items": []})
    move(cellar, porch[1].player)
    loaded = {"source": "media/b.webm", "position": 0, "title": "b"}
    assert ("load", loaded) in asked(porch[0])
    assert asked(porch[0])[-1] == ("pause", {})
    assert asked(cellar[0]) == []


@pytest.mark.parametrize("refuses", [True, False])
def test_the_origin_continues_if_the_other_does_not_play(
    cellar: Named, porch: Named, refuses: bool
) -> None:
    if refuses:
        porch[0].fails["jump"] = ("gesture_required", "")
    else:
        porch[0].change(gesture_required=True)
    with pytest.raises(HomeAssistantRefused) as refused:
        move(cellar, porch[1].player)
    assert refused.value.error["translation_key"] == "gesture_required"
    assert said(cellar[1].home, "en", refused.value.error).startswith("Porch needs a click")
    assert asked(porch[0])[-1] == ("pause", {})
    assert asked(cellar[0]) == []


@pytest.mark.parametrize("to", ["itself", "media_player.nobody"])
def test_only_to_another_player(cellar: Named, to: str) -> None:
    player, seen = cellar
    with pytest.raises(HomeAssistantRefused) as refused:
        move(cellar, seen.player if to == "itself" else to)
    assert refused.value.error["translation_key"] == "not_another_player"
    assert "is not another player" in said(seen.home, "en", refused.value.error)
    assert asked(player) == []


def test_nothing_is_loaded(cellar: Named, porch: Named) -> None:
    cellar[0].change(source=None)
    with pytest.raises(HomeAssistantRefused) as refused:
        move(cellar, porch[1].player)
    assert refused.value.error["translation_key"] == "not_supported"
    assert asked(porch[0]) == []
