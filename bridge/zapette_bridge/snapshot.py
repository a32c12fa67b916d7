"""All retained messages of a broker at one moment."""

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

    It uses a connection of its own with QoS 0, which no receive maximum limits. The broker answers
    in order: when it confirms the last request, all messages have arrived.

    Raises:
        Unavailable: the broker is unreachable, or ends the connection.
    """
    found: dict[str, bytes] = {}

    def take(message: Message) -> None:
        # a message published meanwhile is newer
        found[message.topic] = message.payload

    try:
        connection = await dialer.dial(f"zapette-look-{secrets.token_hex(6)}", take)
    except ConnectError as error:
        raise Unavailable(f"{dialer.url.where}: {error}") from error
    try:
        for topic_filter in filters:
            if not await connection.subscribe(topic_filter, 0) and not connection.ended.done():
                log.warning("%s refuses the subscription to retained messages", dialer.url.where)
        if not await connection.unsubscribe(f"{filters[0]}/none"):
            raise Unavailable(f"{dialer.url.where} has ended the connection")
    finally:
        connection.close()
    return {topic: payload for topic, payload in found.items() if payload}
