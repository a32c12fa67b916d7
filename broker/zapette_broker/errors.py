"""The errors of the package, drawn as one tree.

::

    BrokerError (amqtt.errors.BrokerError)
    ├── CertificateError       a certificate or its key cannot be used
    ├── SettingsError          a setting is unknown, of the wrong type or out of range
    └── ProtocolViolation      a client broke a rule of MQTT; `reason` says which one
        ├── MalformedPacket    the bytes are no packet of the protocol
        └── PacketTooLarge     the packet is over the limit

Those of a store are in `zapette_broker.storage.store_errors`.
"""

from __future__ import annotations

from pathlib import Path

from amqtt.errors import BrokerError

from zapette_broker.codec.reasons import Reason

__all__ = [
    "BrokerError",
    "CertificateError",
    "MalformedPacket",
    "PacketTooLarge",
    "ProtocolViolation",
    "SettingsError",
]


class CertificateError(BrokerError):
    """A certificate or its key, in `file`, cannot be used, for a `reason`."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} {reason}")
        self.file = file
        self.reason = reason


class SettingsError(BrokerError):
    """A setting is refused; `key` is its name as the configuration spells it."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class ProtocolViolation(BrokerError):
    """A client broke a rule of the protocol, and its connection must end.

    Attributes:
        reason: the code that an MQTT 5 client gets in DISCONNECT or CONNACK.
        detail: what went wrong, in words for the log and the reason string.
    """

    def __init__(self, detail: str, reason: Reason = Reason.PROTOCOL_ERROR) -> None:
        super().__init__(detail)
        self.detail = detail
        self.reason = reason


class MalformedPacket(ProtocolViolation):
    """The bytes cannot be read as a packet (MQTT 5 section 1.2, "Malformed Packet")."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, Reason.MALFORMED_PACKET)


class PacketTooLarge(ProtocolViolation):
    """The packet is larger than this broker accepts (MQTT 5 section 3.2.2.3.6)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"packet of {size} bytes, the limit is {limit}", Reason.PACKET_TOO_LARGE)
        self.size = size
        self.limit = limit
