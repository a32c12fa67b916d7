"""The HTTP routes of visitors: codes to type, who is connected, and turning out."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, request

from zapette_server.access.credentials import Role
from zapette_webapp import refusals
from zapette_webapp.access import devices, pairing
from zapette_webapp.access.access_control import AccessControl, Device, new_device_id
from zapette_webapp.access.throttle import Throttle
from zapette_webapp.http import requests
from zapette_webapp.store_limiter import StoreLimiter

COOKIE: Final = "zapette_device"

_A_YEAR: Final = 365 * 24 * 3600
_DEVICE: Final = re.compile(r"[A-Za-z0-9_-]{22}")


def blueprint(access: AccessControl, limiter: StoreLimiter) -> Blueprint:
    """Return the routes ``/api/pairing`` and those below ``/api/players/<id>`` for visitors."""
    routes = Blueprint("access", __name__)
    routes.after_request(refusals.never_cached)
    # these also wait for the broker, and must not delay requests for credentials
    broker_limiter = StoreLimiter()
    invitations = Throttle(burst=10, per_second=0.2)

    @routes.post("/api/players/<player_id>/pairing")
    @limiter.guard
    def invite(player_id: str) -> Response:
        body = requests.body({"owner_key", "role"})
        owner_key = requests.key("owner_key", body.get("owner_key"))
        role = body.get("role", Role.REMOTE.value)
        if role not in (Role.REMOTE.value, Role.GUEST.value):
            raise requests.invalid("role: remote or guest is needed")
        player = requests.player_id(player_id)
        if (seconds := invitations.take(requests.client())) > 0:
            raise requests.too_many(seconds)
        return jsonify(access.invite(player, owner_key, Role(role)))

    @routes.post("/api/pairing")
    @limiter.guard
    def pair() -> Response:
        text = requests.body({"code"}).get("code")
        code = pairing.read(text) if isinstance(text, str) and len(text) <= 40 else None
        if code is None:
            raise requests.invalid(f"code: {pairing.DIGITS} or {pairing.LONG} digits are needed")
        # before it is looked up: a right guess is a guess as well
        if (seconds := access.pairing.wait(requests.client())) > 0:
            raise requests.too_many(seconds)
        return jsonify(access.accept(code))

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
    """Return what is known of the device that the request came from."""
    given = request.cookies.get(COOKIE, "")
    known = given if _DEVICE.fullmatch(given) else new_device_id()
    return Device(known, devices.label(request.headers.get("User-Agent", "")), requests.peer())


def remember(response: Response, known: Device) -> None:
    """Have a browser say next time which device it is; it proves nothing and is no secret.

    Without a path the browser keeps it for the folder of this call, whatever a proxy puts before.
    """
    response.set_cookie(
        COOKIE, known.id, max_age=_A_YEAR, path=None, httponly=True, samesite="Strict"
    )
