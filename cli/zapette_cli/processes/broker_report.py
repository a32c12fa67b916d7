"""What the broker reports to the household, as a service (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Final

from zapette.client.client import Client
from zapette.errors import InvalidArgument, Unavailable
from zapette.protocol.topics import is_player_id
from zapette_broker import Broker
from zapette_server.access.authentication import is_remote_or_guest_of
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.health_checks import Checks
from zapette_server.local_broker import brokers_here
from zapette_server.settings.settings import Settings

SERVICE: Final = "broker"
CLIENT_ID: Final = "zapette-broker"

_ANSWER_TIMEOUT: Final = 2.0


def create_report(
    settings: Settings,
    keyring: Keyring,
    broker: Broker,
    loop: asyncio.AbstractEventLoop,
    checks: Checks,
) -> Client:
    """Return the client that offers ``clients`` and ``health``; not started.

    It is the service ``zapette/services/broker``.

    Args:
        settings: the broker's address.
        keyring: issues its token.
        broker: the broker in this process.
        loop: the loop that the broker runs on.
        checks: which parts of this process work.
    """

    def clients(player: str) -> list[str]:
        """Return the client ids of a player's connected remotes and guests."""
        if not isinstance(player, str) or not is_player_id(player):
            raise InvalidArgument("player: 32 lowercase hexadecimal digits are needed")
        asked: concurrent.futures.Future[list[str]] = concurrent.futures.Future()

        def look() -> None:
            asked.set_result(broker.connected(lambda it: is_remote_or_guest_of(it.tag, player)))

        loop.call_soon_threadsafe(look)
        try:
            return asked.result(_ANSWER_TIMEOUT)
        except TimeoutError:
            raise Unavailable("the broker is busy") from None

    return Client(
        *brokers_here(settings, Role.SERVER.value),
        client_id=CLIENT_ID,
        password=lambda: keyring.issue(Role.SERVER, CLIENT_ID)[0],
        callee=keyring.topics.service(SERVICE),
        procedures={"clients": clients, "health": checks.run},
    )
