"""Whether another program has taken a callee's place: some brokers end a connection without a word.

MQTT 5 has the reason "session taken over"; 3.1.1 has none, and Mosquitto 2.0 leaves it out. Two
programs that each come back at once would throw each other out for ever.
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
"""How long somebody has to answer, in seconds."""

_QUESTION: Final = "are_you_there"


async def is_taken(dialer: Dialer, callee: Callee) -> bool:
    """Ask in the place of `callee` whether anybody is there, as a client of another name."""
    answered = asyncio.Event()
    offline = True

    def take(message: Message) -> None:
        nonlocal offline
        if message.topic == callee.availability:
            offline = message.payload != b"online"
        else:
            # "no such procedure" is an answer as well
            answered.set()

    client_id = f"ask-{secrets.token_hex(8)}"
    try:
        connection = await dialer.dial(client_id, take)
    except ConnectError:
        return False
    try:
        for topic_filter in (callee.responses(client_id), callee.availability):
            await connection.subscribe(topic_filter, 0)
        # the broker answers in order: what it had retained is here by then
        await connection.unsubscribe(callee.responses(f"{client_id}-none"))
        if offline or not connection.publish(callee.request(client_id, "1", _QUESTION), b""):
            return False
        await asyncio.wait_for(answered.wait(), ANSWER_TIMEOUT)
    except TimeoutError:
        return False
    finally:
        connection.close()
    return True
