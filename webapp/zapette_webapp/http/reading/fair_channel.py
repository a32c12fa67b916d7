"""Receiving in bounded time, for waitress; WebSockets of MQTT go to the broker.

By itself, waitress waits for a request as long as some bytes of it arrive.
"""

from __future__ import annotations

import logging
import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from waitress.server import BaseWSGIServer, MultiSocketServer
from waitress.task import WSGITask

from zapette_broker.client_addresses import client_of
from zapette_broker.transports.handover import Handover, HandoverError
from zapette_server.tls import proxy_line
from zapette_server.trusted_proxies import TrustedProxies
from zapette_webapp.errors import FramingError
from zapette_webapp.http.connections import Connections
from zapette_webapp.http.reading.forwarded import forwarded_address
from zapette_webapp.http.reading.request_parser import Parser, Parts, ProblemTask, Refusal
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.http.responses.transfers import RIGHT, Right, Transfers
from zapette_webapp.http.responses.turn_channel import TurnChannel

log = logging.getLogger("zapette.web")

HEADER_SECONDS: Final = 10.0
"""The time limit for the header of a request, from its first byte."""

BODY_SECONDS: Final = 20.0
"""The time limit for a complete request, from its first byte."""

IDLE_SECONDS: Final = 60.0
"""The time limit of an idle connection."""

_LINGER_SECONDS: Final = 2.0
_STALLED_SECONDS: Final = 10.0
_DROPPED_AT_ONCE: Final = 256 << 10
# drop what the system has not sent yet, and tell the client
_RESET: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Shared:
    """The data that the connections of a server share.

    Attributes:
        connections: those that are open.
        refusals: counts refusals.
        broker: gives a connection to the broker; None if this system cannot.
        proxies: those whose X-Forwarded-For is believed.
        is_relayed: whether another process relays the connections, and says in a first line whose
            each is (`zapette_server.tls.proxy_line`).
        transfers: those under way whose rights can be revoked.
        parts: answers for uploads; None if there are none.
    """

    connections: Connections[FairChannel]
    refusals: RefusalCounts
    broker: Callable[[socket.socket, Handover], None] | None = None
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    is_relayed: bool = False
    transfers: Transfers = field(default_factory=Transfers)
    parts: Parts | None = None


class RightfulTask(WSGITask):
    """Answers a request, and hands the connection the right that opened the answer."""

    channel: FairChannel
    environ: dict[str, Any] | None

    def execute(self) -> None:
        """Answer it."""
        try:
            super().execute()
        finally:
            self.channel.guard((self.environ or {}).get(RIGHT))


class FairChannel(TurnChannel):
    """A connection with limits on its time and its turns.

    Attributes:
        shared: the data of all connections.
        lingers: whether the client may still be sending bytes that nobody reads. Closing the
            connection now would make the client's system drop the answer (RFC 9112, 9.6).
    """

    parser_class: Any = Parser
    task_class = RightfulTask
    error_task_class = ProblemTask
    requests: list[Any]
    requests_lock: threading.Lock
    server: Any

    def __init__(self, *arguments: Any, shared: Shared, **named: Any) -> None:
        self.shared = shared
        self.parser_class = partial(Parser, parts=shared.parts)
        self.lingers = False
        self._is_cut = False
        self._lingers_until: float | None = None
        self._began: float | None = None
        self._waits_since = time.monotonic()
        super().__init__(*arguments, **named)
        self._client = ""
        self._line: bytes | None = b"" if shared.is_relayed else None
        if self._line is None:
            self._know_client()

    @property
    def idle_since(self) -> float | None:
        """Since when it waits for a complete request, or for its client to read."""
        if self.requests:
            return None
        if self.total_outbufs_len:
            stalled = time.time() - self.last_activity
            return time.monotonic() - stalled if stalled > _STALLED_SECONDS else None
        return self._waits_since

    def readable(self) -> bool:
        """Return whether to keep reading; end a request that takes too long."""
        now = time.monotonic()
        if self._is_cut:
            self._reset()
            return False
        if self._lingers_until is not None:
            if now > self._lingers_until:
                self.will_close = True
            return not self.will_close
        if self._is_for_broker():
            self._hand_over()
        if not self.requests:
            if self._began is not None and now > self._deadline(self._began):
                self._give_up()
            elif now - self._waits_since > IDLE_SECONDS and not self.total_outbufs_len:
                # waitress counts empty lines as activity
                self.will_close = True
        return self._is_open and bool(super().readable()) and not self._is_for_broker()

    def writable(self) -> bool:
        """Return whether there is something to send, or the connection is to be closed."""
        return self._is_open and bool(super().writable())

    def handle_read(self) -> None:
        """Read bytes; drop them if the connection only lingers."""
        if self._lingers_until is None:
            super().handle_read()
        elif not self.recv(_DROPPED_AT_ONCE):
            self.will_close = True

    def received(self, data: bytes) -> bool:
        """Take bytes; record when a request began and when it was complete."""
        if self._line is not None:
            data = self._read_line(self._line + data)
        taken = bool(super().received(data))
        if self.request is None:
            self._began = None
        elif self._began is None:
            self._began = time.monotonic()
        if self._is_for_broker():
            self._hand_over()
        return taken

    def service(self) -> None:
        """Answer a request."""
        super().service()
        self._waits_since = time.monotonic()

    def handle_close(self) -> None:
        """Close the connection, or only our side of it while the client may still be sending."""
        if self.lingers and self._lingers_until is None and self.connected:
            self._lingers_until = time.monotonic() + _LINGER_SECONDS
            self.will_close = False
            if self._shut_down():
                return
        super().handle_close()

    def del_channel(self, map: Any = None) -> None:  # noqa: A002 - waitress calls it so
        """Leave the set of open connections."""
        super().del_channel(map)
        if self.request is not None:
            self.request.close()
        self.shared.transfers.end(self)
        self.shared.connections.leave(self, self._client)

    def sent(self, *, has_taken: bool) -> None:
        """Note the end of a turn; an answer that is sent needs its right no longer."""
        if not self.total_outbufs_len:
            self.shared.transfers.end(self)
        if has_taken:
            self._waits_since = time.monotonic()

    def guard(self, right: Right | None) -> None:
        """Take note of the right that opened what is being sent; None if it cannot be revoked."""
        with self.outbuf_lock:
            if right is not None and self.connected and self.total_outbufs_len:
                self.shared.transfers.begin(self, right)

    def cut(self) -> None:
        """Close the connection, and drop what is not sent yet."""
        self._is_cut = True
        self.server.pull_trigger()

    @property
    def _is_open(self) -> bool:
        """Tell whether it may be waited for: another connection may have a closed one's number."""
        return self.socket is not None

    def _reset(self) -> None:
        self.lingers = False
        if self.socket is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.handle_close()

    def _shut_down(self) -> bool:
        """Tell the client that the answer is complete; return whether the client is still there."""
        try:
            if self.socket is not None:
                self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True

    def _read_line(self, data: bytes) -> bytes:
        """Take the line about the client; return the bytes after it."""
        try:
            found = proxy_line.split(data)
        except ValueError as error:
            log.warning("a connection that the process for TLS did not introduce: %s", error)
            self.will_close = True
            return b""
        if found is None:
            self._line = data
            return b""
        self._line = None
        self.addr, rest = found
        self._know_client()
        return rest

    def _know_client(self) -> None:
        self._client = client_of(self._peer)
        self._make_room()

    @property
    def _peer(self) -> str:
        return str(self.addr[0]) if self.addr else ""

    def _make_room(self) -> None:
        is_proxy = self._peer in self.shared.proxies
        last = self.shared.connections.join(self, self._client, is_proxy=is_proxy)
        if last is not None:
            self.shared.refusals.count(Reason.CONNECTIONS)
            last.lingers = False
            last.handle_close()

    def _is_for_broker(self) -> bool:
        return isinstance(self.request, Parser) and self.request.first is not None

    def _hand_over(self) -> None:
        """Give the connection to the broker once all earlier answers are sent."""
        with self.requests_lock:
            request = self.request
            if self.requests or self.total_outbufs_len or self.will_close:
                return
            if not isinstance(request, Parser) or request.first is None or self.socket is None:
                return
            self.request = None
            is_taken = self._offer(Handover(self._peer_of(request), request.first))
            if not is_taken:
                request.answer_here()
                self.requests.append(request)
                self.server.add_task(self)
        if is_taken:
            self.handle_close()

    def _offer(self, handover: Handover) -> bool:
        """Return whether the broker has taken the connection."""
        if self.shared.broker is None or self.socket is None:
            return False
        try:
            self.shared.broker(self.socket, handover)
        except HandoverError as error:
            log.debug("the broker did not take a connection: %s", error)
            return False
        return True

    def _peer_of(self, request: Parser) -> str:
        """Return the address of the client, also behind the proxy."""
        if self._peer not in self.shared.proxies:
            return self._peer
        return forwarded_address(request.headers.get("X_FORWARDED_FOR", "")) or self._peer

    def _deadline(self, began: float) -> float:
        in_body = self.request is not None and self.request.headers_finished
        return began + (BODY_SECONDS if in_body else HEADER_SECONDS)

    def _give_up(self) -> None:
        """Answer 408 to an incomplete request."""
        self._began = None
        with self.requests_lock:
            request, self.request = self.request, None
            if request is None:
                return
            detail = "the request took too long to arrive"
            request.error = Refusal(FramingError(HTTPStatus.REQUEST_TIMEOUT, detail))
            request.completed = True
            self.requests.append(request)
            self.server.add_task(self)


def make_fair(server: BaseWSGIServer | MultiSocketServer, shared: Shared) -> None:
    """Make a server that has not started yet receive and send in turns."""
    listeners = [server] if isinstance(server, BaseWSGIServer) else (server.map or {}).values()
    for listener in listeners:
        if isinstance(listener, BaseWSGIServer):
            channel: Any = partial(FairChannel, shared=shared)
            listener.channel_class = channel
