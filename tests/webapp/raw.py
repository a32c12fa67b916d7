"""HTTP by hand, for requests that no client library would send."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

from tests.programs.system import System


@dataclass(frozen=True)
class Raw:
    """An answer as it came.

    Attributes:
        status: its status.
        fields: its header fields, names in lower case.
        body: its body, as long as Content-Length says.
        rest: what came after it until the server closed the connection, if it did.
        is_closed: whether the server closed the connection.
    """

    status: int
    fields: dict[str, str]
    body: bytes
    rest: bytes
    is_closed: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def connect(system: System, source: str = "127.0.0.1") -> socket.socket:
    """Return a connection to the web side, from one of the loopback's addresses."""
    target = ("127.0.0.1", system.http_port)
    return socket.create_connection(target, timeout=20, source_address=(source, 0))


def ask(system: System, request: bytes, *, has_body: bool = True) -> Raw:
    """Send bytes on a connection of their own, and read what is answered."""
    with connect(system) as connection:
        connection.sendall(request)
        return read(connection, has_body=has_body)


def read(connection: socket.socket, *, has_body: bool = True) -> Raw:
    """Read an answer, and what follows it if the server says that it closes the connection."""
    head, rest = b"", b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            raise AssertionError(f"the connection ended after {head!r}")
        head += part
    head, _, rest = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(fields.get("content-length", "0")) if has_body else 0
    while len(rest) < length:
        part = connection.recv(65536)
        if not part:
            raise AssertionError("the connection ended in a body")
        rest += part
    body, rest = rest[:length], rest[length:]
    is_closed = fields.get("connection", "").lower() == "close"
    while is_closed and (part := connection.recv(65536)):
        rest += part
    return Raw(int(first.split(" ")[1]), fields, body, rest, is_closed)
