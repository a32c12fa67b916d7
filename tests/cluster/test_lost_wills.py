"""Wills that the cluster lost are corrected on every node.

Only `make test-cluster` has this test.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import eventually

V3 = MQTTProtocolVersion.MQTTv311
NODES = (1, 2, 3)
AVAILABILITIES = "zapette/players/+/availability"
LAMP = "zapette/services/lamp/availability"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def connect(stack: ExitStack, on_nats: SystemOnNats, home: Household, node: int) -> MqttClient:
    """Return a household's player, which is `online`."""
    port = on_nats.cluster.mqtt_ports[node - 1]

    def connected() -> MqttClient | None:
        player = home.player(version=V3, port=port)
        player.mqtt.will_set(f"{home.root}/availability", b"offline", 1, retain=True)
        stack.enter_context(player)
        return player if player.is_in else None

    # nobody gets in during an election
    player = eventually(connected, f"node-{node} lets it in", 60)
    assert player is not None
    player.mqtt.publish(f"{home.root}/availability", b"online", 1, retain=True).wait_for_publish(10)
    return player


def cut(player: MqttClient) -> None:
    """End a player's connection without a DISCONNECT."""
    connection = player.mqtt.socket()
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)


def wait_until_retained(on_nats: SystemOnNats, wanted: dict[str, bytes]) -> None:
    """Wait until each node has the availabilities of these players."""
    topics = {f"zapette/players/{player}/availability": it for player, it in wanted.items()}
    for node in NODES:
        eventually(
            lambda it=node: topics.items() <= on_nats.retained(it, AVAILABILITIES).items(),  # type: ignore[misc]
            f"node-{node} has {wanted}",
            90,
        )


def test_wills_of_an_election(on_nats: SystemOnNats, stack: ExitStack) -> None:
    lost = on_nats.leader()
    others = [it for it in NODES if it != lost]
    homes = [Household(on_nats) for _ in range(4)]
    nodes = (lost, others[0], others[0], others[1])
    players = [connect(stack, on_nats, home, node) for home, node in zip(homes, nodes, strict=True)]
    wait_until_retained(on_nats, dict.fromkeys((it.id for it in homes), b"online"))
    with on_nats.cluster.without(lost):
        for player in players[1:3]:
            cut(player)
        eventually(lambda: on_nats.leader() != lost, "another node leads", 60)
    gone = dict.fromkeys((it.id for it in homes[:3]), b"offline")
    wait_until_retained(on_nats, {**gone, homes[3].id: b"online"})
    assert players[3].ended == []


def test_a_program_that_ends_with_its_node(on_nats: SystemOnNats, stack: ExitStack) -> None:
    own, other, leader = NODES
    eventually(lambda: on_nats.leads(leader), f"node-{leader} leads", 60)
    home = on_nats.household(own)
    lamp = MqttClient(
        on_nats, "service-lamp", home.username, home.password, version=V3, port=home.port
    )
    stack.enter_context(lamp)
    with on_nats.cluster.without(other):
        pass
    # a connected service that is said to be off is corrected: the web side has seen it by then
    lamp.mqtt.publish(LAMP, b"offline", 1, retain=True).wait_for_publish(10)
    eventually(lambda: on_nats.retained(own, LAMP) == {LAMP: b"online"}, "it is seen", 60)
    with on_nats.cluster.without(own):
        eventually(lambda: lamp.ended, "its connection has ended")
    for node in NODES:
        eventually(
            lambda it=node: on_nats.retained(it, LAMP) == {LAMP: b"offline"},  # type: ignore[misc]
            f"node-{node} has that it is off",
            90,
        )
