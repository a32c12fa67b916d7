"""Which handlers want which messages: topic filters, compiled; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from zapette.errors import TopicError


@dataclass(slots=True)
class Message:
    """A message as it came.

    Attributes:
        topic: where it was published.
        payload: what it says.
        retained: whether the broker had kept it.
        response_topic: where an answer is wanted (MQTT 5); None if nowhere.
        correlation: what the answer must carry (MQTT 5).
        expiry: seconds it still has to live (MQTT 5); None without limit.
    """

    topic: str
    payload: bytes
    retained: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry: int | None = None


Handler = Callable[[Message], Any]
"""Called on the connection's own thread: it must not block."""


class Filter:
    """A topic filter that is fast to match (MQTT 5 section 4.7).

    Raises:
        TopicError: `text` is no topic filter.
    """

    __slots__ = ("_levels", "text")

    def __init__(self, text: str) -> None:
        levels = text.split("/")
        if not text or "\0" in text or "#" in levels[:-1]:
            raise TopicError(f"{text!r} is no topic filter")
        if any({"+", "#"} & set(level) for level in levels if level not in {"+", "#"}):
            raise TopicError(f"{text!r} is no topic filter: + and # stand for whole levels")
        self.text = text
        self._levels = levels if {"+", "#"} & set(levels) else None

    def matches(self, topic: str) -> bool:
        """Tell whether a message on `topic` is wanted."""
        if self._levels is None:
            return topic == self.text
        return self.wildcards(topic) is not None

    def wildcards(self, topic: str) -> tuple[str, ...] | None:
        """Return what the wildcards stand for in `topic`; None if it does not match."""
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
    """What one program wants of the broker.

    Attributes:
        filter: which messages.
        handlers: who gets them.
        qos: the most the broker may use, 0 to 2.
        confirmed: whether the broker has granted it in this session.
        refused: whether the broker has refused it in this session.
        waiting: called once it is confirmed or refused, or the connection is gone.
    """

    filter: Filter
    handlers: list[Handler]
    qos: int = 1
    confirmed: bool = False
    refused: bool = False
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def when_settled(self, tell: Callable[[], None]) -> None:
        """Have `tell` called once, the next time that the broker answers or is gone."""
        self.waiting.append(tell)

    def settle(self) -> None:
        """Tell who waits."""
        waiting, self.waiting = self.waiting, []
        for tell in waiting:
            tell()


class Subscriptions:
    """The subscriptions of one connection, by filter."""

    def __init__(self) -> None:
        self._all: dict[str, Subscription] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._all.values())

    def add(self, topic_filter: str, handler: Handler, qos: int) -> Subscription:
        """Add a handler, and return the subscription, which may be there already.

        Raises:
            TopicError: `topic_filter` is none.
        """
        subscription = self._all.get(topic_filter)
        if subscription is None:
            subscription = self._all[topic_filter] = Subscription(Filter(topic_filter), [], qos)
        subscription.handlers.append(handler)
        return subscription

    def remove(self, topic_filter: str) -> None:
        """Forget a filter and its handlers."""
        self._all.pop(topic_filter, None)

    def handlers(self, topic: str) -> list[Handler]:
        """Return who wants a message on `topic`, in the order of their subscriptions."""
        return [
            handler
            for subscription in self._all.values()
            if subscription.filter.matches(topic)
            for handler in subscription.handlers
        ]
