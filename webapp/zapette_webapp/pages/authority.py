"""The page and the file of the home's own authority, if `zapette tls` has made one."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from zapette_server.settings.settings import Settings
from zapette_server.tls import authority_page
from zapette_server.tls.authority import Authority


def blueprint(settings: Settings) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("authority", __name__)
    authority = Authority.in_data(settings.data_dir)

    @routes.get(authority_page.PATH)
    def page() -> Response:
        if not authority.is_made:
            abort(404)
        html = authority_page.page(
            authority.fingerprint, request.headers.get("Accept-Language", "")
        )
        response = Response(html, mimetype="text/html")
        response.headers["Content-Security-Policy"] = authority_page.POLICY
        response.headers["Vary"] = "Accept-Language"
        return _fresh(response)

    @routes.get(authority_page.FILE_PATH)
    def file() -> Response:
        if not authority.is_made:
            abort(404)
        return _fresh(Response(authority.der, mimetype=authority_page.FILE_TYPE))

    return routes


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    return response
