"""Byte streams to a server: TCP as it is, and WebSocket written by hand."""

from __future__ import annotations

import base64
import fcntl
import os
import socket
import sys
import termios
from enum import IntEnum
from typing import Self

from tests.waiting import SLACK, eventually

HANDSHAKE_LIMIT = 65536


class Stream:
    """A TCP connection. `receive` returns b"" once the server has closed it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5 + SLACK)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        """Send all of `data`; what a server that has closed does not take is dropped."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def receive(self, timeout: float) -> bytes:
        """Return what has come, at least one byte; TimeoutError after `timeout` seconds."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65536)
        except ConnectionResetError:
            return b""

    def wait_until_arrived(self) -> None:
        """Wait until the server's system has all that was sent, whether it was read or not."""
        eventually(lambda: self._under_way() == 0, "all has arrived", every=0.001)

    def _under_way(self) -> int:
        """Return how many bytes the server's system has not acknowledged (tcp(7), SIOCOUTQ)."""
        return int.from_bytes(fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def close(self) -> None:
        self.socket.close()


class Opcode(IntEnum):
    """What a WebSocket frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class NotBinaryError(AssertionError):
    """The server sent MQTT in a frame that is not binary."""


class WebSocketStream(Stream):
    """A WebSocket connection (RFC 6455) that carries MQTT: one binary frame for each `send`."""

    def __init__(self, port: int, protocols: str | None = "mqtt", path: str = "/mqtt") -> None:
        super().__init__(port)
        self._buffer = b""
        self.response = self._upgrade(port, protocols, path)

    def _upgrade(self, port: int, protocols: str | None, path: str) -> str:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        ]
        if protocols is not None:
            lines.append(f"Sec-WebSocket-Protocol: {protocols}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        received = b""
        while b"\r\n\r\n" not in received and len(received) < HANDSHAKE_LIMIT:
            chunk = super().receive(5)
            if not chunk:
                break
            received += chunk
        head, _, self._buffer = received.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    @property
    def status(self) -> int:
        """The status of the handshake, 0 if the server closed without one."""
        words = self.response.split()
        return int(words[1]) if len(words) > 1 else 0

    def header(self, name: str) -> str | None:
        """Return a header of the handshake's response."""
        for line in self.response.splitlines()[1:]:
            key, _, value = line.partition(":")
            if key.strip().lower() == name.lower():
                return value.strip()
        return None

    def send(self, data: bytes) -> None:
        self.send_frame(Opcode.BINARY, data)

    def send_frame(self, opcode: Opcode, data: bytes, *, final: bool = True) -> None:
        """Send one masked frame."""
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            length = bytes([0x80 | size])
        elif size < 65536:
            length = b"\xfe" + size.to_bytes(2, "big")
        else:
            length = b"\xff" + size.to_bytes(8, "big")
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        super().send(bytes([(0x80 if final else 0) | opcode]) + length + mask + masked)

    def receive(self, timeout: float) -> bytes:
        while True:
            header = self._exactly(2, timeout)
            if len(header) < 2:
                return b""
            size = header[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(self._exactly(2 if size == 126 else 8, timeout), "big")
            data = self._exactly(size, timeout)
            opcode = Opcode(header[0] & 0x0F)
            if opcode is Opcode.CLOSE:
                return b""
            if opcode is Opcode.PING:
                self.send_frame(Opcode.PONG, data)
            elif opcode not in (Opcode.BINARY, Opcode.CONTINUATION, Opcode.PONG):
                raise NotBinaryError(f"MQTT in a frame of type {opcode.name}")
            elif opcode is not Opcode.PONG and data:
                return data

    def _exactly(self, count: int, timeout: float) -> bytes:
        while len(self._buffer) < count:
            chunk = super().receive(timeout)
            if not chunk:
                return b""
            self._buffer += chunk
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data
