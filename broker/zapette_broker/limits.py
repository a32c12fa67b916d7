"""How much one client, one listener and the whole broker may use."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from zapette_broker.errors import SettingsError

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a broker; sizes in bytes, times in seconds. Built once and passed on.

    Attributes:
        max_connections: open connections of one listener, unless the listener sets its own.
        connect_timeout: from the opened socket to a complete CONNECT.
        max_connect_packet: size of a CONNECT, the only packet read before authentication.
        max_packet: size of any other packet; told to MQTT 5 clients as Maximum Packet Size.
        max_keep_alive: longest keep alive; longer or none (0) is set to it for MQTT 5 clients
            (Server Keep Alive). 0 leaves the choice to the client.
        max_topic_alias: topic aliases a client may use; and that are used towards a client.
        receive_maximum: QoS 1 and 2 messages of one client that are not yet acknowledged.
        max_inflight: QoS 1 and 2 messages under way to one client, if it allows as many.
        max_subscriptions: filters of one session.
        max_session_expiry: longest time a session outlives its connection.
        max_sessions: sessions, connected or not.
        max_total_subscriptions: filters of all sessions together.
        max_total_queued_bytes: the size of messages queued for all clients together.
        max_will_delay: longest will delay.
        restart_will_delay: after a crash, how long clients that were connected have to come
            back before their wills are published.
        max_queued_bytes: what may wait for one client. QoS 0 is dropped beyond it, then a
            connected client is cut off; a session without connection gets no more.
        max_queued_messages: how many messages may wait for one session.
        max_retained: retained messages.
        max_retained_bytes: size of all retained messages together.
        max_retained_of_owner: retained messages of one owner, if topics have owners.
        max_retained_bytes_of_owner: their size together.
        max_connections_of_address: open connections of one peer address to one listener.
        max_failed_logins: failed logins of one peer address that wait for their answer; further
            ones get none.
        login_delay: wait before a failed login is answered; doubles with each further one
            from the same address.
        max_login_delay: the longest such wait.
        turn_packets: packets of one client handled before others have their turn.
        allowed_origins: values of the Origin header that WebSocket listeners take; None for
            any, ``same-host`` for any port of the host that the client connects to. A client
            that sends no Origin (not a browser) is not refused by it.
        websocket_path: the path of WebSocket listeners.
        sys_interval: between two publications of ``$SYS``; 0 turns it off.
    """

    max_connections: int = 20_000
    connect_timeout: float = 10.0
    max_connect_packet: int = 128 * KIB
    max_packet: int = 4 * MIB
    max_keep_alive: int = 0
    max_topic_alias: int = 16
    receive_maximum: int = 64
    max_inflight: int = 64
    max_subscriptions: int = 1_000
    max_session_expiry: int = 24 * 3600
    max_sessions: int = 50_000
    max_total_subscriptions: int = 500_000
    max_total_queued_bytes: int = 64 * MIB
    max_will_delay: int = 24 * 3600
    restart_will_delay: float = 15.0
    max_queued_bytes: int = 8 * MIB
    max_queued_messages: int = 10_000
    max_retained: int = 100_000
    max_retained_bytes: int = 256 * MIB
    max_retained_of_owner: int = 64
    max_retained_bytes_of_owner: int = MIB
    max_connections_of_address: int = 10_000
    max_failed_logins: int = 64
    login_delay: float = 0.25
    max_login_delay: float = 8.0
    turn_packets: int = 256
    allowed_origins: frozenset[str] | None = None
    websocket_path: str = "/mqtt"
    sys_interval: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)):
                continue
            ceiling = _CEILINGS.get(field.name, math.inf)
            if not 0 <= value <= ceiling:
                most = "0 or more" if ceiling == math.inf else f"from 0 to {ceiling:.0f}"
                raise SettingsError(field.name, f"{value!r} is out of range: {most} is needed")
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise SettingsError(name, "0 is out of range: more is needed")
        if not self.websocket_path.startswith("/"):
            raise SettingsError("websocket_path", "it does not begin with /")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Limits:
        """Build limits from a configuration section; SettingsError names a wrong key."""
        kinds = {field.name: str(field.type) for field in fields(cls)}
        checked: dict[str, Any] = {}
        for key, value in values.items():
            name = key.replace("-", "_")
            if name not in kinds:
                close = difflib.get_close_matches(name, kinds, 1)
                known = f"did you mean {close[0]}?" if close else f"there are {', '.join(kinds)}"
                raise SettingsError(key, f"there is no such limit; {known}")
            checked[name] = _checked(key, kinds[name], value)
        return cls(**checked)

    @classmethod
    def from_text(cls, text: str) -> Limits:
        """Build limits from what stands in an inline table of TOML: ``max_packet = 65536, …``.

        Raises:
            SettingsError: it is not TOML, or a key or value is wrong.
        """
        try:
            values = tomllib.loads(f"limits = {{{text}}}")
        except tomllib.TOMLDecodeError as error:
            raise SettingsError("limits", f"{text!r}: {error}") from None
        return cls.from_mapping(values["limits"])


def _checked(key: str, kind: str, value: object) -> object:
    if kind == "int" and type(value) is int:
        return value
    if kind == "float" and type(value) in (int, float):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    if kind.startswith("frozenset"):
        if value is None:
            return None
        if isinstance(value, (list, tuple, set, frozenset)) and all(
            isinstance(item, str) for item in value
        ):
            return frozenset(value)
    raise SettingsError(key, f"{value!r} is not {_IN_WORDS[kind]}")


_IN_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "frozenset[str] | None": "a list of texts",
}


_CEILINGS: dict[str, float] = {
    "max_packet": 268_435_455 + 5,
    "max_connect_packet": 268_435_455 + 5,
    "max_keep_alive": 65_535,
    "max_topic_alias": 65_535,
    "receive_maximum": 65_535,
    "max_inflight": 65_535,
    "max_session_expiry": 0xFFFF_FFFF,
    "max_will_delay": 0xFFFF_FFFF,
}
_POSITIVE = (
    "max_connections_of_address",
    "max_connections",
    "connect_timeout",
    "max_connect_packet",
    "max_packet",
    "receive_maximum",
    "max_inflight",
    "max_sessions",
    "max_queued_messages",
    "max_failed_logins",
    "turn_packets",
)
