"""The addresses of this machine for phones on the same network; needs no Internet."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Interface,
    IPv4Network,
    IPv6Interface,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Final

import psutil

from zapette_broker.client_addresses import parse_address

# Networks inside this machine: only their names distinguish them from real ones.
_INTERNAL: Final = (
    "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "lxc", "lxd",
    "vEthernet",
)  # fmt: skip
# Tunnels that look like Ethernet.
_TUNNELS: Final = ("tap", "zt", "hamachi")
_TUNNEL_FLAGS: Final = frozenset({"pointopoint", "noarp"})
_HOME_NETWORKS: Final = (
    (IPv4Network("192.168.0.0/16"), 30),
    (IPv4Network("10.0.0.0/8"), 20),
    (IPv4Network("172.16.0.0/12"), 10),
)
# RFC 1918, RFC 3927; RFC 4193, RFC 4291.
_PRIVATE: Final = tuple(
    ip_network(it)
    for it in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
               "fc00::/7", "fe80::/10")
)  # fmt: skip
_MAC_LENGTH: Final = len("00:00:00:00:00:00")
_DEFAULT_ROUTE_BONUS: Final = 25
_VIRTUAL_MALUS: Final = 100


Interface = IPv4Interface | IPv6Interface
"""An address of this machine, with its network."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address for phones, and its interface.

    Attributes:
        ip: an IPv4 address; IPv6 only if that is what the server listens on.
        interface: the interface's name.
        is_tunnel: whether it is a tunnel: by its flags, or because it has no MAC address.
    """

    ip: str
    interface: str
    is_tunnel: bool = False


def rank(addresses: Iterable[Candidate], default: str | None) -> list[Candidate]:
    """Return the usable addresses, the most likely to be reachable from a phone first.

    ``.local`` names and link-local IPv6 fail on phones. Loopback and link-local addresses are left
    out; tunnels and container bridges come last.

    Args:
        addresses: the addresses of the interfaces.
        default: the source address of the default route, if there is one.
    """
    return sorted(
        (it for it in addresses if _usable(it.ip)),
        key=lambda it: (-_score(it, default), it.interface, int(ip_address(it.ip))),
    )


def candidates(bind: str = "0.0.0.0") -> list[Candidate]:  # noqa: S104 - names every interface
    """Return this machine's addresses for phones, best first; only `bind` if it is one address."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    found = usable(psutil.net_if_addrs(), psutil.net_if_stats(), family)
    if bind not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return [it for it in found if it.ip == bind] or [Candidate(bind, "bind")]
    return rank(found, default_address(family))


def own_interfaces() -> list[Interface]:
    """Return the addresses of this machine's interfaces that are up, with their networks."""
    stats = psutil.net_if_stats()
    return [
        interface
        for name, addresses in psutil.net_if_addrs().items()
        if name in stats and stats[name].isup
        for it in addresses
        if it.family in {socket.AF_INET, socket.AF_INET6}
        and (interface := interface_of(it.address, it.netmask)) is not None
    ]


def interface_of(address: str, netmask: str | None) -> Interface | None:
    """Return an interface's address with its network; None if it has no mask."""
    if netmask is None:
        return None
    bits = int(ip_address(netmask)).bit_count()
    return ip_interface(f"{address.partition('%')[0]}/{bits}")


def is_local(address: str, own: Iterable[Interface]) -> bool:
    """Return whether an address is this machine's, or private and in one of its networks.

    Args:
        address: the address.
        own: this machine's addresses but for the loopback's.
    """
    parsed = parse_address(address)
    if parsed is None:
        return False
    is_private = any(parsed in it for it in _PRIVATE)
    return parsed.is_loopback or any(
        parsed == it.ip or (is_private and parsed in it.network) for it in own
    )


def usable(
    interfaces: Mapping[str, list[psutil._ntuples.snicaddr]],
    stats: Mapping[str, psutil._ntuples.snicstats],
    family: socket.AddressFamily = socket.AF_INET,
) -> list[Candidate]:
    """Return one family's addresses of the interfaces that are up, from psutil's two tables."""
    # If the system reports no MAC address at all, a missing one means nothing.
    reports_macs = any(_has_mac(addresses) for addresses in interfaces.values())
    return [
        Candidate(
            address.address,
            name,
            bool(_TUNNEL_FLAGS & set(stats[name].flags.split(",")))
            or (reports_macs and not _has_mac(addresses)),
        )
        for name, addresses in interfaces.items()
        if name in stats and stats[name].isup
        for address in addresses
        if address.family == family
    ]


def is_virtual(candidate: Candidate) -> bool:
    """Return whether an address is of a tunnel or of a network inside this machine."""
    return candidate.is_tunnel or candidate.interface.startswith(_INTERNAL + _TUNNELS)


def _has_mac(addresses: list[psutil._ntuples.snicaddr]) -> bool:
    """Return whether an interface has a hardware address of 48 bits that is not all zeros."""
    macs = [it.address for it in addresses if it.family == psutil.AF_LINK]
    return any(len(it) == _MAC_LENGTH and it.strip("0:-") for it in macs)


def _usable(ip: str) -> bool:
    address = ip_address(ip)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _score(candidate: Candidate, default: str | None) -> int:
    address = ip_address(candidate.ip)
    score = next((points for network, points in _HOME_NETWORKS if address in network), 0)
    if candidate.ip == default:
        score += _DEFAULT_ROUTE_BONUS
    if is_virtual(candidate):
        score -= _VIRTUAL_MALUS
    return score


def default_address(family: socket.AddressFamily) -> str | None:
    """Return the source address of the default route; None without one."""
    # Connecting a UDP socket sends nothing: the kernel only says which address it would use. The
    # networks are reserved for documentation, so that no real host is meant.
    target = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return None
