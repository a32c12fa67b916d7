"""One node leads the streams, and pages connect to the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.mqtt_clients import Household
from tests.programs.nats_cluster import NatsCluster, SystemOnNats
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import Keyring
from zapette_server.engine.create import create_engine
from zapette_server.nats.streams import Lead, leader
from zapette_server.settings.sources import load
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry

ORDER = ("node-1", "node-2", "node-3")
LAST = 3


@pytest.mark.parametrize(
    ("now", "others", "wanted"),
    [
        ("node-1", {"node-2": True, "node-3": True}, (Lead("node-3", False), True)),
        ("node-3", {"node-1": True, "node-2": True}, (Lead("node-3", True), True)),
        # it is down, or has to catch up
        ("node-1", {"node-2": True, "node-3": False}, (Lead("node-3", False), False)),
        # the last node is without streams, or new
        ("node-1", {"node-2": True}, (Lead("node-2", False), True)),
        # its name is not known yet
        ("node-1", {"node-9": True}, (Lead("node-1", True), True)),
        ("", {}, (Lead("", True), True)),
    ],
)
def test_who_is_to_lead(now: str, others: dict[str, bool], wanted: tuple[Lead, bool]) -> None:
    replicas = [{"name": name, "current": current} for name, current in others.items()]
    assert leader({"leader": now, "replicas": replicas}, ORDER) == wanted


def page_ports(on_nats: SystemOnNats) -> set[int]:
    """Return the ports that the web side gives to pages."""
    return {BrokerUrl.parse(Household(on_nats).given["url"]).port for _ in range(4)}


def test_web_sides_begin_with_different_nodes(tmp_path: Path) -> None:
    settings = load(NatsCluster(tmp_path / "cluster").settings_file, {})
    registry, grants = PlayerRegistry(tmp_path / "players.db"), Grants(tmp_path / "grants.db")
    keyring = Keyring(b"x" * 32, Topics())
    first = {create_engine(settings, keyring, registry, grants).page_url() for _ in range(50)}
    registry.close()
    grants.close()
    assert len(first) == LAST


def test_pages_connect_to_nodes_that_do_not_lead(on_nats: SystemOnNats) -> None:
    others = set(on_nats.cluster.ws_ports[: LAST - 1])
    eventually(lambda: page_ports(on_nats) == others, "pages are sent to the others", 60)
    on_nats.wait_for_lead()


@pytest.mark.long
def test_a_node_leads_again_after_its_return(on_nats: SystemOnNats) -> None:
    Household(on_nats)
    on_nats.wait_for_lead()
    with on_nats.cluster.without(LAST):
        eventually(lambda: on_nats.leader() != LAST, "another node leads", 60)
    on_nats.wait_for_lead()
