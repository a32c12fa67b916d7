"""The line that says where a relayed connection comes from: version 1 of the PROXY protocol."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

_LONGEST: Final = 107
"""The longest line, in bytes, with its end."""


def encode(address: str, port: int) -> bytes:
    """Return the line for a client; what the connection went to is left out, as nobody asks."""
    plain = address.partition("%")[0]
    family, here = ("TCP6", "::") if ":" in plain else ("TCP4", "0.0.0.0")  # noqa: S104 - no bind
    return f"PROXY {family} {plain} {here} {port} 0\r\n".encode("ascii")


def split(data: bytes) -> tuple[tuple[str, int], bytes] | None:
    """Return the address and port of the client, and the bytes after the line.

    None if more bytes are needed.

    Raises:
        ValueError: it is no such line.
    """
    line, end, rest = data.partition(b"\r\n")
    if len(line) + 2 > _LONGEST:
        raise ValueError("the line is too long")
    if not end:
        return None
    name, family, address, _, port, _ = line.decode("ascii").split(" ")
    if name != "PROXY" or family not in ("TCP4", "TCP6"):
        raise ValueError("not a line of the PROXY protocol")
    return (str(ip_address(address)), int(port)), rest
