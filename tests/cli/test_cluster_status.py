"""What ``zapette cluster status`` says, in the right number."""

from __future__ import annotations

import base64
import json

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


def servers_of(leader: str) -> list[dict[str, object]]:
    """Return what three nodes say, of which `leader` leads the others."""
    server = {"version": "2.15", "uptime": "1s", "connections": 0}
    data = server | {"jetstream": {"meta": {"leader": leader}}}
    return [{"server": {"name": f"node-{it}"}, "data": data} for it in (1, 2, 3)]


def account(name: str, revocations: dict[str, int]) -> dict[str, object]:
    """Return what a node says of its account, whose revocations are in a JWT."""
    claims = base64.urlsafe_b64encode(json.dumps({"nats": {"revocations": revocations}}).encode())
    detail = {"jwt": f"header.{claims.decode().rstrip('=')}.signature"}
    return {"server": {"name": name}, "data": {"account_detail": detail}}


def side(node: str) -> dict[str, object]:
    """Return the connections of a node, of which one is a web side's."""
    return {"server": {"name": node}, "data": {"connections": [{"name": "zapette-web a"}]}}


NODES = ("node-1", "node-2", "node-3")
SAME = [account(it, {"user": 1}) for it in NODES]
SIDES = [side(it) for it in NODES]


@pytest.mark.parametrize(
    ("answers", "english", "french"),
    [
        (Answers(servers_of(""), (), SAME, SIDES), "have no leader", "pas de leader"),
        (
            Answers(servers_of("node-1"), (), [*SAME[:2], account("node-3", {})], SIDES),
            "know different revocations",
            "connaissent des révocations différentes",
        ),
        (
            Answers(servers_of("node-1"), (), SAME, ()),
            "no web side is connected",
            "aucun serveur web n\u2019est relié",
        ),
    ],
    ids=["no leader", "revocations", "no web side"],
)
def test_what_is_wrong_is_the_only_problem(answers: Answers, english: str, french: str) -> None:
    (problem,) = problems(state([], answers))
    assert english in problem.en
    assert french in problem.fr


def test_nothing_is_wrong() -> None:
    found = state([], Answers(servers_of("node-1"), (), SAME, SIDES))
    assert list(problems(found)) == []
    # a node that no client has used does not know the account yet
    unused = {"server": {"name": "node-3"}, "data": {}}
    found = state([], Answers(servers_of("node-1"), (), [*SAME[:2], unused], SIDES))
    assert list(problems(found)) == []


def test_a_copy_that_is_behind_is_named_as_its_leader_says() -> None:
    def answer(name: str, behind: str) -> dict[str, object]:
        replicas = [{"name": it, "current": it != behind} for it in ("node-1", "node-2", "node-3")]
        cluster = {"leader": "node-1", "replicas": replicas}
        stream = {"name": "$MQTT_rmsgs", "cluster": cluster}
        data = {"account_details": [{"stream_detail": [stream]}]}
        return {"server": {"name": name}, "data": data}

    # what a follower knows of others does not count
    streams = [answer("node-1", "node-3"), answer("node-2", "node-1")]
    found = state([], Answers(servers_of(""), streams, (), ()))
    assert [it.name for it in found.nodes if not it.is_current] == ["node-3"]
