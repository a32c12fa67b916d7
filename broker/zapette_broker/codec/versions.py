"""The codec of the version that a client speaks."""

from __future__ import annotations

from functools import cache

from zapette_broker.codec.codec5 import Codec5
from zapette_broker.codec.codec311 import Codec311
from zapette_broker.errors import MalformedPacket, ProtocolViolation


class UnsupportedVersion(ProtocolViolation):
    """The client speaks a version of MQTT that the broker does not."""

    def __init__(self, level: int) -> None:
        super().__init__(f"protocol level {level}")
        self.level = level


@cache
def codec311() -> Codec311:
    """Return the codec of MQTT 3.1.1."""
    return Codec311()


@cache
def codec5(*, explains: bool = True) -> Codec5:
    """Return the codec of MQTT 5; `explains`: with reason strings."""
    return Codec5(explains)


def codec_of(body: bytes) -> Codec311 | Codec5:
    """Return the codec of the version that CONNECT names [MQTT-3.1.2-1], [MQTT-3.1.2-2]."""
    size = int.from_bytes(body[:2], "big")
    name, level = body[2 : 2 + size], body[2 + size : 3 + size]
    if name == b"MQTT" and level == b"\x04":
        return codec311()
    if name == b"MQTT" and level == b"\x05":
        return codec5()
    if name in (b"MQTT", b"MQIsdp") and level:
        raise UnsupportedVersion(level[0])
    raise MalformedPacket("not MQTT")
