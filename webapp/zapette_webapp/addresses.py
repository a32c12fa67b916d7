"""The addresses of the pages and the broker, for phones and browsers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from zapette.mqtt.url import bracketed
from zapette_server.local_broker import local_host
from zapette_server.settings import Settings
from zapette_webapp import network

_HTTP = 80


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses from the settings and the current network interfaces."""

    settings: Settings

    def found(self) -> dict[str, Any]:
        """Return the best address and all candidates, the content of ``GET /api/ip``."""
        candidates = network.candidates(self.settings.bind)
        public = urlsplit(self.settings.public_url).hostname
        best = public or (candidates[0].ip if candidates else local_host(self.settings))
        return {
            "ip": best,
            "candidates": [{"ip": it.ip, "interface": it.interface} for it in candidates],
        }

    def pages(self, ip: str | None = None) -> str:
        """Return the address of the pages for a phone, with a trailing slash.

        Args:
            ip: the candidate that a person picked; the setting ``public_url`` overrides it.
        """
        if self.settings.public_url:
            return self.settings.public_url.rstrip("/") + "/"
        port = "" if self.settings.http_port == _HTTP else f":{self.settings.http_port}"
        return f"http://{bracketed(ip or self.found()['ip'])}{port}/"

    def broker(self, host: str) -> str:
        """Return the broker's address for a browser that reached the pages at `host`.

        Behind a proxy with TLS it is ``mqtt`` below `public_url`, unless `public_ws_url` is set: a
        page from https may open no other.

        Args:
            host: the host name or address in the request, without the port; IPv6 in brackets.
        """
        if self.settings.public_ws_url:
            return self.settings.public_ws_url
        if self.settings.public_url.startswith("https:"):
            return f"wss:{self.pages().removeprefix('https:')}mqtt"
        return f"ws://{host}:{self.settings.ws_port}/mqtt"
