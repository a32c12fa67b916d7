"""Home Assistant's ingress: the pages inside Home Assistant, below a path that it chooses.

It strips the path and names it in ``X-Ingress-Path``. Only the trusted proxy's word counts:
waitress removes ``X-Forwarded-For`` from what anybody else sends.
"""

from __future__ import annotations

import re
from typing import Final

from flask import request

_PATH: Final = re.compile(r"/api/hassio_ingress/[A-Za-z0-9_-]{1,128}")


def path() -> str:
    """Return the path in front of the pages, with a slash at its end; empty without ingress."""
    found = request.headers.get("X-Ingress-Path", "")
    is_trusted = "HTTP_X_FORWARDED_FOR" in request.environ
    return f"{found}/" if is_trusted and _PATH.fullmatch(found) else ""


def broker() -> str:
    """Return the address at which a page that came through ingress reaches the broker.

    It is empty for any other page.
    """
    below = path()
    scheme = "wss" if request.is_secure else "ws"
    return f"{scheme}://{request.environ['HTTP_HOST']}{below}mqtt" if below else ""
