"""How the limits of addresses tell clients apart; listeners count the connections; no I/O."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_SHARED_BITS: Final = 64


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, without brackets and zone; None if the text is none.

    An IPv4 address may be written as IPv6 (RFC 4291, 2.5.5.2).
    """
    try:
        parsed = ip_address(text.removeprefix("[").removesuffix("]").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


@lru_cache(maxsize=1024)
def client_of(address: str) -> str:
    """Return what an address counts as: itself, or for IPv6 its /64 network.

    One machine can use every address of such a network (RFC 4291, 2.5.4). Text that is not an
    address is returned as it is, cut to 64 letters.
    """
    parsed = parse_address(address)
    if parsed is None:
        return address[:64]
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(IPv6Network((parsed, _SHARED_BITS), strict=False))
