"""Checks that the bridge can log in on both sides, and that they are two brokers."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Final

from zapette.errors import ConnectError
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.network_connection import NetworkConnection
from zapette.mqtt.subscriptions import Message
from zapette_bridge.errors import ProofError
from zapette_bridge.mapping import Mapping

LOOP: Final = (
    "bridge.url leads back to Zapette's own broker: nothing is bridged, "
    "because every message would loop forever"
)


async def prove(ours: Dialer, home: Dialer, mapping: Mapping) -> None:
    """Connect to both brokers under unused client ids, and check that they differ.

    Raises:
        ProofError: a broker is unreachable or refuses the bridge, or both are the same broker.
    """
    name = f"zapette-proof-{secrets.token_hex(6)}"
    probe = f"{mapping.topics.server.root}/response/{name}/1"
    came_back: list[Message] = []
    async with (
        _connection(ours, name, came_back, "our broker") as here,
        # another client id, because home may be the same broker
        _connection(home, f"{name}-home", [], f"the home's broker {home.url.where}") as there,
    ):
        await here.subscribe(probe, 0)
        there.publish(mapping.to_home(probe), b'{"result":null}')
        # both answer in order: by then, a probe that comes back has arrived
        for connection in (there, here):
            await connection.unsubscribe(f"{probe}/none")
    if came_back:
        raise ProofError(LOOP, needs_action=True)


@contextlib.asynccontextmanager
async def _connection(
    dialer: Dialer, client_id: str, received: list[Message], name: str
) -> AsyncIterator[NetworkConnection]:
    try:
        connection = await dialer.dial(client_id, received.append)
    except ConnectError as error:
        reason = f"no connection to {name}: {error}"
        raise ProofError(reason, needs_action=error.needs_action) from error
    try:
        yield connection
    finally:
        connection.close()
