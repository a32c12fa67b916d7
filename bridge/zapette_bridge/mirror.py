"""The copy of our retained messages on the home's broker."""

from __future__ import annotations

from collections.abc import Callable

from zapette_bridge.ledger import Ledger
from zapette_bridge.mapping import Mapping

Publish = Callable[[str, bytes], bool]
"""Publishes a retained message on the home's broker; False if that is impossible now."""


class Mirror:
    """Publishes the difference between our retained messages and the copy at home; no I/O.

    All topics are named as on our side.

    Args:
        mapping: the names and payloads at home.
        ledger: the topics retained there.
        publish: publishes there.
    """

    def __init__(self, mapping: Mapping, ledger: Ledger, publish: Publish) -> None:
        self._mapping = mapping
        self._ledger = ledger
        self._publish = publish
        self._original: dict[str, bytes] = {}
        self._since: dict[str, bytes] = {}
        self._there: dict[str, bytes] | None = None
        self._is_original_known = False
        self._are_we_live = False

    def expect(self) -> None:
        """Note that our broker is connected, before its retained messages arrive."""
        self._since = {}

    def begin(self, original: dict[str, bytes]) -> None:
        """Note the retained messages of our broker."""
        # changes since `expect` are newer
        self._original = {
            topic: payload
            for topic, payload in (original | self._since).items()
            if payload and self._mapping.goes_out(topic)
        }
        self._is_original_known = self._are_we_live = True
        self.repair()

    def change(self, topic: str, payload: bytes) -> None:
        """Note a retained message of our broker; an empty `payload` removes it."""
        if not self._mapping.goes_out(topic):
            return
        self._since[topic] = payload
        if payload:
            self._original[topic] = payload
        else:
            self._original.pop(topic, None)
        if self._is_original_known:
            self._put(topic)

    def end(self) -> None:
        """Note that our broker, and everybody on it, is disconnected."""
        self._are_we_live = False
        self.repair()

    def found(self, there: dict[str, bytes]) -> None:
        """Note the retained messages of the home's broker, by its own names."""
        self._there = {}
        for name, payload in there.items():
            topic = self._mapping.to_us(name)
            if topic is not None and self._mapping.goes_out(topic):
                self._there[topic] = payload
        self.repair()

    def lost(self) -> None:
        """Note that the home's broker is disconnected."""
        self._there = None

    def repair(self) -> None:
        """Publish what differs.

        The server comes last while our broker is connected, and first otherwise: no player appears
        available at home before the copy is right.
        """
        server = self._mapping.topics.server.availability
        topics = {*self._original, *self._ledger.topics()}
        for topic in sorted(topics, key=lambda it: (it == server) is self._are_we_live):
            self._put(topic)

    def _put(self, topic: str) -> None:
        if self._there is None:
            return
        wanted = self._wanted(topic)
        if wanted is None:
            return
        payload = self._mapping.payload_to_home(topic, wanted)
        if self._there.get(topic, b"") != payload:
            if payload:
                self._ledger.add(topic)
            if not self._publish(self._mapping.to_home(topic), payload):
                return
            self._there[topic] = payload
        if not payload:
            self._ledger.remove(topic)

    def _wanted(self, topic: str) -> bytes | None:
        """Return the payload to retain at home; None while it is unknown."""
        if not self._are_we_live and self._mapping.is_availability(topic):
            return b"offline"
        if not self._is_original_known:
            return None
        return self._original.get(topic, b"")
