"""``/api/uploads``: files from phones, in parts, so that a cut connection loses little."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, request

from zapette_server.access.rights import Role
from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.errors import BodyTooLarge, GuestsExcluded, InvalidRequest
from zapette_webapp.http import requests
from zapette_webapp.http.responses import security_headers
from zapette_webapp.uploads.upload import ADDRESS
from zapette_webapp.uploads.uploads import PART, Uploads

_LONGEST_NAME: Final = 1000
_RAW: Final = "application/octet-stream"


def blueprint(uploads: Uploads, access: LibraryAccess, *, guests: bool) -> Blueprint:
    """Return the routes; remotes and the household may use them, guests if `guests`."""
    routes = Blueprint("uploads", __name__)
    routes.after_request(security_headers.no_store)

    def owners() -> frozenset[str]:
        # a phone with several links may lose the first of them before all has arrived
        sessions = access.sessions_of(request)
        grants = {
            f"{it.role} {it.player_id or it.client_id}"
            for it in sessions
            if guests or it.role is not Role.GUEST
        }
        if not grants:
            raise GuestsExcluded
        return frozenset({*grants, ADDRESS + requests.client()})

    @routes.post("/api/uploads")
    def begin() -> tuple[Response, HTTPStatus]:
        who = owners()
        body = requests.body({"name", "size"})
        name, size = body.get("name"), body.get("size")
        if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME:
            raise InvalidRequest(f"name: 1 to {_LONGEST_NAME} characters are needed")
        if type(size) is not int or not 0 <= size < 1 << 53:
            raise InvalidRequest("size: a whole number of bytes is needed")
        return jsonify(uploads.begin(name, size, who)), HTTPStatus.CREATED

    @routes.get("/api/uploads/<upload_id>")
    def progress(upload_id: str) -> Response:
        return jsonify(uploads.get(upload_id, owners()))

    @routes.put("/api/uploads/<upload_id>")
    def part(upload_id: str) -> Response:
        who = owners()
        if request.mimetype != _RAW:
            raise InvalidRequest(f"Content-Type: {_RAW} is needed")
        length = request.content_length
        if length is None:
            raise InvalidRequest("Content-Length: it is needed")
        if length > PART:
            raise BodyTooLarge(PART)
        # Flask refuses what reaches this size once more is asked for
        request.max_content_length = PART + 1
        return jsonify(uploads.add(upload_id, who, _offset(), request.stream.read))

    @routes.delete("/api/uploads/<upload_id>")
    def cancel(upload_id: str) -> Response:
        uploads.remove(upload_id, owners())
        return Response(status=HTTPStatus.NO_CONTENT)

    return routes


def _offset() -> int:
    text = request.args.get("offset", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise InvalidRequest("offset: a whole number of bytes is needed")
    return int(text)
