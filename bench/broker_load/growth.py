"""Subscriptions and retained messages that have nothing to do with what is measured."""

from __future__ import annotations

import time
from typing import Final

from bench.broker_load.names import TOPICS, Person, player_id
from bench.broker_load.peer import Peer
from bench.broker_load.subject import Subject

MEASURES: Final = ("connections", "calls", "latency")
"""What must cost the same however many others there are."""

_FIRST_HOME: Final = 3_000_000
_FILTERS_A_CLIENT: Final = 500
_MESSAGES_AT_ONCE: Final = 200
_STATE: Final = '{"version": 1, "seq": 41, "name": "Living room", "playing": true, "volume": 40}'


class Others:
    """Members of the household, with many subscriptions, and many states that are retained."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._peers: list[Peer] = []
        self._publisher: Peer | None = None
        self._count = 0

    async def grow(self, count: int, seconds: float) -> None:
        """Have `count` subscriptions, and as many retained messages.

        Raises:
            TimeoutError: that took longer than `seconds`.
            ConnectionError: the server ended a connection.
        """
        deadline = time.monotonic() + seconds
        while self._count < count:
            size = min(_FILTERS_A_CLIENT, count - self._count)
            numbers = range(self._count, self._count + size)
            await self._subscribe([_filter(number) for number in numbers])
            await self._retain([_topic(number) for number in numbers])
            self._count += size
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._count} of {count} others within {seconds:.0f} s")
        await self._subject.settle()

    def close(self) -> None:
        """End the connections."""
        for peer in (*self._peers, *filter(None, [self._publisher])):
            peer.abort()

    async def _subscribe(self, filters: list[str]) -> None:
        peer = await self._open(f"-others-{len(self._peers)}")
        self._peers.append(peer)
        await peer.subscribe(filters)

    async def _retain(self, topics: list[str]) -> None:
        if self._publisher is None:
            self._publisher = await self._open("-states")
        for start in range(0, len(topics), _MESSAGES_AT_ONCE):
            for topic in topics[start : start + _MESSAGES_AT_ONCE]:
                self._publisher.publish(topic, _STATE, retain=True)
            await self._publisher.ping()

    async def _open(self, name: str) -> Peer:
        server = self._subject.server
        peer = server.dialect().peer(server.login(Person("home", 0, name)))
        await peer.open(server.port)
        return peer


def _filter(number: int) -> str:
    """Return one of the filters that players and remotes have, each of a home of its own."""
    topics = TOPICS.player(player_id(_FIRST_HOME + number))
    return topics.state if number % 2 else topics.requests


def _topic(number: int) -> str:
    return TOPICS.player(player_id(_FIRST_HOME + number)).state
