"""Which messages are retained, and for how long (MQTT 5 section 3.3.1.3)."""

from __future__ import annotations

import time
from collections.abc import Hashable

from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import Message
from zapette_broker.routing.retained import OwnerOf, RetainedMessages
from zapette_broker.sessions.session import Session
from zapette_broker.storage.state_store import StateStore
from zapette_broker.timer_wheel import TimerWheel


class Retention:
    """Keeps retained messages as far as there is room, until they are cleared or expire."""

    def __init__(
        self,
        limits: Limits,
        timers: TimerWheel,
        store: StateStore,
        hooks: Hooks,
        owner_of: OwnerOf | None = None,
    ) -> None:
        self.messages = RetainedMessages(owner_of)
        self._expiries: dict[str, RetainedExpiry] = {}
        self._limits = limits
        self._timers = timers
        self._store = store
        self._hooks = hooks

    def __len__(self) -> int:
        """Return how many topics have a retained message."""
        return len(self.messages)

    def match(self, pattern: str) -> list[Message]:
        """Return the retained messages whose topic the filter matches."""
        return self.messages.match(pattern)

    def put(self, message: Message) -> bool:
        """Keep the message as its topic's retained one, an empty one clears; False if no room."""
        topic = message.topic
        old = self.messages.get(topic)
        if not message.payload:
            if old is not None:
                self.forget(old)
                self._hooks.retained(message)
            return True
        if not self._has_room(message, old):
            return False
        self._keep(message)
        if topic[0] != "$":
            self._store.retain(message)
        self._hooks.retained(message)
        return True

    def forget(self, message: Message) -> None:
        """Forget the message if it is still the retained one of its topic."""
        topic = message.topic
        if self.messages.get(topic) is message:
            self.messages.remove(topic)
            self._end_expiry(topic)
            if topic[0] != "$":
                self._store.clear(topic)

    def forget_owner(self, owner: Hashable) -> int:
        """Forget the retained messages on an owner's topics; return their number."""
        messages = self.messages.owned_by(owner)
        for message in messages:
            self.forget(message)
        return len(messages)

    def restore(self, messages: list[Message]) -> None:
        """Take up what was retained when the broker ended."""
        for message in messages:
            if message.expired:
                self._store.clear(message.topic)
            else:
                self._keep(message)

    def _keep(self, message: Message) -> None:
        self.messages.put(message)
        self._end_expiry(message.topic)
        if message.expires_at is not None:
            in_seconds = message.expires_at - time.time()
            expiry = self._expiries[message.topic] = RetainedExpiry(self, message)
            self._timers.add(expiry, self._timers.time() + in_seconds)

    def _end_expiry(self, topic: str) -> None:
        """Wait no longer: otherwise a message that was replaced stays in memory until its time."""
        expiry = self._expiries.pop(topic, None)
        if expiry is not None:
            self._timers.remove(expiry)

    def _has_room(self, message: Message, old: Message | None) -> bool:
        """Return whether there is room for a retained message in place of `old`."""
        limits, messages = self._limits, self.messages
        more = message.size - (old.size if old is not None else 0)
        most, most_bytes = limits.max_retained, limits.max_retained_bytes
        publisher = message.origin
        if isinstance(publisher, Session) and not publisher.reserve:
            most -= most // 10
            most_bytes -= most_bytes // 10
            count, size = messages.of_owner(message.topic)
            if size + more > limits.max_retained_bytes_of_owner or (
                old is None and count >= limits.max_retained_of_owner
            ):
                return False
        return messages.size + more <= most_bytes and (old is not None or len(messages) < most)


class RetainedExpiry:
    """The time at which a retained message expires."""

    __slots__ = ("_message", "_retention", "due")

    def __init__(self, retention: Retention, message: Message) -> None:
        self._retention = retention
        self._message = message
        self.due = 0

    def on_time(self, now: float) -> None:  # noqa: ARG002
        """Forget the message."""
        self._retention.forget(self._message)
