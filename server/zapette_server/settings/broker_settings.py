"""The settings in the table ``[broker]``: which MQTT broker the household runs on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from zapette.errors import SettingsError
from zapette.mqtt.url import BrokerUrl

EMBEDDED: Final = "embedded"
NATS: Final = "nats"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The broker: our own, or a cluster of NATS servers.

    Attributes:
        kind: ``embedded`` or ``nats``; the others are for ``nats`` only.
        urls: where programs reach the nodes, separated by commas: ``mqtt://host:1883``, also
            ``mqtts``.
        page_urls: where browsers reach the nodes: ``ws://host:8083/mqtt``, also ``wss``.
        system_urls: where the web side reaches the nodes itself: ``nats://host:4222``, also
            ``tls``.
        keys: the folder of the cluster's keys, as `zapette cluster init` writes it.
    """

    kind: str = EMBEDDED
    urls: str = ""
    page_urls: str = ""
    system_urls: str = ""
    keys: Path | None = None

    def __post_init__(self) -> None:
        if self.kind not in {EMBEDDED, NATS}:
            raise SettingsError("broker.kind", f"{self.kind!r} is neither embedded nor nats")
        _check("broker.urls", self.urls, "mqtt", "mqtts")
        _check("broker.page_urls", self.page_urls, "ws", "wss")
        _check("broker.system_urls", self.system_urls, "nats", "tls")
        if self.keys is not None and not self.keys.is_dir():
            raise SettingsError("broker.keys", f"there is no folder {self.keys}")
        if self.kind == NATS:
            for key in ("urls", "page_urls", "system_urls", "keys"):
                if not getattr(self, key):
                    raise SettingsError(f"broker.{key}", 'it is needed with kind = "nats"')

    @property
    def is_nats(self) -> bool:
        """Whether it is a cluster of NATS servers."""
        return self.kind == NATS

    def programs(self, username: str, password: str | None = None) -> list[BrokerUrl]:
        """Return the nodes for a program with an account."""
        parsed = [BrokerUrl.parse(it, "broker.urls") for it in listed(self.urls)]
        return [
            BrokerUrl(it.scheme, it.host, it.port, it.path, username, password) for it in parsed
        ]


def listed(text: str) -> list[str]:
    """Return the URLs in a list separated by commas."""
    return [it.strip() for it in text.split(",") if it.strip()]


def _check(key: str, text: str, *schemes: str) -> None:
    for url in listed(text):
        try:
            parts = urlsplit(url)
            good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or parts.username:
            raise SettingsError(key, f"{url!r} is not a URL of the form {schemes[0]}://host:port")
