"""What a client gets that speaks HTTP without TLS to a port that has TLS."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from zapette_server.hosts import Hosts, host_name
from zapette_server.tls import authority_page
from zapette_server.tls.authority import Authority

LARGEST_HEAD: Final = 8192
"""The longest head of a request that is read, in bytes."""

_LINE: Final = re.compile(rb"[A-Z]{3,10} (/[!-~]*) HTTP/1\.[01]")
_LANGUAGE: Final = re.compile(rb"\r\naccept-language:[ \t]*([^\r\n]*)\r\n", re.IGNORECASE)
_HOST: Final = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*\r\n", re.IGNORECASE)


Pages: TypeAlias = Callable[[str, str], bytes | None]
"""Returns the response for a path and an Accept-Language; None if there is none."""


def answer(head: bytes, hosts: Hosts, pages: Pages = lambda _path, _language: None) -> bytes:
    """Return the answer to a request: a redirect to the same address with https.

    Args:
        head: the head of the request, up to its empty line.
        hosts: those that the server answers; no other is named in the redirect.
        pages: what is answered without TLS.
    """
    line = _LINE.fullmatch(head.partition(b"\r\n")[0])
    host = _HOST.search(head)
    authority = host[1].decode("latin-1") if host else ""
    if line is None or host_name(authority) is None:
        return response("400 Bad Request", "This port uses TLS: the address begins with https://")
    if not hosts.allows(authority):
        return response(
            "421 Misdirected Request",
            "This server does not answer for that host; its setting allowed_hosts can name it.",
        )
    path = line[1].decode("ascii")
    language = _LANGUAGE.search(head)
    page = pages(path, language[1].decode("latin-1") if language else "")
    if page is not None:
        return page
    target = f"https://{authority}{path}"
    # it keeps the method, and nothing keeps it: TLS may be turned off again
    return response(
        "307 Temporary Redirect",
        f"This port uses TLS: {target}",
        f"Location: {target}\r\nCache-Control: no-store\r\n",
    )


def authority_pages(authority: Authority) -> Pages:
    """Return the page of the authority and its file: devices that lack it cannot use TLS yet."""

    def pages(path: str, language: str) -> bytes | None:
        if path not in (authority_page.PATH, authority_page.FILE_PATH) or not authority.is_made:
            return None
        fields = "Cache-Control: no-cache\r\n"
        if path == authority_page.FILE_PATH:
            return _whole("200 OK", authority.der, authority_page.FILE_TYPE, fields)
        html = authority_page.page(authority.fingerprint, language).encode()
        fields += f"Content-Security-Policy: {authority_page.POLICY}\r\nVary: Accept-Language\r\n"
        return _whole("200 OK", html, "text/html; charset=utf-8", fields)

    return pages


def response(status: str, text: str, fields: str = "") -> bytes:
    """Return a response of plain text, after which the connection closes."""
    return _whole(status, f"{text}\n".encode(), "text/plain; charset=utf-8", fields)


def _whole(status: str, body: bytes, kind: str, fields: str) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\n{fields}Connection: close\r\nX-Content-Type-Options: nosniff\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
