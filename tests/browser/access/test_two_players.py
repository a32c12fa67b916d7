"""Two players at once, and what another remote or a guest can do to a real player's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.browser.driving.player_page import PlayerPage
from tests.clients.mqtt_clients import MqttClient
from tests.programs.shared_system import needs_mqtt_5
from tests.programs.system import System
from tests.waiting import eventually


@dataclass
class Visitor:
    """A plain MQTT client with the token that a key is worth."""

    system: System
    player: PlayerPage
    key: str

    def __post_init__(self) -> None:
        body = {"id": self.player.id, "key": self.key}
        given: dict[str, Any] = self.system.post("api/credentials", body).json
        self.role = given["role"]
        self.party = MqttClient(
            self.system, given["client_id"], given["username"], given["password"]
        )

    def ask(self, call: str, procedure: str, payload: bytes, response_topic: str | None) -> None:
        caller = self.party.client_id
        topic = f"{self.player.root}/request/{caller}/{call}/{procedure}"
        self.party.publish(topic, payload, response_topic)

    def answers(self) -> list[tuple[str, bytes]]:
        return [it for it in list(self.party.received) if "/response/" in it[0]]


def guest_key(system: System, player: PlayerPage) -> str:
    """Return the key of the guest's link, which the page has but does not show."""
    stored = player.see("JSON.parse(localStorage['zapette.player'])")
    body = {"id": stored["id"], "owner_key": stored["owner_key"]}
    links = system.post("api/credentials", body).json["links"]
    return str(links["guest"]["url"].split(".")[-1])


@pytest.fixture(params=["remote", "guest"])
def visitor(request: pytest.FixtureRequest, system: System, pair: Pair) -> Iterator[Visitor]:
    player = pair.player
    key = player.link.split(".")[-1] if request.param == "remote" else guest_key(system, player)
    made = Visitor(system, player, key)
    assert made.role == request.param
    with made.party as party:
        assert party.is_in
        assert party.subscribe(f"{player.root}/response/{party.client_id}/#")
        yield made


def test_no_remote_reaches_the_other_player(system: System, pages: Pages, pair: Pair) -> None:
    other = pages.started(system)
    others_phone = pages.remote(system, other)
    assert other.id != pair.player.id
    pair.phone.tap("Play")
    pair.player.advances()
    pair.phone.tap("Volume down")
    eventually(lambda: pair.player.level == 95, "one player obeys")
    others_phone.tap("Mute")
    others_phone.wait_for("Unmute")
    assert (other.plays(), other.level, other.video["muted"]) == (False, 100, True)
    assert (pair.player.plays(), pair.player.video["muted"]) == (True, False)
    assert others_phone.shows("Play")
    assert others_phone.slider("Volume") == 100
    assert pair.phone.shows("Pause")
    assert pair.phone.shows("Mute")


@needs_mqtt_5
def test_a_response_topic_of_ones_own_is_honoured(visitor: Visitor) -> None:
    own = f"{visitor.player.root}/response/{visitor.party.client_id}/of-my-own"
    visitor.ask("1", "status", b"", own)
    eventually(visitor.answers, "the answer comes")
    ((topic, payload),) = visitor.answers()
    assert topic == own
    assert b'"result"' in payload


@needs_mqtt_5
@pytest.mark.parametrize(
    "elsewhere",
    [
        "{root}/state",
        "{root}/availability",
        "{root}/command/play",
        "{root}/event/play",
        "{root}/request/{me}/9/play",
        "{root}/response/witness/stolen",
        "{root}/response/{me}",
        "{root}/response/{me}x/1",
        "{root}/response",
        "{other}/command/play",
        "{other}/response/{me}/1",
        "zapette/server/request/{me}/1/id",
        "homeassistant/status",
    ],
)
def test_a_response_topic_elsewhere_is_ignored(
    module_pages: Pages, visitor: Visitor, pair: Pair, elsewhere: str
) -> None:
    module_pages.watch.expect("Response Topic")
    me, root = visitor.party.client_id, pair.player.root
    other = f"zapette/players/{'0' * 32}"
    before = len(pair.observer.said)
    visitor.ask("7", "status", b"", elsewhere.format(root=root, me=me, other=other))
    # it is answered where the request's own topic says, and nowhere else
    eventually(visitor.answers, "the answer comes")
    assert [topic for topic, _ in visitor.answers()] == [f"{root}/response/{me}/7"]
    pair.observer.status()
    said = [it.topic for it in pair.observer.said[before:] if "/witness/" not in it.topic]
    assert said == [f"{root}/request/{me}/7/status", f"{root}/response/{me}/7"]


@needs_mqtt_5
def test_a_response_topic_elsewhere_is_logged(
    system: System, module_pages: Pages, pair: Pair
) -> None:
    watch = module_pages.watch
    watch.expect("Response Topic")
    noted = len(watch.faults)
    with Visitor(system, pair.player, guest_key(system, pair.player)).party as party:
        topic = f"{pair.player.root}/request/{party.client_id}/1/status"
        party.publish(topic, b"", f"{pair.player.root}/command/play")
        pair.observer.status()
    (fault,) = eventually(lambda: pair.player.see("1") and watch.faults[noted:], "it is logged")
    assert "Response Topic" in fault
    assert pair.player.id not in fault
    assert party.client_id not in fault


@pytest.mark.ours("a Mosquitto without an access list lets everybody do everything")
def test_a_guest_may_look_and_no_more(system: System, pair: Pair) -> None:
    visitor = Visitor(system, pair.player, guest_key(system, pair.player))
    with visitor.party as party:
        assert party.subscribe(f"{pair.player.root}/response/{party.client_id}/#")
        for number, procedure in enumerate(["play", "volume", "load", "rename", "message"]):
            visitor.ask(str(number), procedure, b"7", None)
        visitor.ask("last", "status", b"", None)
        eventually(visitor.answers, "what a guest may ask is answered")
        assert [topic.split("/")[-1] for topic, _ in visitor.answers()] == ["last"]
    assert not pair.player.plays()
    assert pair.player.level == 100


@pytest.mark.parametrize("kind", ["command/play", "request/witness/1/play"])
def test_a_retained_press_does_nothing(system: System, pages: Pages, kind: str) -> None:
    player = pages.started(system)
    home = system.household()
    with MqttClient(system, "planter", home.username, home.password) as party:
        player.close()
        party.mqtt.publish(f"{player.root}/{kind}", b"", 1, retain=True).wait_for_publish(10)
        again = pages.started(system, context=player.page.context)
        # whatever is retained has been delivered before anything else is answered
        phone = pages.remote(system, again)
        phone.tap("Mute")
        phone.wait_for("Unmute")
        assert again.id == player.id
        assert not again.plays()
        party.mqtt.publish(f"{player.root}/{kind}", b"", 1, retain=True).wait_for_publish(10)
        phone.tap("Unmute")
        phone.wait_for("Mute")
        party.mqtt.publish(f"{player.root}/{kind}", b"", 1, retain=True).wait_for_publish(10)
        party.mqtt.publish(f"{player.root}/{kind}", None, 1, retain=True).wait_for_publish(10)
