"""Home Assistant on a node of NATS, by its own MQTT integration.

Only `make test-cluster` has this test.
"""

from __future__ import annotations

from pathlib import Path

from tests.clients.mqtt_clients import Household
from tests.clients.plain_player import PlainPlayer
from tests.homeassistant.driving.instance import Instance
from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


def test_pilot(tmp_path: Path) -> None:
    with SystemOnNats(tmp_path) as system:
        home = Instance(tmp_path / "home", system.household(1), protocol="3.1.1")
        household = Household(system)
        # on another node
        port = system.cluster.mqtt_ports[1]
        login = {name: household.given[name] for name in ("username", "password")}
        url = BrokerUrl("mqtt", "127.0.0.1", port, **login)
        player = PlainPlayer(url, "Hall", player_id=household.id)
        try:
            home.start()
            player.start()
            home.accept("Hall")
            seen = home.seen(household.id)
            seen.shows("idle")
            seen.do("media_play")
            seen.shows("playing")
            seen.do("volume_set", volume_level=0.3)
            eventually(lambda: seen.attributes["volume_level"] == 0.3, "the volume")
            assert [name for name, _ in player.heard] == ["play", "volume"]
            # it finds the players again by what is retained
            with system.cluster.without(1):
                seen.shows("unavailable")
            seen.shows("playing", 60)
            seen.do("media_pause")
            seen.shows("idle")
            player.client.stop()
            seen.shows("unavailable")
        finally:
            player.stop()
            home.stop()
