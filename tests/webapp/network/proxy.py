"""A tiny reverse proxy: what it is asked for below ``/zap/`` it passes on without that."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final

from tests.waiting import HANG_TIMEOUT

PREFIX: Final = "/zap"
CLIENT: Final = "192.168.7.7"
"""The address that it says its clients have."""


class Proxy:
    """Passes HTTP and WebSockets on, one connection for each request.

    Args:
        port: where it listens on the loopback interface.
        http_port: where requests and WebSockets go.
        prefix: the path that it strips.
        fields: what it adds to each request.
    """

    def __init__(
        self,
        port: int,
        http_port: int,
        prefix: str = PREFIX,
        fields: tuple[str, ...] = (f"X-Forwarded-For: {CLIENT}",),
    ) -> None:
        self._http_port = http_port
        self._prefix = prefix
        self._fields = fields
        self._listener = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.outside: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(HANG_TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, ValueError):
            head, rest = self._head(client)
            method, path, version = head[0].split(" ")
            if not path.startswith(f"{self._prefix}/"):
                self.outside.append(path)
                client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                return
            is_websocket = any(line.lower() == "upgrade: websocket" for line in head)
            dropped = () if is_websocket else ("connection:",)
            lines = [
                f"{method} {path.removeprefix(self._prefix)} {version}",
                *(line for line in head[1:] if not line.lower().startswith(dropped)),
                *self._fields,
                *(() if is_websocket else ("Connection: close",)),
            ]
            with socket.create_connection(("127.0.0.1", self._http_port)) as server:
                server.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + rest)
                back = threading.Thread(target=_pipe, args=(server, client), daemon=True)
                back.start()
                _pipe(client, server)
                back.join()

    def _head(self, client: socket.socket) -> tuple[list[str], bytes]:
        read = b""
        while b"\r\n\r\n" not in read:
            more = client.recv(65536)
            if not more:
                raise ValueError("the client is gone")
            read += more
        head, _, rest = read.partition(b"\r\n\r\n")
        return head.decode("latin-1").split("\r\n"), rest


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
