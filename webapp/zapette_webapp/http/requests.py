"""The checked parts of a request: host, body, ids and keys."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from flask import request
from werkzeug.exceptions import BadRequest

from zapette.protocol.topics import is_player_id
from zapette_broker.client_addresses import client_of
from zapette_server.hosts import host_name
from zapette_webapp.errors import BodyTooLarge, InvalidId, InvalidRequest, NotJson

MAX_BODY: Final = 4096
"""The longest body of a request, in bytes."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def host() -> str:
    """Return the host by which the browser reached the server, without the port.

    HTTP/1.0 has no Host header (RFC 9112, 3.2): without one, it is ``localhost``. Browsers send it.

    Raises:
        InvalidRequest: the Host header is missing, or is not a host name.
    """
    is_old = request.environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    name = host_name(request.environ.get("HTTP_HOST", "localhost" if is_old else ""))
    if name is None:
        raise InvalidRequest("the Host header is missing or is not a host name")
    return name


def peer() -> str:
    """Return the address that the request came from."""
    return request.remote_addr or "unknown"


def client() -> str:
    """Return the client of the request, for limits by client."""
    return client_of(peer())


def body(known: set[str]) -> dict[str, Any]:
    """Return the JSON object in the body of the request.

    Raises:
        InvalidRequest: it is missing or too long, or has a member that is not in `known`.
    """
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise BodyTooLarge(MAX_BODY)
    if not request.is_json:
        raise NotJson
    try:
        content = request.get_json(silent=False)
    except (RecursionError, BadRequest):
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(content, dict):
        raise InvalidRequest("the body is not a JSON object")
    unknown = sorted(content.keys() - known)
    if unknown:
        raise InvalidRequest(
            f"unknown member {unknown[0][:40]!r}; there are {', '.join(sorted(known))}"
        )
    return content


def player_id(value: object) -> str:
    """Return `value` if it is a player id.

    Raises:
        InvalidId: it is malformed.
    """
    if not isinstance(value, str) or not is_player_id(value):
        raise InvalidId
    return value


def key(name: str, value: object) -> str:
    """Return `value`, the member `name` of a body, if it is a well-formed key.

    Raises:
        InvalidRequest: it is malformed.
    """
    if not isinstance(value, str) or _KEY.fullmatch(value) is None:
        raise InvalidRequest(f"{name}: 22 base64url characters are needed")
    return value


def seconds(name: str, end: float = math.inf) -> float | None:
    """Return the seconds before `end` in the parameter `name` of the query; None without it.

    Raises:
        InvalidRequest: it is malformed.
    """
    text = request.args.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < end:
        raise InvalidRequest(f"{name}: seconds from the beginning are needed")
    return value
