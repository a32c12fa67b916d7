"""What ``zapette cluster status`` says, in the right number."""

from __future__ import annotations

import pytest

from zapette_cli.commands.cluster_status import problems, said
from zapette_server.nats.cluster_state import ClusterState, NodeState


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
