"""The listener for connections that another process hands over, and their transport."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from zapette_broker.transports import handover
from zapette_broker.transports.handover import Handover, HandoverError
from zapette_broker.transports.upgrade import BadRequest
from zapette_broker.transports.websocket import WebSocketTransport

if TYPE_CHECKING:
    from zapette_broker.transports.listener import Listener
    from zapette_broker.transports.websocket import WebSocketSettings

logger = logging.getLogger("broker")

_AT_ONCE: Final = 64
"""Handovers taken before others of the event loop have their turn."""

_TIMEOUT: Final = 5.0
_PAUSE: Final = 1.0
_NO_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_FULL: Final = BadRequest(
    "503 Service Unavailable",
    "The broker has reached its limit of connections.",
    extra="Retry-After: 5\r\n",
)


class HandedOverTransport(WebSocketTransport):
    """One client on a WebSocket that another process accepted."""

    __slots__ = ("_handover",)

    def __init__(
        self, listener: Listener, settings: WebSocketSettings, handed_over: Handover
    ) -> None:
        super().__init__(listener, settings)
        self._handover = handed_over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, and act on what it has sent to the other process."""
        super().connection_made(transport)
        if self._connection is not None and self._handover.first:
            self.data_received(self._handover.first)

    def _address_of(self, _stream: asyncio.Transport) -> str:
        return self._handover.peer

    def _refuse(self, stream: asyncio.Transport) -> None:
        stream.write(_FULL.response)
        stream.close()


class HandoverServer:
    """Takes connections on a Unix socket; must be made in the event loop.

    Args:
        path: where the Unix socket is.
        make: returns the protocol of a connection.
        backlog: how many handovers may wait to be taken.

    Raises:
        OSError: there can be no Unix socket at `path`.
    """

    sockets: tuple[socket.socket, ...] = ()
    """Its public sockets: none."""

    def __init__(
        self, path: Path, make: Callable[[Handover], asyncio.Protocol], backlog: int
    ) -> None:
        self._path = path
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._links: dict[_Link, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._listening = handover.listen(path, backlog)
        self._inode = path.stat().st_ino
        self._loop.add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Take no more connections, and remove the Unix socket."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for link in list(self._links):
            self._end(link)
        with suppress(OSError):
            # another broker may have put its own there
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    async def wait_closed(self) -> None:
        """Wait until no connection is being adopted."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_FILES:
                    raise
                logger.error("event=handover_paused reason=%r", error.strerror)  # noqa: TRY400 - expected
                self._loop.remove_reader(self._listening)
                self._pause = self._loop.call_later(_PAUSE, self._go_on)
                return
            sock.setblocking(False)
            link = _Link(sock)
            self._links[link] = self._loop.call_later(_TIMEOUT, self._end, link)
            self._loop.add_reader(sock, self._read, link)
            self._read(link)

    def _go_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._accept)

    def _read(self, link: _Link) -> None:
        try:
            taken = link.read()
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, HandoverError, EOFError) as error:
            if link.has_begun:
                logger.warning("event=handover_failed reason=%r", str(error))
            self._end(link)
            return
        if taken is not None:
            self._adopt(link.release(), taken)
            self._end(link)

    def _end(self, link: _Link) -> None:
        timer = self._links.pop(link, None)
        if timer is not None:
            timer.cancel()
            self._loop.remove_reader(link.sock)
            link.close()

    def _adopt(self, client: socket.socket, handed_over: Handover) -> None:
        client.setblocking(False)

        async def adopt() -> None:
            try:
                await self._loop.connect_accepted_socket(lambda: self._make(handed_over), client)
            except OSError as error:
                # the client has gone meanwhile
                logger.debug("event=handover_lost reason=%r", str(error))
                client.close()

        task = self._loop.create_task(adopt())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Link:
    """A connection on the Unix socket, which brings one handover."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._data = b""
        self._clients: list[socket.socket] = []

    @property
    def has_begun(self) -> bool:
        return bool(self._data or self._clients)

    def read(self) -> Handover | None:
        """Return the handover once it is complete.

        Raises:
            OSError: there is nothing to read now, or the connection is broken.
            EOFError: the connection ended before that.
            HandoverError: it is malformed.
        """
        data, clients = handover.receive(self.sock)
        self._clients += clients
        if not data:
            raise EOFError("the connection ended early")
        self._data += data
        taken = handover.decode(self._data)
        if taken is not None:
            if len(self._clients) != 1:
                raise HandoverError(f"a message with {len(self._clients)} sockets")
            client = self._clients[0]
            # a Unix socket leads to a program that has the client's, for TLS
            if client.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
                raise HandoverError("not a socket of a client")
        return taken

    def release(self) -> socket.socket:
        """Return the socket of the client, which the caller closes."""
        return self._clients.pop()

    def close(self) -> None:
        self.sock.close()
        for each in self._clients:
            each.close()
