"""Each node tells newcomers what is retained, also while another node is down.

Only `make test-cluster` has this test.
"""

from __future__ import annotations

import asyncio

from tests.programs.nats_cluster import SystemOnNats
from tests.waiting import eventually
from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.survey import linked
from zapette_server.settings.sources import load

NODES = (1, 2, 3)
TOPIC = "zapette/services/late/availability"


async def replicas(on_nats: SystemOnNats) -> list[int]:
    """Return how many replicas of each consumer of retained messages are up to date."""
    settings = load(on_nats.cluster.settings_file, {})
    assert settings.broker.keys is not None
    question = {"accounts": True, "streams": True, "consumer": True, "config": True}
    async with linked(settings, ClusterKeys.load(settings.broker.keys)) as links:
        answers = await links[0].ask_all("$SYS.REQ.SERVER.PING.JSZ", question, len(NODES))
    # the leader of a consumer knows how far the others are
    found = {
        consumer["name"]: 1 + sum(it["current"] for it in consumer["cluster"].get("replicas", ()))
        for answer in answers
        for account in answer["data"].get("account_details", ())
        for stream in account.get("stream_detail", ())
        if stream["name"] == "$MQTT_rmsgs"
        for consumer in stream.get("consumer_detail") or ()
        if consumer["cluster"].get("leader") == answer["server"]["name"]
    }
    return list(found.values())


def publish(on_nats: SystemOnNats, node: int) -> bool:
    """Retain a message; return whether the node let this client in."""
    client = Client(on_nats.household(node))
    client.start()
    try:
        client.wait(20)
        client.publish(TOPIC, b"online", qos=1, retain=True)
        client.fence(10)
    except Unavailable:
        return False
    finally:
        client.stop()
    return True


def test_what_is_new_while_a_node_is_down(on_nats: SystemOnNats) -> None:
    for node in NODES:
        # a node makes its consumer when its first client comes
        on_nats.retained(node, TOPIC)
    eventually(
        lambda: (found := asyncio.run(replicas(on_nats)))[2] and set(found) == {3},
        "each consumer has three replicas that are up to date",
        60,
    )
    lost = on_nats.leader()
    with on_nats.cluster.without(lost):
        others = [it for it in NODES if it != lost]
        eventually(lambda: on_nats.leader() != lost, "another node leads", 60)
        eventually(lambda: publish(on_nats, others[0]), "it is retained", 60)
        for node in others:
            eventually(
                lambda it=node: TOPIC in on_nats.retained(it, TOPIC),  # type: ignore[misc]
                f"node-{node} tells it",
                60,
            )
