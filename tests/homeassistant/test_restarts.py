"""Home Assistant, the broker, the whole system and the player go away and come back."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import PHONE
from tests.browser.pages import Pages
from tests.browser.player_page import PlayerPage
from tests.homeassistant.instance import Instance
from tests.homeassistant.scripted_player import ScriptedPlayer
from tests.homeassistant.seen import Seen
from tests.parties import Household
from tests.system import System
from tests.waiting import eventually

ORDERS = list(itertools.permutations(["home", "broker", "player"]))


@pytest.fixture
def pages(chromium: Browser) -> Iterator[Pages]:
    opened = Pages(chromium, chromium.new_context(**PHONE))
    yield opened
    opened.close()


@pytest.fixture
def house(
    new_system: Callable[..., System], new_instance: Callable[..., Instance], pages: Pages
) -> House:
    system = new_system()
    return House(system, new_instance(system.household()), pages.started(system)).furnished()


@pytest.fixture(scope="module")
def lasting_house(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[House]:
    """A house of the module's own, whose parts may be restarted."""
    system = System(tmp_path_factory.mktemp("system")).start()
    opened = Pages(chromium, chromium.new_context(**PHONE))
    home = Instance(tmp_path_factory.mktemp("home"), system.household()).start()
    yield House(system, home, opened.started(system)).furnished()
    opened.close()
    home.stop()
    system.stop()


class House:
    def __init__(self, system: System, home: Instance, player: PlayerPage) -> None:
        self.system = system
        self.home = home
        self.player = player
        self.seen = Seen(home, "television")

    def furnished(self) -> House:
        self.home.accept("Television")
        self.seen.shows("idle")
        return self

    def restart(self, part: str) -> None:
        if part == "home":
            self.home.stop()
            self.home.start()
        elif part == "broker":
            self.system.kill("broker")
            eventually(lambda: not self.system.is_up(), "the broker is away")
            eventually(self.system.is_up, "the broker is back", timeout=30)
        else:
            self.player.page.reload(wait_until="commit")
            self.player.wait_until_live(30)

    def check(self, level: int) -> None:
        """See that all of them mean the same, and that an action arrives."""
        self.player.wait_until_live(30)
        self.player.see(f'document.querySelector("video").volume = {level / 100}')
        seen = self.seen
        eventually(
            lambda: seen.attributes.get("volume_level") == level / 100, "the volume", timeout=30
        )
        seen.do("media_seek", seek_position=level / 10)
        eventually(lambda: abs(self.player.time - level / 10) < 0.1, "the player seeks")
        assert list(self.home.states("media_player.")) == [seen.player]
        assert self.home.offers() == {}


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_restarts_in_every_order(lasting_house: House, order: tuple[str, ...]) -> None:
    for count, part in enumerate(order, 1):
        lasting_house.restart(part)
        lasting_house.check(count * 10 + ORDERS.index(order))


def test_the_player_vanishes_and_home_assistant_starts(house: House) -> None:
    house.player.close()
    house.seen.shows("unavailable")
    eventually(
        lambda: "television" in house.home.stored("core.entity_registry"), "it is stored", 30
    )
    house.home.stop(signal.SIGKILL)
    house.home.start()
    house.seen.shows("unavailable")
    assert list(house.home.states("media_player.")) == [house.seen.player]


def test_a_new_code_is_nothing_to_home_assistant(house: House) -> None:
    house.seen.shows("idle")
    house.home.api.changes.clear()
    link = house.player.link
    house.player.point()
    house.player.click("New code")
    eventually(lambda: house.player.wait_until_live().link != link, "there is a new code")
    house.check(30)
    states = {change["new_state"]["state"] for change in house.home.api.changes}
    assert "unavailable" not in states


def test_forgotten(house: House) -> None:
    home, player_id = house.home, house.player.id
    stored = house.player.see("JSON.stringify({...localStorage})")
    owner_key = next(
        part
        for value in json.loads(stored).values()
        for part in value.replace('"', " ").replace(":", " ").split()
        if len(part) == 22
    )
    house.player.close()
    body = json.dumps({"owner_key": owner_key}).encode()
    kind = {"Content-Type": "application/json"}
    assert house.system.ask("DELETE", f"api/players/{player_id}", body, kind).status == 204

    def issues() -> list[dict[str, object]]:
        told = home.api.ask("repairs/list_issues")["issues"]
        return [it for it in told if it["domain"] == "zapette"]

    (issue,) = eventually(issues, "Home Assistant says that the player was forgotten")
    assert issue["is_fixable"]
    flow = home.rest(
        "POST", "repairs/issues/fix", {"handler": "zapette", "issue_id": issue["issue_id"]}
    )
    assert flow["step_id"] == "confirm"
    done = home.rest("POST", f"repairs/issues/fix/{flow['flow_id']}", {})
    assert done["type"] == "create_entry"
    eventually(lambda: home.states("media_player.") == {}, "nothing is left of it")
    assert issues() == []
    assert home.offers() == {}


def test_two_of_one_name_and_a_base_topic_of_levels(
    new_system: Callable[..., System], new_instance: Callable[..., Instance]
) -> None:
    system = new_system(ZAPETTE_BASE_TOPIC="house/tv")
    one, other = Household(system), Household(system)

    def player(household: Household) -> ScriptedPlayer:
        given = household.given
        return ScriptedPlayer(
            "127.0.0.1", system.mqtt_port, household.id, username=given["username"],
            password=given["password"], base="house/tv", name="Twin",
        )  # fmt: skip

    with player(one) as first, player(other) as second:
        home = new_instance(system.household())
        eventually(
            lambda: len(home.api.ask("config_entries/flow/progress")) == 2,
            "both are offered",
        )
        home.accept("Twin")
        home.accept("Twin")
        assert set(home.states("media_player.")) == {"media_player.twin", "media_player.twin_2"}
        for entity in ("media_player.twin", "media_player.twin_2"):
            Seen(home, entity.removeprefix("media_player.")).shows("idle")
            home.do("media_player.media_play", entity)
        assert first.last == second.last == ("play", {})
        assert len(first.asked) == len(second.asked)
