"""Subscriptions: topic filters and the handlers of their messages; no I/O."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from zapette.errors import TopicError


@dataclass(slots=True)
class Message:
    """An incoming message.

    Attributes:
        topic: its topic.
        payload: its payload.
        retained: whether the broker had retained it.
        response_topic: the response topic (MQTT 5).
        correlation: the correlation data (MQTT 5).
        expiry: the remaining message expiry interval in seconds (MQTT 5); None without limit.
        numbers: its subscription identifiers (MQTT 5); empty if the broker sends none.
    """

    topic: str
    payload: bytes
    retained: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry: int | None = None
    numbers: tuple[int, ...] = ()


Handler = Callable[[Message], Any]
"""Called on the event loop's thread: it must not block."""


class Filter:
    """A compiled topic filter (MQTT 5 section 4.7).

    Raises:
        TopicError: `text` is not a topic filter.
    """

    __slots__ = ("_levels", "text")

    def __init__(self, text: str) -> None:
        levels = text.split("/")
        if not text or "\0" in text or "#" in levels[:-1]:
            raise TopicError(f"{text!r} is not a topic filter")
        if any({"+", "#"} & set(level) for level in levels if level not in {"+", "#"}):
            raise TopicError(f"{text!r} is not a topic filter: + and # stand for whole levels")
        self.text = text
        self._levels = levels if {"+", "#"} & set(levels) else None

    def matches(self, topic: str) -> bool:
        """Return whether `topic` matches."""
        if self._levels is None:
            return topic == self.text
        return self.wildcards(topic) is not None

    def wildcards(self, topic: str) -> tuple[str, ...] | None:
        """Return the levels that the wildcards match in `topic`; None if it does not match."""
        levels = topic.split("/")
        if self._levels is None:
            return () if topic == self.text else None
        if topic.startswith("$") and self._levels[0] in {"+", "#"}:
            return None
        found: list[str] = []
        for number, level in enumerate(self._levels):
            if level == "#":
                rest = levels[number:]
                return (*found, "/".join(rest)) if number <= len(levels) else None
            if number >= len(levels) or level not in {"+", levels[number]}:
                return None
            if level == "+":
                found.append(levels[number])
        return tuple(found) if len(levels) == len(self._levels) else None


@dataclass(slots=True)
class Subscription:
    """A subscription of one client.

    Attributes:
        filter: the topic filter.
        number: the subscription identifier.
        handlers: called with each message.
        qos: the maximum QoS, 0 to 2.
        needed: whether the client is of no use without it.
        confirmed: whether the broker has granted it on this connection.
        refused: whether the broker has refused it on this connection.
        asked_for: for how many of the handlers it was requested on this connection.
        served: how many of the handlers have its retained messages.
        requests: how many requests the broker has not answered.
        waiting: called once the broker answers or the connection ends.
    """

    filter: Filter
    number: int
    handlers: list[Handler]
    qos: int = 1
    needed: bool = False
    confirmed: bool = False
    refused: bool = False
    asked_for: int = 0
    served: int = 0
    requests: int = 0
    waiting: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_due(self) -> bool:
        """Whether it must be requested: for each handler, the broker sends retained messages."""
        return self.asked_for < len(self.handlers)

    def ask(self) -> None:
        """Note that it is requested: its retained messages come once more."""
        if self.confirmed and not self.requests:
            self.served = self.asked_for
        self.requests += 1
        self.asked_for = len(self.handlers)

    def reset(self) -> None:
        """Forget what the broker has answered, because the connection is lost."""
        self.confirmed = self.refused = False
        self.asked_for = self.served = self.requests = 0
        self.settle()

    def receivers(self, message: Message) -> list[Handler]:
        """Return the handlers that do not have a message yet."""
        return self.handlers[self.served if message.retained else 0 :]

    def when_settled(self, callback: Callable[[], None]) -> None:
        """Call `callback` once, when the broker answers or the connection ends."""
        self.waiting.append(callback)

    def settle(self) -> None:
        """Call the waiting callbacks."""
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class Subscriptions:
    """The subscriptions of one connection."""

    def __init__(self) -> None:
        self._by_filter: dict[str, Subscription] = {}
        self._by_number: dict[int, Subscription] = {}
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._by_filter)

    def __iter__(self) -> Iterator[Subscription]:
        # further ones may be added meanwhile
        return iter(list(self._by_filter.values()))

    def add(self, topic_filter: str, handler: Handler, qos: int) -> Subscription:
        """Add a handler, and return its new or existing subscription.

        Raises:
            TopicError: `topic_filter` is not a topic filter.
        """
        subscription = self._by_filter.get(topic_filter)
        if subscription is None:
            number = next(self._numbers)
            subscription = Subscription(Filter(topic_filter), number, [], qos)
            self._by_filter[topic_filter] = self._by_number[number] = subscription
        subscription.handlers.append(handler)
        return subscription

    def remove(self, topic_filter: str) -> None:
        """Forget a filter and its handlers."""
        subscription = self._by_filter.pop(topic_filter, None)
        if subscription is not None:
            del self._by_number[subscription.number]

    def handlers(self, message: Message) -> list[Handler]:
        """Return the handlers of a message, in the order of their subscriptions.

        A broker may send one copy for each matching filter. MQTT 3.1.1 has no subscription
        identifiers: there, handlers of overlapping filters may receive a message more than once.
        """
        if len(message.numbers) == 1:
            subscription = self._by_number.get(message.numbers[0])
            return subscription.receivers(message) if subscription is not None else []
        return [
            handler
            for subscription in self._by_filter.values()
            if not message.numbers or subscription.number in message.numbers
            if subscription.filter.matches(message.topic)
            for handler in subscription.receivers(message)
        ]
