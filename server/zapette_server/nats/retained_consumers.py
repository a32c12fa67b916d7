"""Lets each node learn what is retained, also while another node is down.

A node learns it from a consumer with one replica, which the stream of retained messages places on
a node at random. While that one is down, the first knows no new topics and tells older states. With
as many replicas as the stream has, the consumer continues after an election (docs/decisions/0112).
"""

from __future__ import annotations

import base64
import json
import logging
import ssl
import time
from typing import Any, Final

from nats.aio.client import Client as Nats

from zapette_server.nats import claims
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.nkeys import USER, KeyPair

log = logging.getLogger("zapette.nats")

_STREAM: Final = "$MQTT_rmsgs"
_API: Final = "$JS.API"
_CREATE: Final = f"{_API}.CONSUMER.CREATE.{_STREAM}"
_LIST: Final = f"{_API}.CONSUMER.LIST.{_STREAM}"
_INFO: Final = f"{_API}.STREAM.INFO.{_STREAM}"
_TIMEOUT: Final = 2
_LIFETIME: Final = 60


async def replicate(url: str, keys: ClusterKeys, trusting: ssl.SSLContext | None) -> None:
    """Give all consumers of retained messages the replicas of their stream.

    Args:
        url: where a node listens.
        keys: the cluster's.
        trusting: checks the node's certificate; None for the system's certificates.

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
        stream = await _ask(nats, _INFO)
        wanted = stream.get("config", {}).get("num_replicas", 1)
        for consumer in (await _ask(nats, _LIST)).get("consumers") or ():
            config = consumer["config"]
            if (config.get("num_replicas") or 1) < wanted:
                config["num_replicas"] = wanted
                update = {"stream_name": _STREAM, "config": config, "action": "update"}
                answer = await _ask(
                    nats, f"{_CREATE}.{consumer['name']}.{config['filter_subject']}", update
                )
                if error := answer.get("error"):
                    log.debug("a consumer was not replicated: %s", error.get("description"))
    finally:
        await nats.close()


def _token(user: KeyPair, keys: ClusterKeys) -> str:
    issued = claims.user(
        user.public,
        "zapette-consumers",
        pub={"allow": [_LIST, _INFO, f"{_CREATE}.>"]},
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
