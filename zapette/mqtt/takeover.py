"""Detects that another client has taken over a callee's client id.

MQTT 5 has the reason "session taken over"; MQTT 3.1.1 and Mosquitto 2.0 send none. Without this
check, two programs with one client id would disconnect each other forever.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from zapette.errors import ConnectError
from zapette.mqtt.dialing import Dialer
from zapette.mqtt.subscriptions import Message
from zapette.protocol.topics import Callee

ANSWER_TIMEOUT: Final = 1.0
"""Seconds that the other client has to answer."""

_QUESTION: Final = "are_you_there"


async def is_taken(dialer: Dialer, callee: Callee) -> bool:
    """Ask `callee`, under another client id, whether another client answers.

    Raises:
        ConnectError: the broker cannot be reached.
    """
    answered = asyncio.Event()
    offline = True

    def take(message: Message) -> None:
        nonlocal offline
        if message.topic == callee.availability:
            offline = message.payload != b"online"
        else:
            # "no such procedure" is an answer too
            answered.set()

    client_id = f"ask-{secrets.token_hex(8)}"
    try:
        connection = await dialer.dial(client_id, take)
    except ConnectError as error:
        if not error.needs_action:
            raise
        # it refuses this client id, perhaps not the other one
        return False
    try:
        for topic_filter in (callee.responses(client_id), callee.availability):
            await connection.subscribe(topic_filter, 0)
        # the broker answers in order: by then, the retained availability has arrived
        await connection.unsubscribe(callee.responses(f"{client_id}-none"))
        if offline or not connection.publish(callee.request(client_id, "1", _QUESTION), b""):
            return False
        await asyncio.wait_for(answered.wait(), ANSWER_TIMEOUT)
    except TimeoutError:
        return False
    finally:
        connection.close()
    return True
