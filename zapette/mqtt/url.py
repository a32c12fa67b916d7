"""The URL of a broker and an account on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from zapette.errors import SettingsError

# a password may have commas
_BETWEEN: Final = re.compile(r",(?=\s*\w+://)")
_PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A broker and an account on it.

    Attributes:
        scheme: ``mqtt``, ``mqtts``, ``ws`` or ``wss``.
        host: name or address.
        port: 1-65535.
        path: the path of a WebSocket, ``/mqtt`` by default.
        username: the account's name; None for no account.
        password: its password; left out of `repr`.
    """

    scheme: str
    host: str
    port: int
    path: str = "/mqtt"
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, name: str = "ZAPETTE_URL") -> BrokerUrl:
        """Parse a URL, for example ``mqtt://home:secret@127.0.0.1:1883``.

        Args:
            text: the URL; percent-encoded characters are decoded in name and password.
            name: the setting's name in errors, which never show the URL.

        Raises:
            SettingsError: the scheme, the host or the port is missing or wrong.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise SettingsError(name, "the port is not a number from 1 to 65535") from None
        if parts.scheme not in _PORTS:
            raise SettingsError(name, "it must begin with mqtt://, mqtts://, ws:// or wss://")
        if not parts.hostname:
            raise SettingsError(name, "the host is missing")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            path=parts.path if parts.path not in {"", "/"} else "/mqtt",
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @classmethod
    def parse_all(cls, text: str, name: str = "ZAPETTE_URL") -> list[BrokerUrl]:
        """Parse the URLs of a broker's nodes, separated by commas; each has its account.

        Raises:
            SettingsError: as by `parse`.
        """
        return [cls.parse(it.strip(), name) for it in _BETWEEN.split(text)]

    @property
    def is_websocket(self) -> bool:
        """Whether it uses a WebSocket."""
        return self.scheme in {"ws", "wss"}

    @property
    def is_encrypted(self) -> bool:
        """Whether it uses TLS."""
        return self.scheme in {"mqtts", "wss"}

    @property
    def where(self) -> str:
        """The URL without account, for logs."""
        path = self.path if self.is_websocket else ""
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}{path}"


def bracketed(host: str) -> str:
    """Return a host for a URL: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
