"""What a client gets that speaks HTTP without TLS to a port that has TLS; no I/O."""

from __future__ import annotations

import re
from typing import Final

from zapette_server.hosts import Hosts, host_name

LARGEST_HEAD: Final = 8192
"""The longest head of a request that is read, in bytes."""

_LINE: Final = re.compile(rb"[A-Z]{3,10} (/[!-~]*) HTTP/1\.[01]")
_HOST: Final = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)


def answer(head: bytes, hosts: Hosts) -> bytes:
    """Return the answer to a request: a redirect to the same address with https.

    Args:
        head: the head of the request, up to its empty line.
        hosts: those that the server answers; no other is named in the redirect.
    """
    line = _LINE.fullmatch(head.partition(b"\r\n")[0])
    host = _HOST.search(head)
    authority = host[1].decode("latin-1") if host else ""
    if line is None or host_name(authority) is None:
        return response("400 Bad Request", "This port has TLS: the address begins with https://")
    if not hosts.allows(authority):
        return response(
            "421 Misdirected Request",
            "This server does not answer for that host; its setting allowed_hosts can name it.",
        )
    target = f"https://{authority}{line[1].decode('ascii')}"
    # it keeps the method, and nothing keeps it: TLS may be turned off again
    return response(
        "307 Temporary Redirect",
        f"This port has TLS: {target}",
        f"Location: {target}\r\nCache-Control: no-store\r\n",
    )


def response(status: str, text: str, fields: str = "") -> bytes:
    """Return a response of plain text, after which the connection closes."""
    body = f"{text}\n".encode()
    return (
        f"HTTP/1.1 {status}\r\n{fields}Connection: close\r\nX-Content-Type-Options: nosniff\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
