"""Keeps NATS's streams so that the loss of a node disturbs few clients.

Consumers of retained messages are replicated: a node learns from one what is retained. With its
one replica away, the node knows no new topics and tells older states (docs/decisions/0112).

One node leads all streams that clients wait for. If pages connect to the others, no loss means
both a new connection and an election (docs/decisions/0113).
"""

from __future__ import annotations

import base64
import json
import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from nats.aio.client import Client as Nats

from zapette_server.nats import claims
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.nkeys import USER, KeyPair

log = logging.getLogger("zapette.nats")

_SESSIONS: Final = "$MQTT_sess"
_RETAINED: Final = "$MQTT_rmsgs"
_MESSAGES: Final = "$MQTT_msgs"
_API: Final = "$JS.API"
_CREATE: Final = f"{_API}.CONSUMER.CREATE.{_RETAINED}"
_LIST: Final = f"{_API}.CONSUMER.LIST.{_RETAINED}"
_INFO: Final = f"{_API}.STREAM.INFO"
_STEP_DOWN: Final = f"{_API}.STREAM.LEADER.STEPDOWN"
_TIMEOUT: Final = 2
_LIFETIME: Final = 60


class Lead(NamedTuple):
    """Which node is to lead a stream, and whether it does."""

    node: str
    leads: bool


async def tend(
    url: str, keys: ClusterKeys, trusting: ssl.SSLContext | None, nodes: Sequence[str]
) -> Lead:
    """Replicate the consumers of retained messages, and let one node lead the streams.

    Args:
        url: where a node listens.
        keys: the cluster's.
        trusting: checks the node's certificate; None for the system's certificates.
        nodes: the names of the nodes; of those with a stream, the last is to lead it.

    Returns:
        Which node is to lead the stream of sessions, for which every new client waits.

    Raises:
        OSError, NatsError, TimeoutError: the node cannot be reached, or does not answer.
    """
    nats = Nats()
    user = KeyPair.new(USER)
    token = _token(user, keys)
    try:
        await nats.connect(
            servers=[url],
            tls=trusting,
            allow_reconnect=False,
            connect_timeout=_TIMEOUT,
            user_jwt_cb=lambda: bytearray(token, "ascii"),
            signature_cb=lambda nonce: base64.b64encode(user.sign(nonce.encode())),
            error_cb=_ignore,
        )
        lead = await _lead(nats, _SESSIONS, nodes)
        await _lead(nats, _MESSAGES, nodes)
        await _lead(nats, _RETAINED, nodes)
        await _replicate(nats)
        return lead
    finally:
        await nats.close()


async def _lead(nats: Nats, stream: str, nodes: Sequence[str]) -> Lead:
    """Let the last of `nodes` that has a stream lead it, once it has all of it."""
    replicas = (await _ask(nats, f"{_INFO}.{stream}")).get("cluster") or {}
    lead, is_ready = leader(replicas, nodes)
    if is_ready and not lead.leads:
        await _ask(nats, f"{_STEP_DOWN}.{stream}", {"placement": {"preferred": lead.node}})
    return lead


def leader(replicas: Mapping[str, Any], nodes: Sequence[str]) -> tuple[Lead, bool]:
    """Return which node is to lead a stream, and whether it has all of it; no I/O.

    Args:
        replicas: what NATS tells about the leader and the other replicas of the stream.
        nodes: the names of the nodes; the last that has the stream is to lead.
    """
    current = {str(it["name"]): bool(it["current"]) for it in replicas.get("replicas") or ()}
    now = str(replicas.get("leader") or "")
    wanted = next((it for it in reversed(nodes) if it == now or it in current), now)
    return Lead(wanted, wanted == now), wanted == now or current[wanted]


async def _replicate(nats: Nats) -> None:
    """Give all consumers of retained messages the replicas of their stream."""
    stream = await _ask(nats, f"{_INFO}.{_RETAINED}")
    wanted = stream.get("config", {}).get("num_replicas", 1)
    for consumer in (await _ask(nats, _LIST)).get("consumers") or ():
        config = consumer["config"]
        if (config.get("num_replicas") or 1) < wanted:
            config["num_replicas"] = wanted
            update = {"stream_name": _RETAINED, "config": config, "action": "update"}
            answer = await _ask(
                nats, f"{_CREATE}.{consumer['name']}.{config['filter_subject']}", update
            )
            if error := answer.get("error"):
                log.debug("a consumer was not replicated: %s", error.get("description"))


def _token(user: KeyPair, keys: ClusterKeys) -> str:
    issued = claims.user(
        user.public,
        "zapette-streams",
        pub={"allow": [_LIST, f"{_INFO}.*", f"{_STEP_DOWN}.*", f"{_CREATE}.>"]},
        sub={"allow": ["_INBOX.>"]},
        issuer_account=keys.account.public,
    )
    return claims.sign(keys.signing, issued | {"exp": int(time.time()) + _LIFETIME})


async def _ask(nats: Nats, subject: str, question: object = None) -> dict[str, Any]:
    payload = json.dumps(question or {}).encode()
    answer = await nats.request(subject, payload, timeout=_TIMEOUT)
    found: dict[str, Any] = json.loads(answer.data)
    return found


async def _ignore(error: Exception) -> None:
    log.debug("%s", error)
