"""Asks the nodes of a cluster for their state, and to forget one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from zapette.errors import Unavailable
from zapette_server.errors import ClusterFileError
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.cluster.cluster_state import Answers, ClusterState, state
from zapette_server.nats.cluster.node_files import Node
from zapette_server.nats.node_link import NodeLink
from zapette_server.settings.broker_settings import listed
from zapette_server.settings.settings import Settings

TIMEOUT = 3.0
"""How long a node may take to accept a connection, in seconds."""

_LOOK = 0.05
_ASK = "$SYS.REQ.SERVER.PING."
_REMOVE = "$JS.API.SERVER.REMOVE"
_OWN_NAME = "zapette-status"


@asynccontextmanager
async def linked(settings: Settings, keys: ClusterKeys) -> AsyncIterator[list[NodeLink]]:
    """Provide a link to each node, live unless it does not answer within `TIMEOUT` seconds."""
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(_kept(NodeLink(url, keys, _OWN_NAME, settings.ca_file)))
            for url in listed(settings.broker.system_urls)
        ]
        await asyncio.gather(*(_live(it) for it in links))
        yield links


async def survey(settings: Settings, keys: ClusterKeys) -> ClusterState:
    """Return the state of the cluster as its nodes tell it; it takes at most about 8 seconds.

    Raises:
        NatsError: the node that was asked has ended meanwhile.
    """
    async with linked(settings, keys) as links:
        down = [it.url for it in links if not it.is_live]
        live = next((it for it in links if it.is_live), None)
        if live is None:
            return state(down, Answers((), (), (), ()))
        many = len(links)
        servers, streams, accounts, connections = await asyncio.gather(
            live.ask_all(f"{_ASK}VARZ", {}, many),
            live.ask_all(f"{_ASK}JSZ", {"accounts": True, "streams": True}, many),
            live.ask_all(f"{_ASK}ACCOUNTZ", {"account": keys.account.public}, many),
            live.ask_all(f"{_ASK}CONNZ", {}, many),
        )
        return state(down, Answers(servers, streams, accounts, connections))


_NO_MEMBER = 10044
"""NATS's code for a node that is no member: it was removed before."""


async def remove_peer(settings: Settings, keys: ClusterKeys, node: Node) -> None:
    """Let the cluster give the streams of a node that was stopped to the others, for ever.

    Raises:
        ClusterFileError: the node runs, or the cluster refuses.
        Unavailable: no node leads the cluster.
        NatsError: the node that was asked has ended meanwhile.
    """
    url = node.url("nats", node.ports.nats)
    async with linked(settings, keys) as links:
        if any(it.is_live for it in links if it.url == url):
            raise ClusterFileError(f"{node.name}: it runs: stop it first")
        for link in (it for it in links if it.is_live):
            for answer in await link.ask_all(_REMOVE, {"peer": node.name}, 1):
                error = answer.get("error")
                if error and error.get("err_code") != _NO_MEMBER:
                    raise ClusterFileError(f"{node.name}: {error.get('description')}")
                return
    raise Unavailable("no node answers as the cluster's leader: try again in some seconds")


@asynccontextmanager
async def _kept(link: NodeLink) -> AsyncIterator[NodeLink]:
    running = asyncio.ensure_future(link.run())
    try:
        yield link
    finally:
        # the library may swallow a cancellation while it connects
        while not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=_LOOK)


async def _live(link: NodeLink) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            while not link.is_live:
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        return
