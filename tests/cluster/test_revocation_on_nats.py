"""What is revoked ends within a second on every node, also on one that was away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import SLACK, eventually

V3 = MQTTProtocolVersion.MQTTv311
NODES = (1, 2, 3)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def visitor(home: Household, on_nats: SystemOnNats, node: int, role: str = "remote") -> MqttClient:
    port = on_nats.cluster.mqtt_ports[node - 1]
    return home.visitor(role, version=V3, port=port)


def again(client: MqttClient, on_nats: SystemOnNats, node: int) -> bool:
    """Tell whether a node still takes a client's token."""
    port = on_nats.cluster.mqtt_ports[node - 1]
    name, password = client.username, client.password
    with MqttClient(on_nats, client.client_id, name, password, V3, port=port) as other:
        return other.is_in


def test_a_new_code_ends_the_old_one_on_every_node(on_nats: SystemOnNats, stack: ExitStack) -> None:
    home = Household(on_nats)
    player = stack.enter_context(home.player(version=V3))
    old = [
        stack.enter_context(visitor(home, on_nats, node, role))
        for node, role in zip(NODES, ("remote", "guest", "remote"), strict=True)
    ]
    assert all(it.is_in for it in (player, *old))
    began = time.monotonic()
    home.new_code()
    eventually(lambda: all(it.ended for it in old), "all are cut off")
    assert time.monotonic() - began < 1 + SLACK
    for node in NODES:
        assert not again(old[0], on_nats, node)
        assert stack.enter_context(visitor(home, on_nats, node)).is_in
    assert player.ended == []


def test_a_forgotten_player_ends_and_may_return(on_nats: SystemOnNats, stack: ExitStack) -> None:
    home = Household(on_nats)
    player = stack.enter_context(home.player(version=V3))
    remote = stack.enter_context(visitor(home, on_nats, 2))
    home.forget()
    eventually(lambda: player.ended and remote.ended, "both are cut off")
    # nobody of its was on this node
    eventually(lambda: not again(player, on_nats, 3), "the third node refuses it", 1 + SLACK)
    made = {"id": home.id, "owner_key": home.owner_key}
    home.given = on_nats.post("api/credentials", made).json
    assert stack.enter_context(home.player(version=V3)).is_in
    assert not again(remote, on_nats, 1)


def test_a_phone_that_is_disconnected(on_nats: SystemOnNats, stack: ExitStack) -> None:
    home = Household(on_nats)
    phone, other = (stack.enter_context(visitor(home, on_nats, node)) for node in (1, 2))
    for client in (phone, other):
        assert client.subscribe(f"{home.root}/state")
    body = {"owner_key": home.owner_key}

    def listed() -> set[str]:
        """Return who is connected, by those nodes that answer within a second."""
        found = on_nats.post(f"api/players/{home.id}/visitors", body).json
        return {it["client_id"] for it in found["visitors"]}

    eventually(lambda: listed() == {phone.client_id, other.client_id}, "both are listed")
    ended = phone
    for _ in range(2):
        # within the same second too, it ends the token of who came since the last time
        late = visitor(home, on_nats, 3)
        path = f"api/players/{home.id}/visitors/{ended.client_id}/end"
        assert on_nats.post(path, body).status == 204
        eventually(lambda it=late: not again(it, on_nats, 3), "its token is void")  # type: ignore[misc]
        ended = late
    eventually(lambda: phone.ended and other.ended, "both are cut off")
    assert not again(phone, on_nats, 1)
    # the other one comes back by the same link
    assert stack.enter_context(visitor(home, on_nats, 2)).is_in


def test_a_node_that_was_down_learns_what_was_revoked(
    on_nats: SystemOnNats, stack: ExitStack
) -> None:
    home = Household(on_nats)
    old = visitor(home, on_nats, 3)
    on_nats.cluster.kill_node(3)
    home.new_code()
    eventually(lambda: not again(old, on_nats, 1), "the others know it")
    on_nats.cluster.start_node(3)
    eventually(
        lambda: stack.enter_context(visitor(home, on_nats, 3)).is_in, "it takes a new token", 60
    )
    eventually(lambda: not again(old, on_nats, 3), "it refuses the old one", 1 + SLACK)


def test_a_node_that_was_cut_off_ends_what_was_revoked(
    on_nats: SystemOnNats, stack: ExitStack
) -> None:
    home = Household(on_nats)
    old = stack.enter_context(visitor(home, on_nats, 2))
    assert old.is_in
    with on_nats.cluster.frozen(2):
        home.new_code()
        eventually(lambda: not again(old, on_nats, 1), "the others know it")
        assert old.ended == []
    returned = time.monotonic()
    eventually(lambda: old.ended, "it is cut off")
    assert time.monotonic() - returned < 1 + SLACK
    assert not again(old, on_nats, 2)
