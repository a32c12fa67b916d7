"""What holds for every packet a server sends over a connection, whatever the test is about."""

from __future__ import annotations

from dataclasses import replace

from tests.conformance.wire.answers import Answer, ConnAck, Disconnect, Publish
from tests.conformance.wire.encodings import Version, WireError
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Properties, Property


class Ledger:
    """Keeps count of one connection and raises WireError at the first packet that breaks a rule.

    Rules: CONNACK first and once, nothing after DISCONNECT, maximum packet size, receive maximum,
    topic aliases, packet identifiers, request problem information.
    """

    def __init__(self, version: Version) -> None:
        self._version = version
        self._connacks = 0
        self._ended = False
        self._open: set[int] = set()
        self._topics: dict[int, str] = {}
        self._limits = Properties()

    def connected(self, connect: Connect) -> None:
        """Take note of the limits that the client set in CONNECT."""
        if self._version is Version.V5:
            self._limits = Properties(connect.properties)

    def done(self, packet_id: int) -> None:
        """Take note that the client has acknowledged a delivery for good."""
        self._open.discard(packet_id)

    @property
    def open(self) -> int:
        """How many deliveries at QoS 1 and 2 wait for the client."""
        return len(self._open)

    def check(self, answer: Answer, size: int) -> Answer:
        """Return the packet, with the topic name in place of an alias; `size` is in bytes."""
        if self._ended:
            raise WireError(f"after DISCONNECT came {answer}")
        if size > self._limits.number(Property.MAXIMUM_PACKET_SIZE, size):
            raise WireError(f"a packet of {size} bytes is too large for the client: {answer}")
        self._check_order(answer)
        if isinstance(answer, Publish):
            return self._delivery(answer)
        self._check_problem_information(answer)
        return answer

    def _check_order(self, answer: Answer) -> None:
        if isinstance(answer, ConnAck):
            self._connacks += 1
        if self._connacks != 1:
            raise WireError(f"{self._connacks} CONNACK until {answer}")
        self._ended = isinstance(answer, Disconnect)

    def _delivery(self, message: Publish) -> Publish:
        if message.qos:
            if message.packet_id in self._open:
                raise WireError(f"packet identifier {message.packet_id} is in use")
            self._open.add(message.packet_id)
            maximum = self._limits.number(Property.RECEIVE_MAXIMUM, 65535)
            if len(self._open) > maximum:
                raise WireError(f"{len(self._open)} deliveries open, receive maximum {maximum}")
        return self._resolve(message)

    def _resolve(self, message: Publish) -> Publish:
        alias = message.properties.number(Property.TOPIC_ALIAS)
        if not alias:
            return message
        if alias > self._limits.number(Property.TOPIC_ALIAS_MAXIMUM):
            raise WireError(f"topic alias {alias} is above the client's maximum")
        if message.topic:
            self._topics[alias] = message.topic
        if alias not in self._topics:
            raise WireError(f"topic alias {alias} was never given a topic")
        return replace(message, topic=self._topics[alias])

    def _check_problem_information(self, answer: Answer) -> None:
        if self._limits.number(Property.REQUEST_PROBLEM_INFORMATION, 1):
            return
        properties: Properties = getattr(answer, "properties", Properties())
        told = Property.REASON_STRING in properties or Property.USER_PROPERTY in properties
        if told and not isinstance(answer, ConnAck | Disconnect):
            raise WireError(f"problem information that the client did not ask for: {answer}")
