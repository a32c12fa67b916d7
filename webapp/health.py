"""Whether every part of the system is up."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

from zapette.config import Settings

_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class Health:
    """Tells which parts are up.

    Attributes:
        settings: says where the parts listen.
        service_is_live: whether the server's own MQTT client is connected.
    """

    settings: Settings
    service_is_live: Callable[[], bool]

    def parts(self) -> dict[str, bool]:
        """Return the name of each part and whether it is up; takes two seconds at most."""
        return {
            "web": True,
            "broker_mqtt": self._listens(self.settings.mqtt_port),
            "broker_websocket": self._listens(self.settings.ws_port),
            "service": self.service_is_live(),
        }

    def _listens(self, port: int) -> bool:
        anywhere = self.settings.bind in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        host = "127.0.0.1" if anywhere else self.settings.bind
        try:
            socket.create_connection((host, port), timeout=_TIMEOUT).close()
        except OSError:
            return False
        return True
