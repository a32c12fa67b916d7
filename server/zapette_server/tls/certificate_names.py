"""The names and addresses that a certificate is for; no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

PRIVATE: Final = tuple(
    ip_network(it)
    for it in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16",
        "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
"""The networks that are not of the Internet."""


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """What a certificate is for.

    Attributes:
        hosts: host names, which may begin with ``*.``.
        addresses: IP addresses.
    """

    hosts: frozenset[str] = frozenset()
    addresses: frozenset[IPv4Address | IPv6Address] = frozenset()

    @classmethod
    def of(cls, hostname: str, hosts: frozenset[str], addresses: list[str]) -> CertificateNames:
        """Return the names of this machine.

        Args:
            hostname: its name, with or without a domain.
            hosts: further names, from the settings.
            addresses: its addresses for others.
        """
        if not hostname.isascii():
            # the kernel allows it, and no certificate can hold it
            hostname = ""
        label = hostname.partition(".")[0].lower()
        local = {"localhost", "zapette.local", *({label, f"{label}.local"} if label else ())}
        found = {ip_address(it.partition("%")[0]) for it in (*addresses, "127.0.0.1", "::1")}
        return cls(frozenset(local | {hostname.lower()} - {""} | hosts), frozenset(found))

    def holds(self, host: str) -> bool:
        """Return whether a name or address is one of them (RFC 9525, section 6.3)."""
        try:
            return ip_address(host) in self.addresses
        except ValueError:
            _, _, above = host.lower().partition(".")
            return not {host.lower(), f"*.{above}"}.isdisjoint(self.hosts)

    def __str__(self) -> str:
        return ", ".join((*sorted(self.hosts), *sorted(map(str, self.addresses))))


def is_private(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address is not of the Internet."""
    return any(address in network for network in PRIVATE)
