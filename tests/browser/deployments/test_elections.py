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
from zapette.mqtt.url import BrokerUrl

NODES = (1, 2, 3)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemOnNats]:
    with SystemOnNats(tmp_path_factory.mktemp("elections")) as running:
        yield running


def wait_until_kept(system: SystemOnNats, topic: str, volume: int) -> None:
    for node in NODES:
        eventually(
            lambda it=node: json.loads(system.retained(it, topic)[topic])["volume"] == volume,  # type: ignore[misc]
            f"node-{node} has a volume of {volume}",
            60,
        )


def test_a_state_of_an_election_is_kept(system: SystemOnNats, pages: Pages) -> None:
    pages.watch.expect(BROKEN_CONNECTION)
    lost = system.leader()
    player = pages.started(system)
    port = system.cluster.ws_ports[lost - 1]
    while BrokerUrl.parse(pages.watch.sockets[-1].url).port == port:
        player = pages.started(system)
    topic = f"{player.root}/state"
    wait_until_kept(system, topic, 100)
    with system.cluster.without(lost):
        player.see("document.querySelector('play-button')._request('volume', { level: 37 })")
        eventually(lambda: system.leader() != lost, "another node leads", 60)
    # a node may have an older state until all of them are there
    wait_until_kept(system, topic, 37)
