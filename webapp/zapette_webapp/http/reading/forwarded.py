"""The client's address in X-Forwarded-For; no I/O."""

from __future__ import annotations

from ipaddress import ip_address


def forwarded_address(field: str) -> str:
    """Return the address that the nearest proxy added: the last one; empty if there is none.

    Args:
        field: the values of X-Forwarded-For. An address may have a port, and an IPv6 address
            brackets.
    """
    last = field.rpartition(",")[2].strip(' \t"')
    bracketed, _, _ = last.removeprefix("[").partition("]")
    for candidate in (bracketed, last.rpartition(":")[0]):
        try:
            return str(ip_address(candidate))
        except ValueError:
            continue
    return ""
