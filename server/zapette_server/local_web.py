"""A connection to the web side on this machine, for commands that look after it."""

from __future__ import annotations

import http.client
import ssl

from zapette_server.local_broker import local_host
from zapette_server.settings import Settings


def connection(settings: Settings, timeout: float) -> http.client.HTTPConnection:
    """Return a connection, not open yet, to the pages of `settings`.

    It does not check the certificate, which names the server as others reach it: send no secret.

    Args:
        settings: of the server.
        timeout: of each step, in seconds.
    """
    host, port = local_host(settings), settings.http_port
    if not settings.is_tls:
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
