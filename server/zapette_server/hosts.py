"""The host names of this server; requests for any other name are refused; no I/O.

A web page can make its own name resolve to an address in the home (DNS rebinding) and read the
answers from there. It cannot choose the Host and the Origin that the browser sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from zapette_server.errors import HostNameError

_AUTHORITY: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,254}))(?::(?P<port>[0-9]{0,5}))?"
)
_ORIGIN: Final = re.compile(r"https?://([^/?#@]+)")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LARGEST_PORT: Final = 65535


@lru_cache(maxsize=256)
def host_name(authority: str) -> str | None:
    """Return the host of ``host`` or ``host:port`` (RFC 9110, 7.2); None if it is malformed.

    The name is in lower case and without a final dot; an IPv6 address is in brackets.
    """
    match = _AUTHORITY.fullmatch(authority)
    if match is None or int(match["port"] or 0) > _LARGEST_PORT:
        return None
    if match["six"] is not None:
        try:
            return f"[{IPv6Address(match['six'])}]"
        except ValueError:
            return None
    name = match["name"].lower().removesuffix(".")
    return name if all(map(_LABEL.fullmatch, name.split("."))) else None


def read_names(text: str) -> frozenset[str]:
    """Return the host names in `text`, which commas or spaces separate.

    ``*.home.example`` stands for all names below ``home.example``.

    Raises:
        HostNameError: one is not a host name.
    """
    return frozenset(_ascii(each) for each in text.replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts that the server answers.

    These are IP addresses, ``localhost``, names below ``.local``, and `names`.

    Attributes:
        names: further names, from `read_names`.
    """

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *urls: str, allowed: str = "") -> Hosts:
        """Return the hosts in `urls`, some of which may be empty, and in `allowed`.

        Raises:
            HostNameError: one is not a host name.
        """
        named = (urlsplit(url).hostname or "" for url in urls)
        return cls(read_names(allowed) | {_ascii(it) for it in named if it and not _address(it)})

    def allows(self, authority: str) -> bool:
        """Return whether a Host header, with or without a port, names a host of ours."""
        name = host_name(authority)
        return name is not None and (_address(name) is not None or self._has(name))

    def allows_origin(self, origin: str, authority: str) -> bool:
        """Return whether a page of `origin` may change something, or open a WebSocket.

        It may if it came from `authority`, the host of the request, or from another host of ours.
        A public IP address may be a stranger's, so that it must equal the request's. ``null`` and
        schemes other than http and https are refused.
        """
        match = _ORIGIN.fullmatch(origin)
        name = host_name(match[1]) if match else None
        if name is None:
            return False
        address = _address(name)
        if address is None:
            return self._has(name)
        return not _is_public(address) or name == host_name(authority)

    def _has(self, name: str) -> bool:
        if name == "localhost" or name.endswith(".local") or name in self.names:
            return True
        labels = name.split(".")
        return any(f"*.{'.'.join(labels[at:])}" in self.names for at in range(1, len(labels)))


@lru_cache(maxsize=256)
def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_global


def _ascii(text: str) -> str:
    """Return a name as browsers send it (RFC 5891), with its leading ``*.`` if it has one."""
    star, rest = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    try:
        name = host_name(rest.encode("idna").decode())
    except UnicodeError:
        name = None
    if name is None or ":" in rest:
        raise HostNameError(text)
    return star + name
