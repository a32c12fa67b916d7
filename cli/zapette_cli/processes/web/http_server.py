"""The HTTP server of the web side: waitress, with our limits and turns."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import Flask
from waitress.server import create_server

from zapette_broker.transports.descriptors import allow_many_files, most_connections
from zapette_broker.transports.handover import hand_over, listen
from zapette_cli.processes.ports import cannot_listen
from zapette_server.handover_socket import handover_socket, web_socket
from zapette_server.settings.settings import Settings
from zapette_webapp.http import connections
from zapette_webapp.http.connections import Connections
from zapette_webapp.http.reading.fair_channel import IDLE_SECONDS, Shared, make_fair
from zapette_webapp.http.reading.forwarded import behind
from zapette_webapp.http.reading.framing import LARGEST_BODY
from zapette_webapp.http.reading.request_parser import LARGEST_HEAD
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.http.responses.transfers import Transfers
from zapette_webapp.uploads.uploads import PART, Uploads

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

THREADS: Final = 16
"""The threads that answer requests (docs/decisions/0003-wsgi-server.md)."""

_BACKLOG: Final = 1024
_LAST_ANSWERS: Final = 1.0
"""Seconds for answers under way when the server stops; the manager waits for four."""


def create_http_server(
    app: Flask,
    settings: Settings,
    refusals: RefusalCounts,
    transfers: Transfers,
    uploads: Uploads,
    end_waits: Callable[[], None],
) -> Any:
    """Return waitress for `app`, bound to its port but not running.

    When it stops, it calls `end_waits` to end what answers may wait for, and then waits for them.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    front = web_socket(settings.data_dir) if settings.is_tls else None
    if front is not None:
        # the process that ends TLS has the port
        where: dict[str, Any] = {"sockets": [listen(front, _BACKLOG)], "url_scheme": "https"}
    else:
        where = {"host": settings.bind, "port": settings.http_port}
    server = _bound(
        behind(settings.proxies, app),
        settings,
        threads=THREADS,
        # more than `Connections` accepts plus the listeners: at this limit waitress stops accepting
        connection_limit=connections.MOST + 100,
        max_request_header_size=LARGEST_HEAD,
        # `Parser` has the limits: of a part of an upload, and of others with the framing of chunks;
        # waitress refuses what reaches this size
        max_request_body_size=max(PART, 2 * LARGEST_BODY) + 1,
        asyncore_use_poll=True,
        channel_timeout=int(IDLE_SECONDS),
        clear_untrusted_proxy_headers=False,  # `behind` does
        ident=None,
        **where,
    )
    allow_many_files()
    most = min(connections.MOST, most_connections())
    is_elsewhere = settings.broker.is_nats
    handover = None if is_elsewhere else handover_socket(settings.data_dir)
    shared = Shared(
        Connections(most, connections.MOST_OF_ADDRESS),
        refusals,
        partial(hand_over, handover) if handover is not None else None,
        settings.proxies,
        is_relayed=front is not None,
        transfers=transfers,
        parts=uploads.parts,
    )
    make_fair(server, shared)
    wait = server.task_dispatcher.shutdown

    def shutdown() -> None:
        end_waits()
        wait(timeout=_LAST_ANSWERS)

    server.task_dispatcher.shutdown = shutdown
    return server


def _bound(app: WSGIApplication, settings: Settings, **options: Any) -> Any:
    try:
        return create_server(app, **options)
    except OSError as error:
        raise cannot_listen(settings, "http_port", "pages", settings.http_port, error) from error
