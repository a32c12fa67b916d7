"""A connection to the web side on this machine, for commands that look after it.

``python -m zapette_server.local_web`` ends with 0 if all is up, as a container's health check.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

from zapette_server.local_broker import find_home, local_host
from zapette_server.settings.settings import Settings


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


def answers(settings: Settings, timeout: float, *, ready: bool = True) -> bool:
    """Return whether the web side answers: that everything is up, or, if not `ready`, anything."""
    asked = connection(settings, timeout)
    try:
        # a check of a store that is locked takes longer than a web side that answers
        asked.request("GET", "/healthz" if ready else "/api/ip")
        return asked.getresponse().status == 200 or not ready
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


if __name__ == "__main__":
    sys.exit(not answers(find_home(os.environ).settings, timeout=4))
