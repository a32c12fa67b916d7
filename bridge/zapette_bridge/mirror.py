"""What the home's broker shows of us: the copy of what is retained, kept equal to the original."""

from __future__ import annotations

from collections.abc import Callable

from zapette_bridge.ledger import Ledger
from zapette_bridge.mapping import Mapping

Publish = Callable[[str, bytes], bool]
"""Puts a retained payload on a topic of the home's broker; False if that cannot be done now."""


class Mirror:
    """Compares what shall be retained at home with what is, and publishes the difference; no I/O.

    Topics are those of our side.

    Args:
        mapping: the names and payloads on the other side.
        ledger: what was put there.
        publish: puts something there.
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
        """Take note that our broker is there, and is asked what it has retained."""
        self._since = {}

    def begin(self, original: dict[str, bytes]) -> None:
        """Take note that our broker has these retained messages."""
        # what has come by the other connection since it was asked may be newer
        self._original = {
            topic: payload
            for topic, payload in (original | self._since).items()
            if payload and self._mapping.goes_out(topic)
        }
        self._is_original_known = self._are_we_live = True
        self.repair()

    def change(self, topic: str, payload: bytes) -> None:
        """Take note that our broker retains something, or nothing more if `payload` is empty."""
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
        """Take note that our broker is gone, and with it everybody on it."""
        self._are_we_live = False
        self.repair()

    def found(self, there: dict[str, bytes]) -> None:
        """Take note that the home's broker retains this, by its own names."""
        self._there = {}
        for name, payload in there.items():
            topic = self._mapping.to_us(name)
            if topic is not None and self._mapping.goes_out(topic):
                self._there[topic] = payload
        self.repair()

    def lost(self) -> None:
        """Take note that the home's broker is gone."""
        self._there = None

    def repair(self) -> None:
        """Publish what differs.

        The server comes last while we are there and first when we are gone: nobody at home takes a
        player for live by what is still to be put right.
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
        """Return what shall be retained at home; None while that is not known."""
        if not self._are_we_live and self._mapping.is_availability(topic):
            return b"offline"
        if not self._is_original_known:
            return None
        return self._original.get(topic, b"")
