"""What ``zapette cluster status`` says, in the right number."""

from __future__ import annotations

import pytest

from zapette_cli.commands.cluster.cluster_status import problems, said
from zapette_server.nats.cluster.cluster_state import Answers, ClusterState, NodeState, state


@pytest.mark.parametrize(
    ("many", "english", "french"),
    [(1, "1 node", "1 nœud"), (2, "2 nodes", "2 nœuds")],
)
def test_one_node_is_not_several(many: int, english: str, french: str) -> None:
    nodes = tuple(NodeState(f"node-{it}", "2.14", leads=("meta",)) for it in range(3))
    found = ClusterState(nodes, {"a": many}, True)
    last = list(said(found))[-1]
    assert last.en == f"web side a: connected to {english}"
    assert last.fr == f"serveur web a\u202f: relié à {french}"
    (problem,) = problems(found)
    assert problem.en == f"web side a is connected to only {many} of 3 nodes"
    assert problem.fr == f"le serveur web a n\u2019est relié qu\u2019à {french} sur 3"


def test_a_copy_that_is_behind_is_named_as_its_leader_says() -> None:
    def answer(name: str, behind: str) -> dict[str, object]:
        replicas = [{"name": it, "current": it != behind} for it in ("node-1", "node-2", "node-3")]
        cluster = {"leader": "node-1", "replicas": replicas}
        stream = {"name": "$MQTT_rmsgs", "cluster": cluster}
        data = {"account_details": [{"stream_detail": [stream]}]}
        return {"server": {"name": name}, "data": data}

    server = {"version": "2.15", "uptime": "1s", "connections": 0}
    servers = [{"server": {"name": f"node-{it}"}, "data": server} for it in (1, 2, 3)]
    # what a follower knows of others does not count
    streams = [answer("node-1", "node-3"), answer("node-2", "node-1")]
    found = state([], Answers(servers, streams, (), ()))
    assert [it.name for it in found.nodes if not it.is_current] == ["node-3"]
