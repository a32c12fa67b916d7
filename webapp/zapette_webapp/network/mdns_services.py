"""What this server tells its network by mDNS: its name and its services; no I/O."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from zapette_server.settings.settings import Settings
from zapette_webapp.network.network import Candidate, is_virtual

HTTP: Final = "_http._tcp.local."
HTTPS: Final = "_https._tcp.local."
MQTT: Final = "_mqtt._tcp.local."
ZAPETTE: Final = "_zapette._tcp.local."
"""By which Home Assistant's integration finds the server."""

_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Offer:
    """A service (RFC 6763).

    Attributes:
        kind: its type: ``_http._tcp.local.``
        port: its port.
        text: its TXT record, which everybody in the network reads.
    """

    kind: str
    port: int
    text: dict[str, str]


def offers(settings: Settings, server_id: str) -> list[Offer]:
    """Return the services of a server.

    Args:
        settings: its settings.
        server_id: tells it apart from others, and proves nothing.
    """
    about = {
        "version": _VERSION,
        "id": server_id,
        "base_topic": settings.base_topic,
        "mqtt_port": str(settings.mqtt_port),
        "scheme": "https" if settings.is_tls else "http",
    }
    return [
        Offer(HTTPS if settings.is_tls else HTTP, settings.http_port, {"path": "/"}),
        Offer(MQTT, settings.mqtt_port, {}),
        Offer(ZAPETTE, settings.http_port, about),
    ]


def server_id(secret: bytes) -> str:
    """Return what tells a server apart from others: 16 digits that say nothing of its secret."""
    return hmac.new(secret, b"mdns", hashlib.sha256).hexdigest()[:16]


def host_name(attempt: int) -> str:
    """Return the name to try: ``zapette.local.``, then ``zapette-2.local.`` (RFC 6762, 9)."""
    return f"zapette{f'-{attempt}' if attempt > 1 else ''}.local."


def published(settings: Settings, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return the addresses that the name stands for; none where others cannot open the pages.

    Networks inside this machine and tunnels are left out.
    """
    if not settings.mdns or ip_address(settings.bind).is_loopback:
        return ()
    return tuple(it.ip for it in candidates if not is_virtual(it))


def gives_way(own: Iterable[str], foreign: Iterable[str]) -> bool:
    """Return whether we give way to another server with the same name (RFC 6762, 8.2).

    The one whose addresses come later keeps it.
    """
    return _ordered(own) < _ordered(foreign)


def _ordered(addresses: Iterable[str]) -> list[bytes]:
    return sorted(ip_address(it).packed for it in addresses)
