"""Repeats retained messages that a broker may have acknowledged without keeping them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

DOUBTFUL: Final = 1.0
"""From this many seconds on, an acknowledgement does not prove that the message is retained.

That long, a node of NATS waits for its stream of retained messages, which has no leader during an
election; then it acknowledges the message all the same (docs/decisions/0109).
"""

_LONGEST_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True)
class _Sent:
    packet_id: int
    topic: str
    payload: bytes
    qos: int
    at: float
    pause: float


class RetainedRepeats:
    """Publishes the last retained message of each topic until one is acknowledged soon.

    It serves one connection of MQTT 3.1.1. With MQTT 5, a broker says what it did not keep.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, publish: Callable[[str, bytes, int], int | None]
    ) -> None:
        """Set it up.

        Args:
            loop: the running loop.
            publish: publishes a retained message, given topic, payload and QoS, and returns its
                packet identifier; None if the connection has ended.
        """
        self._loop = loop
        self._publish = publish
        self._unacknowledged: dict[int, _Sent] = {}
        self._last: dict[str, int] = {}

    def sent(
        self, packet_id: int, topic: str, payload: bytes, qos: int, pause: float = 0.0
    ) -> None:
        """Note a message that was just sent; `pause` in seconds comes before its repetition."""
        self._last[topic] = packet_id
        self._unacknowledged[packet_id] = _Sent(
            packet_id, topic, payload, qos, time.monotonic(), pause
        )

    def acknowledged(self, packet_id: int) -> None:
        """Note an acknowledgement; ignore that of another message."""
        sent = self._unacknowledged.pop(packet_id, None)
        if sent is None or self._last.get(sent.topic) != packet_id:
            return
        if time.monotonic() - sent.at < DOUBTFUL:
            del self._last[sent.topic]
        else:
            self._loop.call_later(sent.pause, self._repeat, sent)

    def _repeat(self, sent: _Sent) -> None:
        if self._last.get(sent.topic) != sent.packet_id:
            return
        packet_id = self._publish(sent.topic, sent.payload, sent.qos)
        if packet_id is not None:
            pause = min(2 * sent.pause + 1, _LONGEST_PAUSE)
            self.sent(packet_id, sent.topic, sent.payload, sent.qos, pause)
