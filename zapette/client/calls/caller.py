"""Calls by address, and messages below a base topic."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

from zapette.client.client import CALL_TIMEOUT, Client
from zapette.client.players.player import AsyncPlayer, Player
from zapette.client.players.players import Players
from zapette.client.service import Service
from zapette.errors import InvalidArgument
from zapette.protocol.address import parse_address
from zapette.protocol.topics import Topics
from zapette.protocol.values import write_json


class Caller:
    """Calls players, services and the server, and publishes."""

    def __init__(self, client: Client, topics: Topics) -> None:
        self._client = client
        self._topics = topics
        self._players: Players | None = None
        self._lock = threading.Lock()

    @property
    def client(self) -> Client:
        """The client, for what this class has no method for."""
        return self._client

    @property
    def topics(self) -> Topics:
        """The topics below the base topic."""
        return self._topics

    @property
    def is_live(self) -> bool:
        """Whether it is connected and registered."""
        return self._client.is_live

    def call(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Any:
        """Call ``players/<id>/volume``, ``server/ip`` or ``<service>/<procedure>``.

        Args:
            procedure: the callee and the procedure.
            positional: the parameters by position.
            timeout: seconds to wait for the answer.
            named: the parameters by name.

        Raises:
            CallError: the callee's error, or ``timeout``, or ``unavailable``.
            TopicError: `procedure` is not of that form.
        """
        callee, name = parse_address(procedure, self._topics)
        return self._client.call(callee, name, *positional, timeout=timeout, **named)

    def call_later(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Future[Any]:
        """Call, as `call` does, and return the future of the result at once."""
        callee, name = parse_address(procedure, self._topics)
        return self._client.call_later(callee, name, *positional, timeout=timeout, **named)

    async def call_async(
        self, procedure: str, /, *positional: Any, timeout: float = CALL_TIMEOUT, **named: Any
    ) -> Any:
        """Call, as `call` does, from an ``async`` function."""
        callee, name = parse_address(procedure, self._topics)
        return await self._client.call_async(callee, name, *positional, timeout=timeout, **named)

    def command(self, procedure: str, /, *positional: Any, **named: Any) -> None:
        """Call a procedure without waiting for an answer.

        Raises:
            Unavailable: the application is not connected.
            TopicError: `procedure` is not of that form.
        """
        callee, name = parse_address(procedure, self._topics)
        self._client.command(callee, name, *positional, **named)

    def publish(
        self,
        topic: str,
        value: Any = b"",
        *,
        qos: int = 0,
        retain: bool = False,
        absolute: bool = False,
    ) -> None:
        """Publish now or not at all.

        Args:
            topic: below the base topic.
            value: bytes and text are sent as they are, anything else as JSON.
            qos: 0, 1 or 2.
            retain: whether the broker retains it.
            absolute: whether `topic` is not below the base topic.

        Raises:
            Unavailable: the application is not connected.
            InvalidArgument: `value` cannot be written as JSON.
        """
        full = self._full(topic, absolute=absolute)
        self._client.publish(full, payload_of(value), qos=qos, retain=retain)

    def player(self, player_id: str, *, timeout: float = CALL_TIMEOUT) -> Player:
        """Return a player, whose procedures are methods.

        Args:
            player_id: its id.
            timeout: seconds to wait for an answer; at least 30 for one that may load a medium.

        Raises:
            TopicError: `player_id` is not 32 lowercase hexadecimal digits.
        """
        return Player(self._client, self._topics.player(player_id), timeout)

    def player_async(self, player_id: str, *, timeout: float = CALL_TIMEOUT) -> AsyncPlayer:
        """Return a player whose procedures are awaited.

        Args:
            player_id: its id.
            timeout: seconds to wait for an answer; at least 30 for one that may load a medium.

        Raises:
            TopicError: `player_id` is not 32 lowercase hexadecimal digits.
        """
        return AsyncPlayer(self._client, self._topics.player(player_id), timeout)

    def service(self, name: str, *, timeout: float = CALL_TIMEOUT) -> Service:
        """Return a service, whose procedures are methods.

        Raises:
            TopicError: `name` is not ``[a-z0-9_-]{1,64}``.
        """
        return Service(self._client, self._topics.service(name), timeout)

    @property
    def players(self) -> Players:
        """The players and their states; complete a moment after the start (`Players.settle`)."""
        with self._lock:
            if self._players is None:
                self._players = Players(self._client, self._topics)
                self._players.start()
            return self._players

    def _full(self, topic: str, *, absolute: bool) -> str:
        return topic if absolute else f"{self._topics.base}/{topic}"


def payload_of(value: Any) -> bytes | str:
    """Return bytes and text as they are, anything else as JSON.

    Raises:
        InvalidArgument: `value` cannot be written as JSON.
    """
    if isinstance(value, bytes | str):
        return value
    try:
        return write_json(value)
    except ValueError as error:
        raise InvalidArgument(f"the value {error}") from None
