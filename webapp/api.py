"""The JSON API: ids, addresses, credentials, new codes, health."""

from __future__ import annotations

import logging
import math
import re
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from webapp.addresses import Addresses
from webapp.health import Health
from webapp.household import Household
from webapp.problems import Problem
from webapp.throttle import Throttle
from zapette.errors import CredentialsError
from zapette.topics import is_player_id

log = logging.getLogger("zapette.web")

MAX_BODY: Final = 4096
"""The longest body of a request, in bytes."""

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


def blueprint(household: Household, addresses: Addresses, health: Health) -> Blueprint:
    """Return the routes below ``/api`` and ``/healthz``."""
    api = Blueprint("api", __name__)
    # 128 bits need no help against guessing; this keeps a guesser from filling the log.
    wrong_keys = Throttle(burst=20, per_second=0.5)
    # Each new player takes a row of the registry.
    players = Throttle(burst=200, per_second=10)

    @api.after_request
    def never_cached(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    @api.errorhandler(CredentialsError)
    def refuse(error: CredentialsError) -> Response:
        if (seconds := wrong_keys.take(_peer())) > 0:
            return _too_many(seconds).response()
        log.info("refused credentials to %s: %s", _peer(), error)
        return Problem(HTTPStatus.FORBIDDEN, "wrong_key", str(error)).response()

    @api.get("/api/ip")
    def ip() -> Response:
        return jsonify(addresses.found())

    @api.get("/api/id")
    def new_id() -> Response:
        return jsonify(household.new_player())

    @api.post("/api/credentials")
    def credentials() -> Response:
        body = _body({"id", "owner_key", "key", "ip"})
        player_id = _player_id(body.get("id"))
        if ("owner_key" in body) == ("key" in body):
            raise _invalid("either owner_key or key is needed, and not both")
        if "key" in body:
            return jsonify(household.visitor(player_id, _key("key", body["key"]), host()))
        owner_key = _key("owner_key", body["owner_key"])
        picked = _picked(body, addresses)
        if (seconds := players.take(_peer())) > 0:
            raise _too_many(seconds)
        return jsonify(household.player(player_id, owner_key, host(), picked))

    @api.post("/api/players/<player_id>/code")
    def code(player_id: str) -> Response:
        body = _body({"owner_key", "ip"})
        owner_key = _key("owner_key", body.get("owner_key"))
        picked = _picked(body, addresses)
        return jsonify(household.new_code(_player_id(player_id), owner_key, picked))

    @api.delete("/api/players/<player_id>")
    def forget(player_id: str) -> Response:
        owner_key = _key("owner_key", _body({"owner_key"}).get("owner_key"))
        household.forget(_player_id(player_id), owner_key)
        return Response(status=HTTPStatus.NO_CONTENT)

    @api.get("/healthz")
    def healthz() -> tuple[Response, HTTPStatus]:
        parts = health.parts()
        good = all(parts.values())
        body = {
            "status": "ok" if good else "unavailable",
            "parts": {name: "up" if up else "down" for name, up in parts.items()},
        }
        return jsonify(body), HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE

    return api


def host() -> str:
    """Return the host that the browser reached the server by, without its port.

    Raises:
        Problem: the Host header is none, or is no host name.
    """
    match = _HOST.fullmatch(request.host)
    if match is None:
        raise _invalid("the Host header is not a host name")
    return match[1]


def _body(known: set[str]) -> dict[str, Any]:
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_request", f"over {MAX_BODY} bytes"
        )
    if not request.is_json:
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid_request", "application/json is needed"
        )
    try:
        body = request.get_json(silent=False)
    except RecursionError:
        raise _invalid("the body is not JSON") from None
    if not isinstance(body, dict):
        raise _invalid("the body is not a JSON object")
    unknown = sorted(body.keys() - known)
    if unknown:
        raise _invalid(f"unknown member {unknown[0][:40]!r}; there are {', '.join(sorted(known))}")
    return body


def _player_id(value: object) -> str:
    if not isinstance(value, str) or not is_player_id(value):
        detail = "id: 32 lowercase hexadecimal digits are needed"
        raise Problem(HTTPStatus.BAD_REQUEST, "invalid_id", detail)
    return value


def _key(name: str, value: object) -> str:
    if not isinstance(value, str) or _KEY.fullmatch(value) is None:
        raise _invalid(f"{name}: 22 base64url characters are needed")
    return value


def _picked(body: dict[str, Any], addresses: Addresses) -> str | None:
    value = body.get("ip")
    if value is None:
        return None
    if value not in [candidate["ip"] for candidate in addresses.found()["candidates"]]:
        raise _invalid("ip: one of the candidates of GET /api/ip is needed")
    return str(value)


def _too_many(seconds: float) -> Problem:
    detail = "too many requests from this address; wait a little"
    retry_after = math.ceil(seconds)
    status = HTTPStatus.TOO_MANY_REQUESTS
    return Problem(status, "too_many_requests", detail, retry_after=retry_after)


def _invalid(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "invalid_request", detail)


def _peer() -> str:
    return request.remote_addr or "unknown"
