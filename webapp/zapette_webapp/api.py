"""The JSON API: ids, addresses, credentials, new codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify

from zapette_webapp.access import routes as access_routes
from zapette_webapp.access.access_control import AccessControl
from zapette_webapp.access.players.new_players import NewPlayers
from zapette_webapp.access.sessions.session_cookies import SessionCookies
from zapette_webapp.errors import InvalidRequest
from zapette_webapp.http import ingress, requests
from zapette_webapp.http.responses import security_headers
from zapette_webapp.network.addresses import Addresses
from zapette_webapp.store_limiter import StoreLimiter


def blueprint(
    access: AccessControl,
    new_players: NewPlayers,
    cookies: SessionCookies,
    addresses: Addresses,
    limiter: StoreLimiter,
) -> Blueprint:
    """Return the routes below ``/api``."""
    api = Blueprint("api", __name__)
    players = access.credentials

    api.after_request(security_headers.no_store)

    @api.get("/api/ip")
    def ip() -> Response:
        return jsonify(addresses.found())

    @api.get("/api/id")
    def new_id() -> Response:
        return jsonify(players.new_player())

    @api.post("/api/credentials")
    @limiter.guard
    def credentials() -> Response:
        body = requests.body({"id", "owner_key", "key", "ip"})
        player_id = requests.player_id(body.get("id"))
        if ("owner_key" in body) == ("key" in body):
            raise InvalidRequest("either owner_key or key is needed, not both")
        device, host, client = access_routes.device(), requests.host(), requests.client()
        if "key" in body:
            given = access.admit(player_id, requests.key("key", body["key"]), host, device)
        else:
            owner_key = requests.key("owner_key", body["owner_key"])
            picked = _picked(body, addresses)
            players.check_owner(player_id, owner_key)
            new_players.check(player_id, client, device, host)
            given = players.player(player_id, owner_key, host, picked, client)
        response = jsonify(_reached(given))
        if "key" in body:
            access_routes.remember(response, device)
        cookies.set(response, given["password"])
        return response

    @api.post("/api/players/<player_id>/code")
    @limiter.guard
    def code(player_id: str) -> Response:
        body = requests.body({"owner_key", "ip"})
        owner_key = requests.key("owner_key", body.get("owner_key"))
        picked = _picked(body, addresses)
        return jsonify(access.new_code(requests.player_id(player_id), owner_key, picked))

    @api.delete("/api/players/<player_id>")
    @limiter.guard
    def forget(player_id: str) -> Response:
        owner_key = requests.key("owner_key", requests.body({"owner_key"}).get("owner_key"))
        access.forget(requests.player_id(player_id), owner_key)
        return Response(status=HTTPStatus.NO_CONTENT)

    return api


def _reached(given: dict[str, Any]) -> dict[str, Any]:
    """Return credentials with the broker's address for a page that came through ingress."""
    inside = ingress.broker()
    return given | {"url": inside} if inside else given


def _picked(body: dict[str, Any], addresses: Addresses) -> str | None:
    value = body.get("ip")
    if value is None:
        return None
    if value not in [candidate["ip"] for candidate in addresses.found()["candidates"]]:
        raise InvalidRequest("ip: one of the candidates of GET /api/ip is needed")
    return str(value)
