"""Home Assistant and the home's own broker learn of players on a cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from tests.bridge.listener import Listener
from tests.mosquitto import Mosquitto, run_tool
from tests.mqtt_clients import Household
from tests.nats_cluster import SystemOnNats
from tests.plain_player import PlainPlayer
from tests.processes import ending, ending_with_us
from tests.test_revocation import forget
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl

V3 = MQTTProtocolVersion.MQTTv311


def at(on_nats: SystemOnNats, node: int) -> BrokerUrl:
    """Return a node with the account ``home``."""
    port = on_nats.cluster.mqtt_ports[node - 1]
    return BrokerUrl("mqtt", "127.0.0.1", port, username="home", password=on_nats.home_password())


def test_players_are_announced_at_every_node(on_nats: SystemOnNats) -> None:
    household = Household(on_nats)
    topic = f"zapette/discovery/{household.id}"

    def name(heard: Listener) -> str:
        return str(heard.last_state(topic).get("name", ""))

    with Listener(at(on_nats, 2), topic, V3) as heard:
        with household.player(version=V3) as player:
            for number, called in enumerate(("Living room", "Kitchen"), 1):
                state = {"version": 1, "seq": number, "name": called, "can": ["status"]}
                payload = json.dumps(state).encode()
                player.mqtt.publish(f"{household.root}/state", payload, 1, retain=True)
                eventually(lambda it=called: name(heard) == it, f"it is {called}")  # type: ignore[misc]
        with Listener(at(on_nats, 3), topic, V3) as late:
            eventually(lambda: name(late) == "Kitchen", "it is retained")
        forget(household)
        eventually(lambda: heard.on(topic)[-1] == b"", "it is forgotten")


@contextmanager
def bridged(on_nats: SystemOnNats, home: Mosquitto) -> Iterator[None]:
    """Run a bridge between the cluster and the home's broker."""
    more = {"ZAPETTE_BRIDGE_URL": f"mqtt://{home.host}:{home.port}"}
    with (home.folder / "bridge.log").open("wb") as log:
        bridge = subprocess.Popen(
            ending_with_us([sys.executable, "-m", "zapette_cli", "bridge"]),
            env=on_nats.environment | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    with ending(bridge):
        yield
        bridge.terminate()
        bridge.wait(20)


def test_the_homes_broker_pilots_players_of_a_cluster(
    on_nats: SystemOnNats, tmp_path: Path
) -> None:
    home = Mosquitto(tmp_path).start()
    player = PlainPlayer(at(on_nats, 3)).start()
    state = player.callee.state
    try:
        with bridged(on_nats, home), Listener(home.url, "zapette/players/#") as heard:
            eventually(lambda: heard.last_state(state), "its state is at home")
            run_tool("pub", home.url, "-t", player.callee.command("volume"), "-m", "30")
            eventually(lambda: heard.last_state(state)["volume"] == 30, "it obeys, and says so")
            player.stop()
            available = player.callee.availability
            eventually(lambda: heard.last(available) == b"offline", "it is gone at home too")
    finally:
        player.stop()
        home.stop()
