"""The HTTP request that opens a WebSocket (RFC 6455 section 4); no I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Protocol
from urllib.parse import urlsplit

MAX_REQUEST = 16_384
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SUBPROTOCOL = "mqtt"


class BadRequest(Exception):
    """The request is refused with an HTTP status."""

    def __init__(self, status: str, detail: str, *, extra: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra

    @property
    def response(self) -> bytes:
        """Return the HTTP response that says so."""
        body = f"{self.detail}\n"
        return (
            f"HTTP/1.1 {self.status}\r\n"
            "Connection: close\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            f"{self.extra}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class HostRule(Protocol):
    """The hosts that are answered, and the pages that may connect (DNS rebinding)."""

    def allows(self, authority: str) -> bool:
        """Return whether a Host header, with or without a port, names a host that is ours."""

    def allows_origin(self, origin: str, authority: str) -> bool:
        """Return whether a page of `origin` may connect to the host that `authority` names."""


def accept(
    head: bytes, path: str, origins: frozenset[str] | None, hosts: HostRule | None = None
) -> bytes:
    """Return the response that opens the WebSocket, for a request without its last empty line.

    BadRequest if it is not a WebSocket upgrade, names another host or path, does not offer the
    subprotocol ``mqtt`` [MQTT-6.0.0-3], or comes from a page whose origin is not in `origins` (or,
    without these, whose origin `hosts` does not allow).
    """
    target, headers = _parse(head)
    authority = headers["host"]
    if hosts is not None and not hosts.allows(authority):
        raise BadRequest(
            "421 Misdirected Request",
            "This server does not answer for that host; its setting allowed_hosts can name it.",
        )
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in _tokens(
        headers, "connection"
    ):
        raise BadRequest(
            "426 Upgrade Required",
            f"This is MQTT over WebSocket: connect to {path} with the subprotocol mqtt.",
            extra="Upgrade: websocket\r\n",
        )
    if _path(target) != path:
        raise BadRequest("404 Not Found", f"MQTT is at {path}.")
    if headers.get("sec-websocket-version") != "13":
        raise BadRequest(
            "426 Upgrade Required",
            "only WebSocket version 13 is supported",
            extra="Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n",
        )
    if _SUBPROTOCOL not in _tokens(headers, "sec-websocket-protocol"):
        raise BadRequest("400 Bad Request", "the subprotocol mqtt is not offered")
    _check_origin(headers, origins, hosts)
    key = headers.get("sec-websocket-key", "")
    try:
        valid = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise BadRequest("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64")
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: "
        + base64.b64encode(digest)
        + b"\r\n\r\n"
    )


_TARGET = re.compile(r"[!-~]+")
_HEADER = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[^\x00-\x08\x0a-\x1f\x7f]*+"
_HEADERS = re.compile(rf"{_HEADER}(?:\r\n{_HEADER})*")
_ONCE = frozenset(
    {"host", "origin", "content-length", "sec-websocket-key", "sec-websocket-version"}
)


def _parse(head: bytes) -> tuple[str, dict[str, str]]:
    """Return the target and the headers; refuse ambiguous requests.

    Bytes over 127 in values are opaque (RFC 9110 section 5.5): cookies of other programs on the
    same host may contain them, and are ignored.
    """
    first, _, rest = head.decode("latin-1").partition("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or parts[2] != "HTTP/1.1" or _TARGET.fullmatch(parts[1]) is None:
        raise BadRequest("400 Bad Request", "not an HTTP/1.1 request")
    if parts[0] != "GET":
        raise BadRequest("405 Method Not Allowed", "only GET", extra="Allow: GET\r\n")
    if _HEADERS.fullmatch(rest) is None:
        raise BadRequest("400 Bad Request", "malformed header")
    headers: dict[str, str] = {}
    for line in rest.split("\r\n"):
        name, _, value = line.partition(":")
        name = name.lower()
        value = value.strip(" \t")
        if name in headers:
            if name in _ONCE:
                raise BadRequest("400 Bad Request", f"more than one {name}")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise BadRequest("400 Bad Request", "a body is not expected")
    if "host" not in headers:
        raise BadRequest("400 Bad Request", "no host")
    return parts[1], headers


def _tokens(headers: dict[str, str], name: str) -> set[str]:
    return {token.strip().lower() for token in headers.get(name, "").split(",")}


def _check_origin(
    headers: dict[str, str], origins: frozenset[str] | None, hosts: HostRule | None
) -> None:
    """Refuse a page of another origin; what is no browser sends none (RFC 6455 section 10.2)."""
    origin = headers.get("origin")
    if origin is None or (origins is not None and origin in origins):
        return
    if origins is None:
        if hosts is None or hosts.allows_origin(origin, headers["host"]):
            return
        raise BadRequest("421 Misdirected Request", "Pages of this origin may not connect.")
    if "same-host" in origins and _host(origin) and _host(origin) == _host("//" + headers["host"]):
        return
    raise BadRequest("403 Forbidden", "pages of this origin may not connect")


def _path(target: str) -> str | None:
    try:
        return urlsplit(target).path
    except ValueError:
        return None


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
