"""Which address of this machine a phone on the same network can reach; works with no Internet."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

import psutil

_VIRTUAL: Final = (
    "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "lxc", "lxd", "tun",
    "tap", "wg", "zt", "tailscale", "utun", "ppp", "vEthernet", "hamachi", "nordlynx", "proton",
)  # fmt: skip
_HOME_NETWORKS: Final = (
    (IPv4Network("192.168.0.0/16"), 30),
    (IPv4Network("10.0.0.0/8"), 20),
    (IPv4Network("172.16.0.0/12"), 10),
)
_DEFAULT_ROUTE_BONUS: Final = 25
_VIRTUAL_MALUS: Final = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """An IPv4 address that a phone may reach, and the interface that has it."""

    ip: str
    interface: str


def rank(addresses: Iterable[Candidate], default: str | None) -> list[Candidate]:
    """Return the usable addresses, the likeliest to be reached from a phone first.

    IPv4 only: ``.local`` names and link-local IPv6 fail on phones. Loopback and link-local
    addresses are left out; tunnels and container bridges come last.

    Args:
        addresses: what the interfaces have.
        default: the address that the default route starts from, if there is one.
    """
    return sorted(
        (it for it in addresses if _usable(it.ip)),
        key=lambda it: (-_score(it, default), it.interface, IPv4Address(it.ip)),
    )


def candidates(bind: str = "0.0.0.0") -> list[Candidate]:  # noqa: S104 - names every interface
    """Return this machine's addresses for phones, best first; only `bind` if it is one address."""
    found = _addresses(psutil.net_if_addrs(), psutil.net_if_stats())
    if bind not in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return [it for it in found if it.ip == bind] or [Candidate(bind, "bind")]
    return rank(found, _default_address())


def _addresses(
    interfaces: Mapping[str, list[psutil._ntuples.snicaddr]],
    stats: Mapping[str, psutil._ntuples.snicstats],
) -> list[Candidate]:
    return [
        Candidate(address.address, name)
        for name, addresses in interfaces.items()
        if name in stats and stats[name].isup
        for address in addresses
        if address.family == socket.AF_INET
    ]


def _usable(ip: str) -> bool:
    address = IPv4Address(ip)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _score(candidate: Candidate, default: str | None) -> int:
    address = IPv4Address(candidate.ip)
    score = next((points for network, points in _HOME_NETWORKS if address in network), 0)
    if candidate.ip == default:
        score += _DEFAULT_ROUTE_BONUS
    if candidate.interface.startswith(_VIRTUAL):
        score -= _VIRTUAL_MALUS
    return score


def _default_address() -> str | None:
    # Connecting a UDP socket sends nothing: the kernel only says which address it would use. The
    # network is one reserved for documentation, so that no real host is meant.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return None
