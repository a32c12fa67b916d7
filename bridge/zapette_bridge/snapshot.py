"""What a broker has retained, all of it, at one moment."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

from zapette.errors import ConnectError, Unavailable
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.subscriptions import Message

log = logging.getLogger("zapette.bridge")


async def retained(dialer: Dialer, filters: Sequence[str]) -> dict[str, bytes]:
    """Return the payload of each retained message that a filter matches, by topic.

    It is asked for by a connection of its own with QoS 0, which no limit of messages under way
    holds up: the broker answers in order, so all are here when it confirms what was asked last.

    Raises:
        Unavailable: the broker is not there, or ends the connection.
    """
    found: dict[str, bytes] = {}

    def take(message: Message) -> None:
        # what is published meanwhile comes too, and is newer
        found[message.topic] = message.payload

    try:
        connection = await dialer.dial(f"zapette-look-{secrets.token_hex(6)}", take)
    except ConnectError as error:
        raise Unavailable(f"{dialer.url.where}: {error}") from error
    try:
        for topic_filter in filters:
            if not await connection.subscribe(topic_filter, 0) and not connection.ended.done():
                log.warning("%s does not tell what it has retained", dialer.url.where)
        if not await connection.unsubscribe(f"{filters[0]}/none"):
            raise Unavailable(f"{dialer.url.where} has ended the connection")
    finally:
        connection.close()
    return {topic: payload for topic, payload in found.items() if payload}
