"""``POST /api/links``: the film at the address of a web page."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.errors import InvalidRequest
from zapette_webapp.http import requests
from zapette_webapp.http.responses import security_headers
from zapette_webapp.links.resolver import Resolver
from zapette_webapp.links.typed_addresses import LONGEST, read_address


def blueprint(resolver: Resolver, access: LibraryAccess) -> Blueprint:
    """Return the route; only remotes and the household may use it, even in an open library."""
    links = Blueprint("links", __name__)
    links.after_request(security_headers.no_store)

    @links.post("/api/links")
    def link() -> Response:
        access.check_control(request)
        address = requests.body({"address"}).get("address")
        if not isinstance(address, str) or read_address(address) is None:
            raise InvalidRequest(
                f"address: an http or https address of at most {LONGEST} characters is needed"
            )
        return jsonify(resolver.find(address))

    return links
