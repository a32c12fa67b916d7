"""The listener of the one port with TLS, in front of the web side."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from contextlib import suppress
from pathlib import Path
from ssl import SSLContext
from typing import Final

from zapette_broker.client_addresses import client_of
from zapette_broker.transports.handover import reachable
from zapette_server.hosts import Hosts
from zapette_server.tls import proxy_line
from zapette_server.tls.plain_answer import LARGEST_HEAD, Pages, answer, response
from zapette_server.tls.relay import Side

log = logging.getLogger("zapette.tls")

_BACKLOG: Final = 1024
_AT_ONCE: Final = 64
_HELLO: Final = 0x16
"""The first byte of a client that speaks TLS (RFC 8446, 5.1)."""

_TIMEOUT: Final = 10.0
"""The time that a client has for its first bytes, and then for the handshake, in seconds."""

_PAUSE: Final = 1.0
_STRANGERS_OF_CLIENT: Final = 100
_NO_WEB_SIDE: Final = response(
    "503 Service Unavailable", "Zapette is starting; try again.", "Retry-After: 1\r\n"
)


class Front:
    """Takes clients, ends their TLS, and relays each to the web side.

    Who it is that the web side serves, it says in a first line (PROXY protocol). Limits are the web
    side's and the broker's: when they close a connection, so does this. Of its own it limits only
    clients whose handshake is not complete: 100 of one address, ten seconds each.

    Args:
        web: the Unix socket of the web side.
        context: the certificate.
        hosts: those that the server answers.
        pages: what is answered without TLS.
        most: the most connections at once.
    """

    def __init__(
        self, web: Path, context: SSLContext, hosts: Hosts, pages: Pages, most: int
    ) -> None:
        self._web = web
        self._context = context
        self._hosts = hosts
        self._pages = pages
        self._most = most
        self._strangers: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sides: set[Side] = set()
        self._listening: list[socket.socket] = []
        self._loop = asyncio.get_running_loop()

    def listen(self, host: str, port: int) -> None:
        """Begin to take clients.

        Raises:
            OSError: the port is taken.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        listening.setblocking(False)
        self._listening.append(listening)
        self._loop.add_reader(listening, self._accept, listening)

    async def close(self) -> None:
        """Take no more clients, and end the connections."""
        for each in self._listening:
            self._loop.remove_reader(each)
            each.close()
        for side in list(self._sides):
            side.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                client, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("accepting no connections for a second: %s", error.strerror)  # noqa: TRY400 - expected
                self._loop.remove_reader(listening)
                self._loop.call_later(
                    _PAUSE, self._loop.add_reader, listening, self._accept, listening
                )
                return
            counted = client_of(address[0])
            if len(self._tasks) >= self._most or self._strangers[counted] >= _STRANGERS_OF_CLIENT:
                client.close()
                continue
            client.setblocking(False)
            self._strangers[counted] += 1
            task = self._loop.create_task(self._serve(client, address[0], address[1]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket, address: str, port: int) -> None:
        counted = client_of(address)
        outer = None
        try:
            outer = await self._meet(client)
        except (OSError, TimeoutError) as error:
            log.debug("no TLS with %s: %s", address, error)
            client.close()
        finally:
            self._strangers[counted] -= 1
            if not self._strangers[counted]:
                del self._strangers[counted]
        if outer is not None:
            await self._relay(outer, proxy_line.encode(address, port))

    async def _meet(self, client: socket.socket) -> Side | None:
        """Return a client after its handshake; None for one without TLS, which is answered."""
        async with asyncio.timeout(_TIMEOUT):
            first = await self._first_byte(client)
        if first != _HELLO:
            async with asyncio.timeout(_TIMEOUT):
                await self._answer_plainly(client)
            return None
        outer = Side()
        await self._loop.connect_accepted_socket(
            lambda: outer, client, ssl=self._context, ssl_handshake_timeout=_TIMEOUT
        )
        return outer

    async def _first_byte(self, client: socket.socket) -> int:
        """Return the first byte that a client sends, and leave it to be read.

        Raises:
            OSError: the client has gone.
        """
        ready = asyncio.Event()
        self._loop.add_reader(client, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(client)
        data = client.recv(1, socket.MSG_PEEK)
        if not data:
            raise ConnectionAbortedError("the client closed the connection")
        return data[0]

    async def _answer_plainly(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head and len(head) < LARGEST_HEAD:
                data = await self._loop.sock_recv(client, LARGEST_HEAD - len(head))
                if not data:
                    return
                head += data
            await self._loop.sock_sendall(client, answer(head, self._hosts, self._pages))
            # closing with unread bytes would make the client's system drop the answer
            client.shutdown(socket.SHUT_WR)
            await self._loop.sock_recv(client, LARGEST_HEAD)

    async def _relay(self, outer: Side, first: bytes) -> None:
        """Pass bytes on between a client and the web side, until one of them ends."""
        self._sides.add(outer)
        try:
            inner = await self._reach_web_side()
            if inner is None:
                outer.write(_NO_WEB_SIDE)
                outer.close()
            else:
                outer.join(inner, first)
            await outer.ended.wait()
        finally:
            self._sides.discard(outer)
            outer.close()

    async def _reach_web_side(self) -> Side | None:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.setblocking(False)
        try:
            with reachable(self._web) as name:
                link.connect(name)
            inner = Side()
            await self._loop.create_unix_connection(lambda: inner, sock=link)
        except OSError as error:
            log.debug("the web side does not answer: %s", error)
            with suppress(OSError):
                link.close()
            return None
        return inner
