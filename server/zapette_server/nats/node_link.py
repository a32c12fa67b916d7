"""The system user's connection to one node, which is made again whenever it ends."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from nats.aio.client import Client as Nats
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from zapette_server.nats.cluster.cluster_keys import ClusterKeys

log = logging.getLogger("zapette.nats")

NAME: Final = "zapette-web"
"""How the name of a web side's connections begins."""

_UPDATE: Final = "$SYS.REQ.CLAIMS.UPDATE"
_WHO: Final = "$SYS.REQ.USER.INFO"
_CONNECT_TIMEOUT: Final = 1
_RETRY: Final = 0.25
_PING_INTERVAL: Final = 0.5
"""Seconds. A node that is silent for two to three of them is given up, before pages leave it."""
_ANSWER_TIMEOUT: Final = 1.0
_OK: Final = 200


class NodeLink:
    """One node's link; everything runs on one event loop.

    It does not use the library's reconnection, which changes to other nodes of the cluster.

    Attributes:
        url: where the node listens.
        node: its name; empty before the first connection.
        claims: the account's JWT that the node has acknowledged last; empty for a new connection.
        connections: how many were made so far.
        on_claims: called with each JWT of an account that a web side gives to a node.
    """

    def __init__(
        self, url: str, keys: ClusterKeys, name: str = NAME, ca_file: Path | None = None
    ) -> None:
        self.url = url
        self.node = ""
        self.claims = ""
        self.connections = 0
        self.on_claims: Callable[[str], None] = lambda _: None
        self._name = name
        self._ca_file = ca_file
        self._keys = keys
        self._nats: Nats | None = None
        self._is_missed = False

    @property
    def is_live(self) -> bool:
        """Whether the node is connected."""
        return self._nats is not None and self._nats.is_connected

    async def run(self) -> None:
        """Keep the node connected until this is cancelled."""
        while True:
            closed = asyncio.Event()
            nats = Nats()
            try:
                await self._connect(nats, closed)
                self._find()
                self._nats, self.claims = nats, ""
                self.connections += 1
                await closed.wait()
                self._miss("the connection was lost")
            except (OSError, NatsError, TimeoutError) as error:
                self._miss(str(error) or type(error).__name__)
            finally:
                self._nats = None
                await nats.close()
            await asyncio.sleep(_RETRY)

    async def _connect(self, nats: Nats, closed: asyncio.Event) -> None:
        async def end() -> None:
            closed.set()

        async def ignore(error: Exception) -> None:
            log.debug("%s: %s", self.url, error)

        user = self._keys.system_user
        await asyncio.wait_for(
            nats.connect(
                servers=[self.url],
                name=self._name,
                tls=self.trusting(),
                allow_reconnect=False,
                connect_timeout=_CONNECT_TIMEOUT,
                ping_interval=_PING_INTERVAL,  # type: ignore[arg-type]
                user_jwt_cb=lambda: bytearray(self._keys.system_token, "ascii"),
                signature_cb=lambda nonce: base64.b64encode(user.sign(nonce.encode())),
                closed_cb=end,
                error_cb=ignore,
            ),
            2 * _CONNECT_TIMEOUT,
        )
        await nats.subscribe(_UPDATE, cb=self._heard)
        # only the node itself answers
        answer = await nats.request(_WHO, timeout=_ANSWER_TIMEOUT)
        self.node = json.loads(answer.data)["server"]["name"]

    def trusting(self) -> ssl.SSLContext | None:
        """Return what checks the node's certificate; None for the system's certificates."""
        return ssl.create_default_context(cafile=self._ca_file) if self._ca_file else None

    async def _heard(self, message: Msg) -> None:
        self.on_claims(message.data.decode("ascii", "replace"))

    async def update(self, claims: str) -> None:
        """Give the node the account's JWT; `claims` tells whether it has acknowledged it."""
        if self._nats is None:
            return
        try:
            answer = await self._nats.request(_UPDATE, claims.encode(), timeout=_ANSWER_TIMEOUT)
            said = json.loads(answer.data)
        except (NatsError, TimeoutError, ValueError) as error:
            log.debug("%s: no answer to an update: %s", self.url, error)
            return
        if said.get("data", {}).get("code") == _OK:
            self.claims = claims
        else:
            log.error("%s refuses the account's new claims: %s", self.url, said.get("error"))

    async def ask_all(self, subject: str, question: object, nodes: int) -> list[dict[str, Any]]:
        """Return the answers of up to `nodes` nodes, those that come within a second.

        Raises:
            NatsError: the connection has ended.
        """
        if self._nats is None:
            return []
        inbox = self._nats.new_inbox()
        answers = await self._nats.subscribe(inbox, max_msgs=nodes)
        await self._nats.publish(subject, json.dumps(question).encode(), reply=inbox)
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT):
                while len(found) < nodes:
                    found.append(json.loads((await answers.next_msg()).data))
        except TimeoutError:
            await answers.unsubscribe()
        return found

    def _miss(self, why: str) -> None:
        if not self._is_missed:
            self._is_missed = True
            log.warning("no connection to the node at %s: %s", self.url, why)

    def _find(self) -> None:
        if self._is_missed:
            log.warning("connected again to the node at %s", self.url)
        self._is_missed = False
