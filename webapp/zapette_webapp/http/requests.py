"""Reading what a client asks: bodies, ids and keys, with an error that names what is wrong."""

from __future__ import annotations

import math
import re
from http import HTTPStatus
from typing import Any, Final

from flask import request

from zapette.protocol.topics import is_player_id
from zapette_broker.clients import client_of
from zapette_server.hosts import host_name
from zapette_webapp.problems import Problem

MAX_BODY: Final = 4096
"""The longest body of a request, in bytes."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def host() -> str:
    """Return the host that the browser reached the server by, without its port.

    HTTP/1.0 has no Host header (RFC 9112, 3.2): without one, it is ``localhost``. Browsers send it.

    Raises:
        Problem: the Host header is missing, or is no host name.
    """
    is_old = request.environ["SERVER_PROTOCOL"] == "HTTP/1.0"
    name = host_name(request.environ.get("HTTP_HOST", "localhost" if is_old else ""))
    if name is None:
        raise invalid("the Host header is missing or is not a host name")
    return name


def peer() -> str:
    """Return the address that the request came from."""
    return request.remote_addr or "unknown"


def client() -> str:
    """Return the client that a request counts for, for limits on each client."""
    return client_of(peer())


def body(known: set[str]) -> dict[str, Any]:
    """Return the JSON object in the body of the request.

    Raises:
        Problem: it is none, is too long, or has a member that is not in `known`.
    """
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_request", f"over {MAX_BODY} bytes"
        )
    if not request.is_json:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid_request", "application/json is needed"
        )
    try:
        content = request.get_json(silent=False)
    except RecursionError:
        raise invalid("the body is not JSON") from None
    if not isinstance(content, dict):
        raise invalid("the body is not a JSON object")
    unknown = sorted(content.keys() - known)
    if unknown:
        raise invalid(f"unknown member {unknown[0][:40]!r}; there are {', '.join(sorted(known))}")
    return content


def player_id(value: object) -> str:
    """Return `value` if it is a player id.

    Raises:
        Problem: it is none (code ``invalid_id``).
    """
    if not isinstance(value, str) or not is_player_id(value):
        detail = "id: 32 lowercase hexadecimal digits are needed"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_id", detail)
    return value


def key(name: str, value: object) -> str:
    """Return `value`, the member `name` of a body, if it has the form of a key.

    Raises:
        Problem: it has not.
    """
    if not isinstance(value, str) or _KEY.fullmatch(value) is None:
        raise invalid(f"{name}: 22 base64url characters are needed")
    return value


def invalid(detail: str) -> Problem:
    """Return the problem with a request that does not have the form wanted."""
    return Problem(HTTPStatus.BAD_REQUEST, "invalid_request", detail)


def too_many(seconds: float) -> Problem:
    """Return the problem with an address that asks too often, and may again in `seconds`."""
    detail = "too many requests from this address; wait a little"
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_requests",
        detail,
        retry_after=math.ceil(seconds),
    )
