"""Home Assistant and the home's own broker learn of players on a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.enums import MQTTProtocolVersion

from tests.bridge.listener import Listener
from tests.clients.mqtt_clients import Household
from tests.clients.plain_player import PlainPlayer
from tests.programs.mosquitto import Mosquitto, run_tool
from tests.programs.nats_cluster import SystemOnNats
from tests.programs.processes import ending, started
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.url import BrokerUrl

V3 = MQTTProtocolVersion.MQTTv311


def at(on_nats: SystemOnNats, node: int) -> BrokerUrl:
    """Return a node with the account ``home``."""
    port = on_nats.cluster.mqtt_ports[node - 1]
    return BrokerUrl("mqtt", "127.0.0.1", port, username="home", password=on_nats.home_password())


def announced(on_nats: SystemOnNats, node: int, topic: str) -> str:
    """Return the name in a retained announcement: empty if there is none, ? if nobody says."""
    found: list[bytes] = []
    reader = Client(at(on_nats, node))
    reader.subscribe(topic, lambda message: found.append(message.payload))
    reader.start()
    try:
        reader.wait(20)
        reader.fence(10)
    except Unavailable:
        return "?"
    finally:
        reader.stop()
    return str(json.loads(found[-1])["name"]) if found and found[-1] else ""


def test_players_are_announced_at_every_node(on_nats: SystemOnNats) -> None:
    household = Household(on_nats)
    topic = f"zapette/discovery/{household.id}"
    with household.player(version=V3) as player:
        for number, called in enumerate(("Living room", "Kitchen"), 1):
            state = {"version": 1, "seq": number, "name": called, "can": ["status"]}
            payload = json.dumps(state).encode()
            player.mqtt.publish(f"{household.root}/state", payload, 1, retain=True)
            # other nodes learn of it a moment later
            for node in (2, 3):
                eventually(
                    lambda at=node, it=called: announced(on_nats, at, topic) == it,  # type: ignore[misc]
                    f"it is {called} at node-{node}",
                )
    household.forget()
    eventually(lambda: announced(on_nats, 3, topic) == "", "it is forgotten")


@contextmanager
def bridged(on_nats: SystemOnNats, home: Mosquitto) -> Iterator[None]:
    """Run a bridge between the cluster and the home's broker."""
    more = {"ZAPETTE_BRIDGE_URL": f"mqtt://{home.host}:{home.port}"}
    command = [sys.executable, "-m", "zapette_cli", "bridge"]
    bridge = started(command, home.folder / "bridge.log", env=on_nats.environment | more)
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

            def obeys() -> bool:
                run_tool("pub", home.url, "-t", player.callee.command("volume"), "-m", "30")
                return bool(heard.last_state(state)["volume"] == 30)

            eventually(obeys, "it obeys, and says so")
            player.stop()
            available = player.callee.availability
            eventually(lambda: heard.last(available) == b"offline", "it is gone at home too")
    finally:
        player.stop()
        home.stop()
