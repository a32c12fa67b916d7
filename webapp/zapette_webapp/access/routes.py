"""The HTTP routes of pairing codes, and of connected remotes and guests."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, request

from zapette_server.access.rights import Role
from zapette_webapp.access import device_names, pairing
from zapette_webapp.access.access_control import AccessControl, Device, new_device_id
from zapette_webapp.access.players.new_players import NewPlayers
from zapette_webapp.access.token_buckets import TokenBuckets
from zapette_webapp.errors import InvalidRequest, TooManyRequests
from zapette_webapp.http import requests
from zapette_webapp.http.responses import security_headers
from zapette_webapp.store_limiter import StoreLimiter

COOKIE: Final = "zapette_device"

_A_YEAR: Final = 365 * 24 * 3600
_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def blueprint(access: AccessControl, new_players: NewPlayers, limiter: StoreLimiter) -> Blueprint:
    """Return ``/api/pairing``, and below ``/api/players/<id>`` all that concerns other devices."""
    routes = Blueprint("access", __name__)
    routes.after_request(security_headers.no_store)
    # Routes that also wait for the broker must not delay requests for credentials.
    broker_limiter = StoreLimiter()
    invitations = TokenBuckets(burst=10, per_second=0.2)
    admissions = TokenBuckets(burst=10, per_second=0.2)

    @routes.post("/api/players/<player_id>/pairing")
    @limiter.guard
    def invite(player_id: str) -> Response:
        body = requests.body({"owner_key", "role"})
        owner_key = requests.key("owner_key", body.get("owner_key"))
        role = body.get("role", Role.REMOTE.value)
        if role not in (Role.REMOTE.value, Role.GUEST.value):
            raise InvalidRequest("role: remote or guest is needed")
        player = requests.player_id(player_id)
        if (seconds := invitations.take(requests.client())) > 0:
            raise TooManyRequests(seconds)
        return jsonify(access.invite(player, owner_key, Role(role)))

    @routes.post("/api/pairing")
    @limiter.guard
    def pair() -> Response:
        text = requests.body({"code"}).get("code")
        code = pairing.read(text) if isinstance(text, str) and len(text) <= 40 else None
        if code is None:
            raise InvalidRequest(f"code: {pairing.DIGITS} or {pairing.LONG} digits are needed")
        # Before the lookup, because a right guess counts too.
        if (seconds := access.pairing.wait(requests.client())) > 0:
            raise TooManyRequests(seconds)
        return jsonify(access.accept(code))

    @routes.post("/api/players/<player_id>/admissions")
    @limiter.guard
    def let_in(player_id: str) -> Response:
        body = requests.body({"owner_key", "code"})
        owner_key = requests.key("owner_key", body.get("owner_key"))
        access.credentials.known(requests.player_id(player_id), owner_key)
        if (seconds := admissions.take(requests.client())) > 0:
            raise TooManyRequests(seconds)
        new_players.allow(body.get("code"))
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.post("/api/players/<player_id>/visitors")
    @broker_limiter.guard
    def present(player_id: str) -> Response:
        owner_key = requests.key("owner_key", requests.body({"owner_key"}).get("owner_key"))
        return jsonify(access.present(requests.player_id(player_id), owner_key))

    @routes.post("/api/players/<player_id>/visitors/<client_id>/end")
    @broker_limiter.guard
    def revoke(player_id: str, client_id: str) -> Response:
        owner_key = requests.key("owner_key", requests.body({"owner_key"}).get("owner_key"))
        access.revoke(requests.player_id(player_id), owner_key, client_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes


def device() -> Device:
    """Return the device of the request."""
    given = request.cookies.get(COOKIE, "")
    known = given if _DEVICE.fullmatch(given) else new_device_id()
    return Device(known, device_names.label(request.headers.get("User-Agent", "")), requests.peer())


def remember(response: Response, known: Device) -> None:
    """Set the cookie that identifies a device; it proves nothing and is no secret.

    Without a path the cookie applies to the folder of this route, below any prefix of a proxy.
    """
    response.set_cookie(
        COOKIE, known.id, max_age=_A_YEAR, path=None, httponly=True, samesite="Strict"
    )
