"""The proxies whose word about the client counts; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Self

from zapette_broker.client_addresses import parse_address


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Addresses and networks of proxies: `address in proxies`.

    Attributes:
        networks: each of them; an address is a network of one.
    """

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """Read addresses and networks: ``127.0.0.1, 10.42.0.0/16, fd00:42::/48``.

        Raises:
            ValueError: one of them is neither, or is all addresses; the message names it.
        """
        return cls(tuple(map(_network, filter(None, re.split(r"[\s,]+", text)))))

    def __contains__(self, address: object) -> bool:
        """Return whether an address is a proxy's; an IPv4 address may be written as IPv6."""
        # most servers have none, and this is asked for each request
        parsed = parse_address(str(address)) if self.networks else None
        return parsed is not None and any(parsed in network for network in self.networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address or network{_meant(text)}") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} contains every address, also those of strangers")
    return network


def _meant(text: str) -> str:
    """Return a hint for an address of the network in place of the network's own."""
    try:
        return f"; did you mean {ip_network(text, strict=False)}?"
    except ValueError:
        return ""
