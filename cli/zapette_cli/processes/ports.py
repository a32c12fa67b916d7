"""The ports of a server: what each is for, and whether it is free."""

from __future__ import annotations

import errno
import socket

from zapette.errors import SettingsError
from zapette_cli.errors import AddressMissing
from zapette_server.handover_socket import websocket_port
from zapette_server.paths import SETTINGS_FILE
from zapette_server.settings.settings import Settings


def ports(settings: Settings) -> list[tuple[str, str, int]]:
    """Return each port with its setting and what it is for."""
    found = [
        ("http_port", "pages", settings.http_port),
        ("mqtt_port", "MQTT", 0 if settings.broker.is_nats else settings.mqtt_port),
        ("ws_port", "MQTT over WebSocket", websocket_port(settings)),
        ("mqtts_port", "MQTT over TLS", settings.mqtts_port if settings.is_tls else 0),
    ]
    return [each for each in found if each[2]]


def check_ports(settings: Settings) -> None:
    """Check that every port is free.

    Raises:
        SettingsError: one is taken, or the address is another machine's; it names the setting.
    """
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    for key, what, port in ports(settings):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, port))
                probe.listen(1)
            except OSError as error:
                raise cannot_listen(settings, key, what, port, error) from error


def cannot_listen(
    settings: Settings, key: str, what: str, port: int, error: OSError
) -> SettingsError:
    """Return the error about a port that cannot be used; it names the setting to change."""
    if error.errno == errno.EADDRNOTAVAIL:
        return AddressMissing("bind", f"{settings.bind} is not an address of this machine")
    reason = (
        f"port {port} ({what}) cannot be used: {error.strerror}; set another with "
        f"ZAPETTE_{key.upper()}=PORT, --{key.replace('_', '-')} PORT or {key} = PORT "
        f"in {SETTINGS_FILE}"
    )
    return SettingsError(key, reason)
