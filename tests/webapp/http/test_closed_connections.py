"""Closing a connection does not close the one that is accepted next, with the same descriptor."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from waitress import wasyncore
from waitress.server import create_server

from tests.waiting import eventually
from zapette_broker.transports.handover import Handover
from zapette_webapp.http.connections import Connections
from zapette_webapp.http.reading.fair_channel import FairChannel, Shared, make_fair
from zapette_webapp.http.refusal_counts import RefusalCounts

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
LONG_GET = b"GET /long HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
UPGRADE = b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\n\r\n"


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer briefly, or with more than a client's system takes before it reads."""
    body = bytes(8 << 20 if environ["PATH_INFO"] == "/long" else 2)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@dataclass
class WebSide:
    """A server whose loop the test runs, and clients of it."""

    server: Any
    clients: ExitStack
    newcomers: list[socket.socket] = field(default_factory=list)

    def connect(self, request: bytes) -> socket.socket:
        address = self.server.socket.getsockname()
        client = self.clients.enter_context(socket.create_connection(address, timeout=20))
        client.sendall(request)
        return client

    def look(self) -> bool:
        """Let the server look at its sockets once."""
        wasyncore.loop(timeout=1, use_poll=True, map=self.server._map, count=1)
        return True

    def is_answered(self, client: socket.socket) -> bool:
        self.look()
        return bool(select.select([client], [], [], 0)[0])

    def channel(self) -> FairChannel:
        return next(it for it in self.server._map.values() if isinstance(it, FairChannel))


@pytest.fixture
def web() -> Iterator[WebSide]:
    server: Any = create_server(application, host="127.0.0.1", port=0, threads=1)
    with ExitStack() as clients:
        side = WebSide(server, clients)

        def broker(_client: socket.socket, _handover: Handover) -> None:
            side.newcomers.append(side.connect(GET))

        make_fair(server, Shared(Connections(10, 10), RefusalCounts(), broker))
        try:
            yield side
        finally:
            server.task_dispatcher.shutdown()
            server.close()
            wasyncore.close_all(server._map)


def test_somebody_connects_while_the_broker_gets_a_connection(web: WebSide) -> None:
    web.connect(GET + UPGRADE)
    eventually(lambda: web.look() and web.newcomers, "the upgrade is handed over")
    newcomer = web.newcomers[0]
    eventually(lambda: web.is_answered(newcomer), "an answer")
    assert newcomer.recv(15) == b"HTTP/1.1 200 OK"


def test_somebody_connects_while_an_answer_is_cut(web: WebSide) -> None:
    web.connect(LONG_GET)
    eventually(lambda: web.look() and web.channel().close_when_flushed, "it is being sent")
    web.channel().cut()
    newcomer = web.connect(GET)
    eventually(lambda: web.is_answered(newcomer), "an answer")
    assert newcomer.recv(15) == b"HTTP/1.1 200 OK"
