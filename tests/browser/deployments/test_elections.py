"""What a page publishes while the nodes of a cluster have no leader is kept in the end.

Only `make test-cluster` has this test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.pages import Pages
from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.url import BrokerUrl

NODES = (1, 2, 3)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemOnNats]:
    running = SystemOnNats(tmp_path_factory.mktemp("elections"))
    with running:
        yield running


def at(system: SystemOnNats, node: int) -> BrokerUrl:
    port = system.cluster.mqtt_ports[node - 1]
    return BrokerUrl("mqtt", "127.0.0.1", port, username="home", password=system.home_password())


def leader(system: SystemOnNats) -> int:
    """Return the node that leads the stream of retained messages."""

    def found() -> int:
        lines = system.zapette("cluster", "status").stdout.splitlines()
        leading = [it for it in lines if it.startswith("node-") and "$MQTT_rmsgs" in it]
        return int(leading[0][len("node-")])

    return eventually(found, "a node leads", 60)


def kept(system: SystemOnNats, node: int, topic: str) -> object:
    """Return the volume in a state that a node has retained; None if it cannot be asked now."""
    found: list[object] = []
    reader = Client(at(system, node))
    reader.subscribe(topic, lambda message: found.append(json.loads(message.payload)["volume"]))
    reader.start()
    try:
        reader.wait(20)
        reader.fence(5)
    except Unavailable:
        return None
    finally:
        reader.stop()
    return found[-1] if found else None


def wait_until_kept(system: SystemOnNats, topic: str, volume: int) -> None:
    for node in NODES:
        eventually(
            lambda it=node: kept(system, it, topic) == volume,  # type: ignore[misc]
            f"node-{node} has a volume of {volume}",
            60,
        )


def test_a_state_of_an_election_is_kept(system: SystemOnNats, pages: Pages) -> None:
    pages.watch.expect(BROKEN_CONNECTION)
    lost = leader(system)
    player = pages.started(system)
    port = system.cluster.ws_ports[lost - 1]
    while BrokerUrl.parse(pages.watch.sockets[-1]).port == port:
        player = pages.started(system)
    topic = f"{player.root}/state"
    wait_until_kept(system, topic, 100)
    with system.cluster.without(lost):
        player.see("document.querySelector('play-button')._request('volume', { level: 37 })")
        eventually(lambda: leader(system) != lost, "another node leads", 60)
    # a node may have an older state until all of them are there
    wait_until_kept(system, topic, 37)
