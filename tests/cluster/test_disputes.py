"""What a node has of the revocations when web sides have read different ones; no node runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import HANG_TIMEOUT
from zapette.protocol.topics import Topics
from zapette_broker.storage import sqlite
from zapette_broker.storage.sqlite_file import Schema
from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.credentials import Keyring
from zapette_server.nats import claims, nats_engine
from zapette_server.nats.cluster.cluster_keys import ClusterKeys, NewCluster
from zapette_server.nats.nats_engine import NatsEngine
from zapette_server.nats.node_link import NodeLink
from zapette_server.settings.broker_settings import BrokerSettings
from zapette_server.storage.tables import endings, grants


class Node:
    """A node that has what it was given last, and passes it on to all web sides."""

    def __init__(self) -> None:
        self.given: list[dict[str, int]] = []
        self.links: list[Link] = []

    def take(self, text: str) -> None:
        self.given.append(claims.unchecked(text)["nats"].get("revocations", {}))
        for link in self.links:
            link.on_claims(text)


class Link(NodeLink):
    """The link of one web side to the node."""

    node_itself: Node

    @property
    def is_live(self) -> bool:
        return True

    async def update(self, claims: str) -> None:
        self.claims = claims
        self.node_itself.take(claims)


class WebSide(NatsEngine):
    """A web side with a database of three lines.

    Attributes:
        stored: what is in the database.
        is_cut: whether it cannot reach it.
        looks: how many times it has tried.
    """

    def __init__(self, folder: Path, keys: ClusterKeys, stored: dict[str, int], node: Node) -> None:
        file = sqlite.open_(folder / "store.db", Schema(1, 1, endings.TABLES, claims_unnamed=True))
        super().__init__(
            BrokerSettings(page_urls="ws://127.0.0.1:1", system_urls="nats://127.0.0.1:1"),
            Keyring(b"secret", Topics()),
            keys,
            endings.Endings(file),
            grants.Grants(folder / "grants.db"),
            60,
            "zapette-web",
            None,
        )
        self.stored = stored
        self.is_cut = False
        self.looks = 0
        (link,) = self._links
        assert isinstance(link, Link)
        link.node_itself = node
        node.links.append(link)

    def _read(self) -> dict[str, int]:
        self.looks += 1
        if self.is_cut:
            raise StoreError("it cannot be reached")
        return dict(self.stored)


async def soon(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_TIMEOUT):
        while not look():
            await asyncio.sleep(0.01)


def test_a_web_side_without_the_database_undoes_no_revocation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nats_engine, "NodeLink", Link)
    monkeypatch.setattr(nats_engine, "_INTERVAL", 0.01)
    node, stored, keys = Node(), {"before": 1}, NewCluster.create().keys
    good, cut = (WebSide(tmp_path, keys, stored, node) for _ in range(2))

    async def main() -> None:
        tasks = [asyncio.create_task(it._follow_stores()) for it in (good, cut)]
        await soon(lambda: len(node.given) >= 2)
        cut.is_cut = True
        looks = cut.looks
        await soon(lambda: cut.looks > looks + 1)
        node.given.clear()
        stored["now"] = 2
        await soon(lambda: bool(node.given))
        for side in (good, cut):
            looks = side.looks
            await soon(lambda it=side, n=looks: it.looks > n + 5)  # type: ignore[misc]
        # nor does it if the node returns
        (link,) = cut._links
        link.claims = ""
        looks = cut.looks
        await soon(lambda: cut.looks > looks + 1)
        assert node.given == [stored] * len(node.given)
        assert not any(cut.informed.values())
        # what comes meanwhile is put right once one of them can read again
        good.is_cut = True
        node.take(keys.account.jwt(keys.operator, {"before": 1}))
        looks = good.looks
        await soon(lambda: good.looks > looks + 1)
        assert node.given[-1] != stored
        good.is_cut = False
        await soon(lambda: node.given[-1] == stored)
        for task in tasks:
            task.cancel()

    asyncio.run(main())
