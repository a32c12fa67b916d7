"""What other systems are told of the players, on the running system."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.system import System
from tests.sharing import sharing
from tests.waiting import eventually

pytestmark = pytest.mark.slow

STATE: dict[str, Any] = {"version": 1, "seq": 1, "name": "Living room", "can": ["status"]}


class Listener:
    """A member of the household that keeps what is retained, and counts what is published."""

    def __init__(self, system: System) -> None:
        self.party = MqttClient(
            system, f"listener-{time.monotonic_ns()}", "home", system.home_password()
        )

    def __enter__(self) -> Listener:
        self.party.__enter__()
        for filters in (
            "zapette/discovery/+",
            "homeassistant/device/+/config",
            "zapette/players/#",
        ):
            assert self.party.subscribe(filters)
        # once this comes, so has all that was retained
        self.say("zapette/discovery/listener", b"begin")
        self.wait("zapette/discovery/listener")
        return self

    def __exit__(self, *_: object) -> None:
        self.party.__exit__()

    def all(self, topic: str) -> list[bytes]:
        return [payload for at, payload in list(self.party.received) if at == topic]

    def last(self, topic: str) -> Any:
        said = self.all(topic)
        return json.loads(said[-1]) if said and said[-1] else None

    def wait(self, topic: str, payload: bytes | None = None, *, absent: bool = False) -> bytes:
        """Wait until the last on `topic` is `payload`, or anything if that is None."""

        def said() -> list[bytes]:
            last = self.all(topic)[-1:] or ([b""] if absent else [])
            return last if last and (last[0] == payload or (payload is None and last[0])) else []

        return eventually(said, f"{topic} says {payload!r}")[0]

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.party.mqtt.publish(topic, payload, 1, retain).wait_for_publish(10)


# one whose names no other module has taken
@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with sharing(System(tmp_path_factory.mktemp("announced"))) as running:
        yield running


@pytest.fixture
def listen() -> Iterator[Callable[[System], Listener]]:
    opened: list[Listener] = []

    def make(system: System) -> Listener:
        opened.append(Listener(system).__enter__())
        return opened[-1]

    yield make
    for one in opened:
        one.__exit__()


def appear(household: Household, player: MqttClient, **changes: Any) -> None:
    say(player, f"{household.root}/availability", b"online")
    say(player, f"{household.root}/state", json.dumps(STATE | changes).encode())


def say(player: MqttClient, topic: str, payload: bytes) -> None:
    player.mqtt.publish(topic, payload, 1, retain=True).wait_for_publish(10)


def topics(household: Household) -> tuple[str, str]:
    return (
        f"zapette/discovery/{household.id}",
        f"homeassistant/device/zapette_{household.id}/config",
    )


def test_a_player_is_announced_and_renamed(
    system: System, listen: Callable[[System], Listener]
) -> None:
    heard, household = listen(system), Household(system)
    discovery, device = topics(household)
    with household.player() as player:
        appear(household, player)
        eventually(lambda: heard.last(discovery), "the player is announced")
        said = heard.last(discovery)
        assert said.pop("sw_version").count(".") == 2
        assert said.pop("url").endswith(f":{system.http_port}/")
        assert said == {
            "version": 1,
            "id": household.id,
            "name": "Living room",
            "base_topic": "zapette",
        }
        appear(household, player, seq=2, volume=3)
        appear(household, player, seq=3, name="Kitchen")
        eventually(lambda: heard.last(discovery)["name"] == "Kitchen", "the new name is told")
    # a change of anything else is told to nobody, and neither is that the player has gone
    assert len(heard.all(discovery)) == 2
    assert heard.all(device) == []


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that announces players to Home Assistant in both ways."""
    settings = {"ZAPETTE_HOME_ASSISTANT": "both"}
    with sharing(System(tmp_path_factory.mktemp("both"), settings)) as running:
        yield running


def test_the_second_of_one_name_is_numbered(
    both: System, listen: Callable[[System], Listener]
) -> None:
    system = both
    heard, one, other = listen(system), Household(system), Household(system)

    def announced(household: Household) -> list[str]:
        discovery, device = (heard.last(topic) for topic in topics(household))
        return [discovery["name"], device["device"]["name"]] if discovery and device else []

    with one.player() as first, other.player() as second:
        appear(one, first, name="Television")
        eventually(lambda: announced(one) == ["Television"] * 2, "the first")
        appear(other, second, name="Television")
        eventually(lambda: announced(other) == ["Television 2"] * 2, "the second")
        # the server has its memory on the broker
        system.kill("web")
        appear(other, second, name="Television", seq=2)
        appear(one, first, name="Bedroom", seq=2)
        eventually(lambda: announced(one) == ["Bedroom"] * 2, "renamed", 30)
        appear(other, second, name="Television", seq=3, subtitles={"tracks": []})
        assert announced(other) == ["Television 2"] * 2
    assert {json.loads(it)["name"] for it in heard.all(topics(other)[0])} == {"Television 2"}


def test_an_unknown_player_is_not_announced(
    system: System, listen: Callable[[System], Listener]
) -> None:
    heard, known = listen(system), Household(system)
    stranger = "f" * 32
    heard.say(f"zapette/players/{stranger}/state", json.dumps(STATE).encode())
    with known.player() as player:
        appear(known, player)
        eventually(lambda: heard.last(topics(known)[0]), "the known player is announced")
    assert heard.all(f"zapette/discovery/{stranger}") == []


def test_core_entities(both: System, listen: Callable[[System], Listener]) -> None:
    heard, household = listen(both), Household(both)
    discovery, device = topics(household)
    with household.player() as player:
        appear(household, player)
        eventually(lambda: heard.last(device) and heard.last(discovery), "both are announced")
        payload = heard.last(device)
        assert payload["device"]["name"] == "Living room"
        assert payload["components"]["subtitles"] == {"platform": "select"}
        platforms = {one["platform"] for one in payload["components"].values()}
        assert platforms == {
            "button", "number", "switch", "select", "sensor", "binary_sensor", "image", "notify",
            "event",
        }  # fmt: skip
        assert "~" not in json.dumps(payload).replace(" ~ path", "")
        tracks = [{"id": "fr", "label": "Français"}, {"id": "f2", "label": "Français"}]
        appear(household, player, seq=2, subtitles={"active": None, "tracks": tracks})
        options = eventually(
            lambda: heard.last(device)["components"]["subtitles"].get("options"), "the tracks"
        )
        assert options == ["Off", "Français", "Français ·"]


def test_home_assistant_starts(system: System, listen: Callable[[System], Listener]) -> None:
    heard, household = listen(system), Household(system)
    discovery, _ = topics(household)
    with household.player() as player:
        appear(household, player)
        eventually(lambda: heard.last(discovery), "the player is announced")
        heard.say("homeassistant/status", b"online")
        eventually(lambda: len(heard.all(discovery)) == 2, "it is announced again")
        assert heard.all(discovery)[0] == heard.all(discovery)[1]


def test_forgotten_by_its_owner(system: System, listen: Callable[[System], Listener]) -> None:
    heard, household = listen(system), Household(system)
    discovery, _ = topics(household)
    with household.player() as player:
        appear(household, player)
        eventually(lambda: heard.last(discovery), "the player is announced")
    wrong = system.ask(
        "DELETE", f"api/players/{household.id}", b'{"owner_key": "AAAAAAAAAAAAAAAAAAAAAA"}',
        {"Content-Type": "application/json"},
    )  # fmt: skip
    assert (wrong.status, wrong.json["code"]) == (403, "wrong_key")
    household.forget()
    for topic in (discovery, f"{household.root}/state", f"{household.root}/availability"):
        heard.wait(topic, b"")
    # its page comes back, and is a player again
    household.given = system.post(
        "api/credentials", {"id": household.id, "owner_key": household.owner_key}
    ).json
    with household.player() as player:
        appear(household, player, name="Back")
        eventually(lambda: (heard.last(discovery) or {}).get("name") == "Back", "it is back")


def test_forgotten_when_gone_for_long(
    new_system: Callable[..., System], listen: Callable[[System], Listener]
) -> None:
    system = new_system(ZAPETTE_FORGET_AFTER_DAYS="2")
    gone, here = Household(system), Household(system)
    with gone.player() as player:
        appear(gone, player)
        say(player, f"{gone.root}/availability", b"offline")
    with here.player() as player:
        appear(here, player, name="Kitchen")
        heard = listen(system)
        for household in (gone, here):
            heard.wait(topics(household)[0])
        with sqlite3.connect(system.data / "players.db") as database:
            database.execute("UPDATE players SET seen_at = ?", (time.time() - 3 * 86400,))
        database.close()
        system.kill("web")
        eventually(lambda: heard.all(topics(gone)[0])[-1] == b"", "it is forgotten", timeout=30)
        eventually(system.is_up, "the system is up again", timeout=30)
        assert heard.last(topics(here)[0])["name"] == "Kitchen"


@pytest.mark.parametrize(
    ("kind", "announced"),
    [
        ("integration", {0}),
        pytest.param("core", {1}, marks=pytest.mark.long),
        pytest.param("both", {0, 1}, marks=pytest.mark.long),
        ("none", set()),
    ],
)
def test_another_setting_cleans_up(
    new_system: Callable[..., System],
    listen: Callable[[System], Listener],
    kind: str,
    announced: set[int],
) -> None:
    system = new_system(ZAPETTE_HOME_ASSISTANT="both")
    household = Household(system)
    heard = listen(system)
    with household.player() as player:
        appear(household, player)
        # before it goes: of one without a state there is nothing to tell
        eventually(lambda: all(map(heard.last, topics(household))), "both are announced")
        say(player, f"{household.root}/state", b"")
        say(player, f"{household.root}/availability", b"offline")
    heard.party.__exit__()
    system.stop()
    system.settings["ZAPETTE_HOME_ASSISTANT"] = kind
    system.start()
    heard = listen(system)
    for index, topic in enumerate(topics(household)):
        if index not in announced:
            heard.wait(topic, b"", absent=True)
    for index in announced:
        said = json.loads(heard.wait(topics(household)[index]))
        # the player is away: its name is known from what was announced before
        assert said.get("device", said)["name"] == "Living room"
