"""What the nodes of a cluster report; no I/O."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zapette_server.nats.node_link import NAME

Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NodeState:
    """One node.

    Attributes:
        name: its name; the address if it cannot be reached.
        version: of nats-server; empty if it cannot be reached.
        uptime: since its start, as NATS writes it.
        clients: how many are connected.
        leads: the streams that it leads; ``meta`` is that of the cluster itself.
        is_current: whether it has all that the leaders of the cluster and of its streams have.
        revocations: how many it knows; None if it does not say.
    """

    name: str
    version: str = ""
    uptime: str = ""
    clients: int = 0
    leads: tuple[str, ...] = ()
    is_current: bool = True
    revocations: int | None = None

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self.version != ""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """All of them.

    Attributes:
        nodes: the nodes.
        web_sides: on how many nodes each web side is, by its name.
        agree: whether all nodes know the same revocations.
    """

    nodes: tuple[NodeState, ...]
    web_sides: Mapping[str, int]
    agree: bool

    @property
    def has_leader(self) -> bool:
        """Whether any node leads the cluster; otherwise no client can connect."""
        return any("meta" in it.leads for it in self.nodes)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of all nodes to the questions of `survey`."""

    servers: Iterable[Answer]
    streams: Iterable[Answer]
    accounts: Iterable[Answer]
    connections: Iterable[Answer]


def state(down: Iterable[str], answers: Answers) -> ClusterState:
    """Return the state of a cluster.

    Args:
        down: the addresses of the nodes that cannot be reached.
        answers: what the others say.
    """
    servers = {_name(it): it["data"] for it in answers.servers if it.get("data")}
    leaders = _leaders(answers.streams, servers)
    late = _late(servers) | _lagging(answers.streams)
    known = {_name(it): _revocations(it) for it in answers.accounts}
    nodes = [
        NodeState(
            name,
            version=str(data["version"]),
            uptime=str(data["uptime"]),
            clients=int(data["connections"]),
            leads=tuple(sorted(it for it, leader in leaders.items() if leader == name)),
            is_current=name not in late,
            revocations=None if (found := known.get(name)) is None else len(found),
        )
        for name, data in sorted(servers.items())
    ]
    nodes += [NodeState(url) for url in down]
    sides = Counter(
        str(each["name"]).removeprefix(NAME).strip()
        for it in answers.connections
        for each in (it.get("data") or {}).get("connections") or ()
        if str(each.get("name", "")).startswith(f"{NAME} ")
    )
    said = [it for it in known.values() if it is not None]
    return ClusterState(
        tuple(nodes), dict(sorted(sides.items())), all(it == said[0] for it in said)
    )


def _name(answer: Answer) -> str:
    return str(answer["server"]["name"])


def _streams(answer: Answer) -> list[Answer]:
    """Return the streams of which a node has a copy, as it sees them."""
    return [
        stream
        for account in (answer.get("data") or {}).get("account_details") or ()
        for stream in account.get("stream_detail") or ()
    ]


def _leaders(streams: Iterable[Answer], servers: Mapping[str, Answer]) -> dict[str, str]:
    found = {
        str(stream["name"]): str(stream.get("cluster", {}).get("leader", ""))
        for answer in streams
        for stream in _streams(answer)
    }
    metas = Counter(_meta(it).get("leader", "") for it in servers.values())
    leader = metas.most_common(1)[0][0] if metas else ""
    return found | ({"meta": leader} if leader in servers else {})


def _late(servers: Mapping[str, Answer]) -> set[str]:
    """Return the nodes that are behind, as the cluster's leader says."""
    return {
        str(replica["name"])
        for name, data in servers.items()
        if (meta := _meta(data)).get("leader") == name
        for replica in meta.get("replicas") or ()
        if not replica.get("current")
    }


def _lagging(streams: Iterable[Answer]) -> set[str]:
    """Return the nodes whose copy of a stream is behind, as its leader says."""
    return {
        str(replica["name"])
        for answer in streams
        for stream in _streams(answer)
        if (cluster := stream.get("cluster", {})).get("leader") == _name(answer)
        for replica in cluster.get("replicas") or ()
        if not replica.get("current")
    }


def _meta(data: Answer) -> Answer:
    meta: Answer = data.get("jetstream", {}).get("meta") or {}
    return meta


def _revocations(answer: Answer) -> dict[str, int] | None:
    """Return the revocations that a node applies; None while no client has used the account."""
    account = (answer.get("data") or {}).get("account_detail") or {}
    body = str(account.get("jwt", "")).split(".")[1:2]
    if not body:
        return None
    claims = json.loads(base64.urlsafe_b64decode(body[0] + "=" * (-len(body[0]) % 4)))
    found: dict[str, int] = claims["nats"].get("revocations") or {}
    return found
