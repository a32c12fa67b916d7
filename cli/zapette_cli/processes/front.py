"""The process that ends TLS in front of the web side, until SIGTERM."""

from __future__ import annotations

import logging
from typing import Final

from zapette.errors import SettingsError
from zapette_broker.running import set_by_signals
from zapette_broker.transports.descriptors import allow_many_files, most_connections
from zapette_cli.processes.certificate import keep_own, server_certificate
from zapette_server.handover_socket import web_socket
from zapette_server.settings.settings import Settings
from zapette_server.supervisor import Supervisor
from zapette_server.tls.authority import Authority
from zapette_server.tls.front import Front
from zapette_server.tls.plain_answer import authority_pages

log = logging.getLogger("zapette.tls")

_MOST: Final = 24_000
"""The most connections at once: those of the broker's listener and of the web side."""

_OTHER_FILES: Final = 50


async def serve(settings: Settings) -> None:
    """Serve TLS on the HTTP port until SIGINT or SIGTERM.

    Raises:
        SettingsError: the certificate cannot be used, or this system has no Unix sockets.
        OSError: the port is taken.
    """
    certificate = server_certificate(settings)
    web = web_socket(settings.data_dir)
    if certificate is None or web is None:
        raise SettingsError("tls_cert", "there is no certificate, and this serves only TLS")
    # pages and MQTT over WebSocket; other programs negotiate nothing
    certificate.context.set_alpn_protocols(["http/1.1"])
    allow_many_files()
    # each also needs a connection to the web side
    most = min(_MOST, most_connections(_OTHER_FILES) // 2)
    pages = authority_pages(Authority.in_data(settings.data_dir))
    front = Front(web, certificate.context, settings.hosts, pages, most)
    front.listen(settings.bind, settings.http_port)
    supervisor = Supervisor(log)
    supervisor.task("certificate", certificate.watch)
    supervisor.task("authority", lambda: keep_own(settings))
    stopping = set_by_signals()
    log.info("listening on %s: HTTPS %d", settings.bind, settings.http_port)
    await stopping.wait()
    supervisor.stop()
    await front.close()
