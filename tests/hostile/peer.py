"""Connections of attackers: HTTP and MQTT 5 with asyncio, from an address of their choice."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from tests.conformance.wire.answers import Answer, ConnAck, read_answer
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.properties import Pairs, Property

V5: Final = Version.V5
FOR_EVER: Final = ((Property.SESSION_EXPIRY, 0xFFFF_FFFF),)
"""Asks for a session that never ends."""

_TIMEOUT: Final = 20.0


class GoneError(OSError):
    """The server has closed the connection."""


async def stream(port: int, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection from `address`, a loopback address."""
    async with asyncio.timeout(_TIMEOUT):
        return await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))


@dataclass(frozen=True)
class Answered:
    """An answer over HTTP."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """One connection that is kept open, and opened again when the server has closed it."""

    def __init__(self, port: int, address: str) -> None:
        self._port = port
        self._address = address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> Answered:
        """Return the answer to one request; OSError or TimeoutError if there is none."""
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(_TIMEOUT):
                if self._writer is None:
                    self._reader, self._writer = await stream(self._port, self._address)
                self._writer.write(head.encode() + data)
                return await self._answer()
        except BaseException:
            self.close()
            raise

    async def _answer(self) -> Answered:
        assert self._reader is not None
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (it.partition(":") for it in lines)
            }
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        except (asyncio.IncompleteReadError, IndexError) as error:
            raise GoneError("no whole answer") from error
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answered(int(status.split()[1]), body)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


class Mqtt:
    """One MQTT 5 connection. `receive` raises `GoneError` at its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.ids = itertools.cycle(range(1, 65_536))

    @classmethod
    async def connect(
        cls, port: int, address: str, given: dict[str, Any], properties: Pairs = ()
    ) -> tuple[Mqtt, int]:
        """Connect with credentials; return the connection and the code of CONNACK."""
        peer = cls(*await stream(port, address))
        peer.send(
            Connect(
                given["client_id"],
                V5,
                clean=False,
                username=given["username"],
                password=given["password"].encode(),
                properties=properties,
            ).encode()
        )
        try:
            answer = await peer.receive()
        except (OSError, TimeoutError):
            peer.close()
            raise
        assert isinstance(answer, ConnAck), answer
        return peer, answer.code

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        """Wait until the server has taken nearly all that was sent."""
        async with asyncio.timeout(_TIMEOUT):
            await self._writer.drain()

    async def receive(self) -> Answer:
        """Return the next packet."""
        async with asyncio.timeout(_TIMEOUT):
            try:
                first = (await self._reader.readexactly(1))[0]
                length = shift = 0
                while True:
                    digit = (await self._reader.readexactly(1))[0]
                    length |= (digit & 127) << shift
                    shift += 7
                    if digit < 128:
                        break
                body = await self._reader.readexactly(length)
            except asyncio.IncompleteReadError as error:
                raise GoneError("the broker has closed the connection") from error
        return read_answer(first, body, V5)

    def close(self) -> None:
        with suppress(OSError):
            self._writer.close()
