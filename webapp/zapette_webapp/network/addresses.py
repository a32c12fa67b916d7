"""The addresses of the pages and the broker, for phones and browsers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from zapette.mqtt.url import bracketed
from zapette_server.handover_socket import handover_socket, websocket_port
from zapette_server.local_broker import local_host
from zapette_server.settings.broker_settings import listed
from zapette_server.settings.settings import Settings
from zapette_webapp.network import network

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses from the settings and the current network interfaces.

    Attributes:
        settings: the settings.
        name: gives the name by which the network finds this server; None without one.
    """

    settings: Settings
    name: Callable[[], str | None] = lambda: None

    def found(self) -> dict[str, Any]:
        """Return the best address and all candidates, the content of ``GET /api/ip``."""
        candidates = network.candidates(self.settings.bind)
        public = urlsplit(self.settings.public_url).hostname
        best = public or (candidates[0].ip if candidates else local_host(self.settings))
        return {
            "ip": best,
            "candidates": [{"ip": it.ip, "interface": it.interface} for it in candidates],
            "name": self.name(),
        }

    def pages(self, ip: str | None = None) -> str:
        """Return the address of the pages for a phone, with a trailing slash.

        Args:
            ip: the candidate that a person picked; the setting ``public_url`` overrides it.
        """
        if self.settings.public_url:
            return self.settings.public_url.rstrip("/") + "/"
        return f"{self.origin(bracketed(ip or self.found()['ip']))}/"

    def origin(self, host: str) -> str:
        """Return the origin of the pages at a host, without a slash: ``https://tv.local:8000``."""
        scheme, port = ("https" if self.settings.is_tls else "http"), self.settings.http_port
        return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")

    def is_only_here(self) -> bool:
        """Return whether the server listens on this machine alone."""
        return ip_address(self.settings.bind).is_loopback

    def broker(self, host: str) -> str:
        """Return the broker's address for a browser that reached the pages at `host`.

        It is ``mqtt`` next to the pages, unless `public_ws_url` is set. Behind a proxy with TLS it
        is always below `public_url`, and with TLS of our own on the HTTP port: a page from https
        may open no ``ws:``. Without a broker that takes connections from the HTTP port, it is on
        `ws_port`.

        Args:
            host: the host name or address in the request, without the port; IPv6 in brackets.
        """
        if nodes := self.nodes():
            return nodes[0]
        if self.settings.public_ws_url:
            return self.settings.public_ws_url
        public = urlsplit(self.settings.public_url)
        if public.scheme == "https":
            return f"wss:{self.pages().removeprefix('https:')}mqtt"
        if self.settings.is_tls:
            return f"wss://{host}:{self.settings.http_port}/mqtt"
        if not self._is_one_port():
            return f"ws://{host}:{websocket_port(self.settings)}/mqtt"
        if public.hostname and bracketed(public.hostname) == host:
            return f"ws:{self.pages().removeprefix('http:')}mqtt"
        return f"ws://{host}:{self.settings.http_port}/mqtt"

    def nodes(self) -> list[str]:
        """Return the addresses of a cluster's nodes for browsers; none if the broker is ours."""
        settings = self.settings.broker
        return listed(settings.page_urls) if settings.is_nats else []

    def _is_one_port(self) -> bool:
        """Return whether the broker takes connections from the HTTP port.

        With a `ws_port`, the broker may also be another one, such as a Mosquitto: ours is
        recognised by its socket, which it leaves where it is if it dies.
        """
        if not websocket_port(self.settings):
            return True
        handover = handover_socket(self.settings.data_dir)
        return handover is not None and handover.is_socket()
