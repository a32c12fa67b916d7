"""A cluster of NATS servers as the engine."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from nats.errors import Error as NatsError

from zapette.client.client import Client
from zapette.errors import Unavailable
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import is_player_id, service_client_id
from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.engine.engine import Tokens
from zapette_server.nats import claims
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.connections import mqtt_clients
from zapette_server.nats.node_link import NodeLink
from zapette_server.nats.presence import Presence
from zapette_server.nats.revocations import EVERYBODY, SLACK, bounded, void_until
from zapette_server.nats.streams import tend
from zapette_server.nats.subjects import subjects
from zapette_server.nats.tokens import NatsTokens
from zapette_server.settings.broker_settings import BrokerSettings, listed
from zapette_server.storage.tables.endings import Endings
from zapette_server.storage.tables.grants import Grants
from zapette_server.supervisor import Supervisor

log = logging.getLogger("zapette.nats")

_INTERVAL: Final = 0.2
_CONNECTIONS: Final = "$SYS.REQ.SERVER.PING.CONNZ"
_MOST_LISTED: Final = 100_000
_TEND_INTERVAL: Final = 10.0
_MOST_NODES: Final = 100
_PLAYER: Final = "player-"
_PLAYERS: Final = "players"
_SERVICES: Final = "services"
_TIMEOUT: Final = 3.0
_DROP_INTERVAL: Final = 600.0


class NatsEngine:
    """Tells every node what the stores revoke, and asks the nodes who is connected.

    It has a connection to each node, so that a node that returns after an outage or a cut learns
    what was revoked meanwhile as soon as it can be reached.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        keyring: Keyring,
        keys: ClusterKeys,
        endings: Endings,
        grants: Grants,
        lifetime: float,
        name: str,
        ca_file: Path | None,
    ) -> None:
        """Set it up; `start` begins.

        Args:
            settings: where the nodes are.
            keyring: the household's topics and secret.
            keys: the cluster's.
            endings: the codes and players that have ended.
            grants: the revoked tokens.
            lifetime: of a token, in seconds: as long, its revocation is kept.
            name: of this web side on the nodes, for `zapette cluster status`.
            ca_file: certificates to trust for nodes with TLS; None for the system's.
        """
        self._topics = keyring.topics
        self._account = keys.account
        self._keys = keys
        self._operators = keys.operators
        self._endings = endings
        self._grants = grants
        self._kept = lifetime + SLACK
        self._tokens = NatsTokens(keyring, keys, self._void_until)
        self._links = [NodeLink(url, keys, name, ca_file) for url in listed(settings.system_urls)]
        for link in self._links:
            link.on_claims = self._heard
        self._page_urls = listed(settings.page_urls)
        # web sides that start together must not all begin with the same node
        self._turns = itertools.count(secrets.randbelow(len(self._page_urls)))
        self._leader = ""
        self._revocations: dict[str, int] | None = None
        self._claims = ""
        # how often another web side sent something else, and how often before the last reading
        self._disputes = self._settled = 0
        self._store_problem: str | None = None
        self._dropped_at = float("-inf")
        self._service: Client | None = None
        self._presence = Presence(
            lambda: [(it.is_live, it.connections) for it in self._links], self._connected_clients
        )
        self._loop = LoopThread("nats")
        #: Keeps the links.
        self.supervisor = Supervisor(log)

    @property
    def tokens(self) -> Tokens:
        """What issues and reads its tokens."""
        return self._tokens

    @property
    def problem(self) -> str | None:
        """Why the cluster does not work; None while any node is connected."""
        if not any(it.is_live for it in self._links):
            return "no node of the cluster is connected"
        return self._store_problem

    @property
    def informed(self) -> Mapping[str, bool]:
        """Whether each node, by its address, has acknowledged the latest revocations."""
        latest = "" if self._is_disputed else self._claims
        return {it.url: it.is_live and bool(latest) and it.claims == latest for it in self._links}

    @property
    def _is_disputed(self) -> bool:
        """Whether another web side may have read newer revocations."""
        return self._settled < self._disputes

    def start(self, service: Client) -> None:
        """Connect to the nodes; availabilities are read and corrected through `service`."""
        self._service = service
        self._loop.start()
        for kind in (_PLAYERS, _SERVICES):
            service.subscribe(f"{self._topics.base}/{kind}/+/availability", self._take)
        self._loop.post(self._begin)

    def _begin(self) -> None:
        for link in self._links:
            self.supervisor.task(link.url, link.run)
        self.supervisor.task("revocations", self._follow_stores)
        self.supervisor.task("streams", self._tend_streams)
        self.supervisor.task("presence", lambda: self._presence.run(self._publish_availability))

    def stop(self) -> None:
        """End the connections."""
        self._loop.post(self.supervisor.stop)
        self._loop.stop()

    def page_url(self) -> str | None:
        """Return the next node that is connected, for a browser; any node if none is.

        The leader of the streams is the last choice: its loss alone costs an election.
        """
        urls = self._page_urls
        if len(urls) == len(self._links):
            # the settings name the nodes in the same order
            pairs = zip(urls, self._links, strict=True)
            live = {url: link.node for url, link in pairs if link.is_live}
            urls = [url for url, node in live.items() if node != self._leader] or list(live) or urls
        return urls[next(self._turns) % len(urls)]

    def connected(self, player_id: str) -> list[str]:
        """Return the client ids of a player's connected remotes and guests: who reads its state.

        Raises:
            CallError: no node answers.
        """
        (subject,) = subjects(self._topics.player(player_id).state)
        asked = asyncio.run_coroutine_threadsafe(self._subscribers(subject), self._loop.loop)
        try:
            found = asked.result(_TIMEOUT)
        except TimeoutError as error:
            raise Unavailable("no node lists its clients in time") from error
        return [it for it in found if it.startswith(("remote-", "guest-"))]

    async def _subscribers(self, subject: str) -> list[str]:
        live = sum(it.is_live for it in self._links)
        return sorted(mqtt_clients(await self._list(live, {"filter_subject": subject})))

    async def _connected_clients(self) -> set[str]:
        # also those of a node that was added since the web side started
        answers = await self._list(_MOST_NODES, {})
        live = sum(it.is_live for it in self._links)
        # most of them: a node that is alone does not know who is connected to the others
        if len(answers) < max(live, len(self._links) // 2 + 1):
            raise Unavailable("not all nodes list their clients")
        return mqtt_clients(answers)

    async def _list(self, nodes: int, question: dict[str, object]) -> list[dict[str, Any]]:
        """Return the lists of connections of up to `nodes` nodes."""
        live = next((it for it in self._links if it.is_live), None)
        if live is None:
            raise Unavailable("no node of the cluster is connected")
        question |= {"acc": self._account.public, "limit": _MOST_LISTED}
        try:
            return await live.ask_all(_CONNECTIONS, question, nodes)
        except (NatsError, ValueError) as error:
            raise Unavailable(f"no node lists its clients: {error}") from error

    def _take(self, message: Message) -> None:
        kind, name = message.topic.split("/")[-3:-1]
        if kind == _PLAYERS and not is_player_id(name):
            return
        client = f"{_PLAYER}{name}" if kind == _PLAYERS else service_client_id(name)
        self._loop.post(
            self._presence.take, message.topic, client, message.payload, message.retained
        )

    def _publish_availability(self, topic: str, payload: bytes) -> None:
        if self._service is None:
            raise Unavailable("the server has not started")
        self._service.publish(topic, payload, qos=1, retain=True)

    async def _tend_streams(self) -> None:
        """Tend the streams: each node makes a consumer when its first client comes."""
        while True:
            live = next((it for it in self._links if it.is_live), None)
            if live is not None:
                nodes = [it.node for it in self._links]
                try:
                    lead = await tend(live.url, self._keys, live.trusting(), nodes)
                    self._leader = lead.node
                except (OSError, NatsError, TimeoutError) as error:
                    log.debug("%s: the streams are not tended: %s", live.url, error)
            await asyncio.sleep(_TEND_INTERVAL)

    async def _follow_stores(self) -> None:
        while True:
            disputes = self._disputes
            try:
                revocations = await asyncio.to_thread(self._read)
            except StoreError as error:
                self._store_problem = f"revocations cannot be read: {error}"
            else:
                self._store_problem = None
                if disputes > self._settled:
                    self._settled = disputes
                    for link in self._links:
                        link.claims = ""
                if revocations != self._revocations:
                    self._revocations = revocations
                    self._claims = self._account.jwt(self._operators[0], revocations)
            behind = [it for it in self._links if it.is_live and it.claims != self._claims]
            if self._claims and not self._is_disputed:
                await asyncio.gather(*(it.update(self._claims) for it in behind))
            await asyncio.sleep(_INTERVAL)

    def _heard(self, text: str) -> None:
        """Note whether another web side sent different revocations.

        This one then reads the database and sends every node its own again: the one that read last
        is right. If it cannot reach the database, it must not: that would undo a revocation.
        """
        with suppress(ValueError, KeyError):
            heard = claims.read(text, *self._operators)
            said = heard["nats"].get("revocations") or {}
            if heard["sub"] == self._account.public and said != (self._revocations or {}):
                self._disputes += 1

    def _read(self) -> dict[str, int]:
        """Return by user key the second up to which its tokens are void."""
        oldest = time.time() - self._kept
        if time.monotonic() - self._dropped_at > _DROP_INTERVAL:
            self._endings.drop_before(oldest)
            self._dropped_at = time.monotonic()
        found: dict[str, int] = {}
        forgotten: dict[str, list[float]] = {}
        for ending in self._endings.since(oldest):
            phones = self._tokens.user(Role.REMOTE, ending.player_id, ending.generation)
            found[phones] = ending.ended_at + SLACK
            if ending.forgotten:
                forgotten.setdefault(ending.player_id, []).append(ending.ended_at)
        for player, moments in forgotten.items():
            found[self._tokens.user(Role.PLAYER, player)] = void_until(moments)
        for (player, generation), moments in self._grants.revocations().items():
            phones = self._tokens.user(Role.REMOTE, player, generation)
            # A code that has ended stays so.
            found[phones] = max(found.get(phones, 0), void_until(moments))
        shortened = bounded(found)
        if EVERYBODY in shortened and EVERYBODY not in (self._revocations or {}):
            log.error("more than %d revocations: all tokens so far are refused", len(found))
        return shortened

    def _void_until(self, role: Role, player_id: str, generation: str) -> int:
        moments: list[float] = []
        if role is Role.PLAYER:
            moments += [it.ended_at for it in self._endings.of(player_id) if it.forgotten]
        elif role in (Role.REMOTE, Role.GUEST):
            moments += self._grants.revocations(player_id).get((player_id, generation), [])
        return max((self._revocations or {}).get(EVERYBODY, 0), void_until(moments))
