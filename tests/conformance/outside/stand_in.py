"""Our broker under Mosquitto's command line and settings: it stands where the scripts start one.

The scripts compare bytes where the standard leaves a choice. So that they compare what matters, the
stand-in tells in CONNACK the limits that Mosquitto has by default, in the order in which Mosquitto
writes them, sends no reason strings, and says 0x00 in PUBREC for a message that nobody wants. All
else is the broker as it is.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.conformance.outside.settings import Listener, Settings, Unsupported, from_arguments
from zapette_broker import Broker, Limits
from zapette_broker.access.acl import Rights, Rule
from zapette_broker.access.authenticator import ConnectRequest, Grant
from zapette_broker.codec import versions
from zapette_broker.codec.codec5 import Codec5
from zapette_broker.codec.packet_types import ConnAckProperties
from zapette_broker.codec.reasons import Reason
from zapette_broker.running import run_loop

NOTES = "OUTSIDE_NOTES"
"""The environment variable with the file that is told which settings there are none of."""

_ORDER: Final = (0x13, 0x22, 0x12, 0x11, 0x27, 0x21)
_SIZES: Final = {0x11: 4, 0x13: 2, 0x21: 2, 0x22: 2, 0x27: 4}
_TEXT: Final = 0x12


class Doorkeeper:
    """Lets in whom a password file and an access list of Mosquitto let in."""

    def __init__(self, settings: Settings) -> None:
        self._anonymous = settings.lets_in_everybody
        self._hashes: dict[str, str] | None = None
        if "password_file" in settings.files:
            lines = settings.files["password_file"].read_text().split()
            self._hashes = dict(line.split(":", 1) for line in lines)
        self._access: str | None = None
        if "acl_file" in settings.files:
            self._access = settings.files["acl_file"].read_text()

    def authenticate(self, request: ConnectRequest) -> Grant | None:
        """Return the rights of a client, None if it is not let in."""
        if request.username is None:
            if not self._anonymous:
                return None
        elif self._hashes is not None and not self._is_right(request.username, request.password):
            return None
        return Grant(self._rights(request), username=request.username)

    def _is_right(self, name: str, password: bytes | None) -> bool:
        found = (self._hashes or {}).get(name)
        return found is not None and password is not None and verify(found, password)

    def _rights(self, request: ConnectRequest) -> Rights:
        if self._access is None:
            return Rights.from_rules([Rule("all", "$test/#")], default="allow")
        return Rights.from_rules(rules(self._access, request.username, request.client_id))


def verify(hashed: str, password: bytes) -> bool:
    """Tell whether a hash of a password file is that of a password."""
    _, kind, *rest = hashed.split("$")
    if kind == "6":
        salt, digest = rest
        found = hashlib.sha512(password + base64.b64decode(salt)).digest()
    else:
        rounds, salt, digest = rest
        found = hashlib.pbkdf2_hmac("sha512", password, base64.b64decode(salt), int(rounds))
    return hmac.compare_digest(found, base64.b64decode(digest))


def rules(text: str, username: str | None, client_id: str) -> list[Rule]:
    """Return the rules of an access list for one client; what it denies comes first."""
    found: list[Rule] = []
    owner: str | None = None
    for line in text.splitlines():
        kind, _, rest = line.strip().partition(" ")
        words = rest.split()
        if kind == "user":
            owner = rest.strip()
        elif kind == "pattern" or (kind == "topic" and owner == username):
            found.append(_rule(words, username or "", client_id))
    return sorted(found, key=lambda rule: rule.permission == "allow")


def _rule(words: Sequence[str], username: str, client_id: str) -> Rule:
    access = words[0] if len(words) > 1 else "readwrite"
    topic = words[-1].replace("%u", username).replace("%c", client_id)
    if access == "deny":
        return Rule("all", topic, "deny")
    return Rule({"read": "subscribe", "write": "publish"}.get(access, "all"), topic)  # type: ignore[arg-type]


def limits(settings: Settings) -> Limits:
    """Return the limits that Mosquitto would have."""
    numbers = settings.numbers
    inflight = numbers.get("max_inflight_messages", 20)
    origins = [listener.origins for listener in settings.listeners if listener.origins]
    return Limits(
        max_packet=numbers.get("max_packet_size", 2_000_000),
        max_keep_alive=numbers.get("max_keepalive", 0),
        max_topic_alias=10,
        receive_maximum=inflight,
        max_inflight=inflight,
        max_session_expiry=0xFFFF_FFFF,
        max_will_delay=0xFFFF_FFFF,
        max_queued_messages=numbers.get("max_queued_messages", 1000),
        allowed_origins=origins[0] if origins else None,
        sys_interval=1,
    )


def configuration(listeners: Sequence[Listener]) -> dict[str, Any]:
    """Return the listeners in amqtt's words."""
    return {
        "listeners": {
            ("default" if not number else f"listener-{number}"): _listener(listener)
            for number, listener in enumerate(listeners)
        },
        "plugins": {},
    }


def _listener(listener: Listener) -> dict[str, Any]:
    return {
        "type": "ws" if listener.websockets else "tcp",
        "bind": f"{listener.host or '0.0.0.0'}:{listener.port}",
        "max_connections": listener.max_connections,
        "ssl": listener.certificate is not None,
        "certfile": str(listener.chain()) if listener.certificate else None,
        "keyfile": str(listener.key) if listener.key else None,
    }


class PlainCodec5(Codec5):
    """Writes MQTT 5 as the scripts have it."""

    __slots__ = ()

    def connack(
        self,
        code: Reason,
        session_present: bool = False,
        properties: ConnAckProperties | None = None,
        reason: str | None = None,  # noqa: ARG002 - not written
    ) -> bytes:
        """Return a CONNACK without a reason string, its properties in Mosquitto's order."""
        return in_order(super().connack(code, session_present, properties))

    def pubrec(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:  # noqa: ARG002 - not written
        """Return a PUBREC that does not tell that nobody wants the message."""
        return super().pubrec(
            packet_id, Reason.SUCCESS if code is Reason.NO_MATCHING_SUBSCRIBERS else code
        )

    def disconnect(self, code: Reason, reason: str | None) -> bytes:  # noqa: ARG002 - not written
        """Return a DISCONNECT without a reason string."""
        return super().disconnect(code, None)


def in_order(connack: bytes) -> bytes:
    """Return a CONNACK of less than 128 bytes with its properties in the order of `_ORDER`."""
    found: dict[int, bytes] = {}
    left = connack[5:]
    while left:
        size = 3 + int.from_bytes(left[1:3], "big") if left[0] == _TEXT else 1 + _SIZES[left[0]]
        found[left[0]], left = left[:size], left[size:]
    return connack[:5] + b"".join(found[kind] for kind in _ORDER if kind in found)


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    store = settings.files.get("persistence_file", Path("mosquitto.db"))
    broker = Broker(
        configuration(settings.listeners),
        authenticator=Doorkeeper(settings),
        limits=limits(settings),
        store=store if settings.persistence else None,
    )
    await broker.start()
    try:
        await stop.wait()
    finally:
        await broker.shutdown()


def main(arguments: Sequence[str]) -> int:
    """Run until SIGTERM; return 0, or 3 for settings that our broker does not have."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("transitions").setLevel(logging.WARNING)
    vars(versions)["Codec5"] = PlainCodec5
    try:
        settings = from_arguments(arguments)
    except Unsupported as error:
        sys.stderr.write(f"no such setting: {error}\n")
        if NOTES in os.environ:
            with Path(os.environ[NOTES]).open("a") as notes:
                notes.writelines(f"{name}\n" for name in error.names)
        return 3
    run_loop(_serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
