"""The topics that cross the bridge, their direction and their names; no I/O."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from zapette.protocol.topics import DISCOVERY, Topics

_DEVICE: Final = "zapette_"
_NAMES_A_TOPIC: Final = re.compile(r"(?:^|_)topic$")


@dataclass(frozen=True, slots=True)
class Mapping:
    """The topics on the two sides.

    States, events and responses go out; commands and requests come in. No topic crosses both ways,
    so no message returns.

    Attributes:
        topics: the topics of the household.
        prefix: the first levels on the home's broker, without a slash at the end; may be empty.
    """

    topics: Topics
    prefix: str = ""

    @property
    def kept(self) -> list[str]:
        """The filters, on our side, of messages to retain on the home's broker."""
        base, discovery = self.topics.base, self.topics.discovery_prefix
        return [
            f"{base}/players/+/state",
            f"{base}/players/+/availability",
            f"{base}/services/+/availability",
            self.topics.server.availability,
            f"{DISCOVERY}/+",
            f"{discovery}/device/+/config",
        ]

    @property
    def passing(self) -> list[str]:
        """The filters, on our side, of outgoing messages that are not retained."""
        callees = self._callees()
        events = [f"{callee}/event/+" for callee in callees]
        return [*events, *(f"{callee}/response/#" for callee in callees)]

    @property
    def asked(self) -> list[str]:
        """The filters, on the home's broker, of incoming messages."""
        return [
            self.to_home(f"{callee}/{kind}/#")
            for callee in self._callees()
            for kind in ("command", "request")
        ]

    @property
    def kept_at_home(self) -> list[str]:
        """The filters of `kept` on the home's broker."""
        return [self.to_home(each) for each in self.kept]

    def goes_out(self, topic: str) -> bool:
        """Return whether a topic of `kept` is ours; others publish announcements too."""
        devices = f"{self.topics.discovery_prefix}/device/"
        return not topic.startswith(devices) or topic.startswith(devices + _DEVICE)

    def is_availability(self, topic: str) -> bool:
        """Return whether a topic of `kept` is an availability topic."""
        return topic.endswith("/availability")

    def to_home(self, topic: str) -> str:
        """Return a topic or filter as named on the home's broker."""
        return f"{self.prefix}/{topic}" if self.prefix and self._has_prefix(topic) else topic

    def to_us(self, topic: str) -> str | None:
        """Return a topic of the home's broker as named on our side; None if it has none."""
        if not self.prefix:
            return topic
        ours = topic.removeprefix(f"{self.prefix}/")
        if ours != topic and self._has_prefix(ours):
            return ours
        return topic if not self._has_prefix(topic) else None

    def payload_to_home(self, topic: str, payload: bytes) -> bytes:
        """Return a payload for the home's broker; announcements contain topics."""
        if not self.prefix or self._has_prefix(topic) or not payload:
            return payload
        try:
            announced = self._renamed(json.loads(payload))
            return json.dumps(announced, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return payload

    def _has_prefix(self, topic: str) -> bool:
        """Return whether a topic has the prefix at home; announcements do not."""
        if topic.startswith(f"{DISCOVERY}/"):
            return False
        return topic.startswith(f"{self.topics.base}/")

    def _renamed(self, value: Any, name: str = "") -> Any:
        match value:
            case dict():
                return {name: self._renamed(each, name) for name, each in value.items()}
            case list():
                return [self._renamed(each, name) for each in value]
            # only in members that name topics: a title may look like one
            case str() if _NAMES_A_TOPIC.search(name):
                ours = value == self.topics.base or self._has_prefix(value)
                return f"{self.prefix}/{value}" if ours else value
        return value

    def _callees(self) -> list[str]:
        base = self.topics.base
        return [f"{base}/players/+", f"{base}/services/+", self.topics.server.root]
