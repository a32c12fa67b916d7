"""Asks all nodes of a cluster for their state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from zapette_server.broker_settings import BrokerSettings, listed
from zapette_server.nats.cluster_keys import ClusterKeys
from zapette_server.nats.cluster_state import Answers, ClusterState, state
from zapette_server.nats.node_link import NodeLink

TIMEOUT = 3.0
"""How long a node may take to accept a connection, in seconds."""

_LOOK = 0.05
_ASK = "$SYS.REQ.SERVER.PING."
_OWN_NAME = "zapette-status"


async def survey(settings: BrokerSettings, keys: ClusterKeys) -> ClusterState:
    """Return the state of the cluster as its nodes tell it; it takes at most about 8 seconds.

    Raises:
        NatsError: the node that was asked has ended meanwhile.
    """
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(_kept(NodeLink(url, keys, _OWN_NAME)))
            for url in listed(settings.system_urls)
        ]
        await asyncio.gather(*(_live(it) for it in links))
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


@asynccontextmanager
async def _kept(link: NodeLink) -> AsyncIterator[NodeLink]:
    running = asyncio.ensure_future(link.run())
    try:
        yield link
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _live(link: NodeLink) -> None:
    try:
        async with asyncio.timeout(TIMEOUT):
            while not link.is_live:
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        return
