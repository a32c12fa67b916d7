"""The answers on the broker's path, for requests that the broker does not take.

`zapette_webapp.http.reading.fair_channel` hands each GET of this path without a body over to the
broker, so that it arrives here only if the broker is not there.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import MethodNotAllowed

from zapette_server.handover_socket import handover_socket, websocket_port
from zapette_server.settings.settings import Settings
from zapette_webapp.errors import BrokerElsewhere, InvalidRequest, NotReady
from zapette_webapp.http.reading.request_parser import BROKER_PATH

_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def blueprint(settings: Settings) -> Blueprint:
    """Return the route of the broker's path."""
    broker = Blueprint("broker_path", __name__)

    @broker.route(BROKER_PATH, methods=_METHODS, provide_automatic_options=False)
    def not_taken() -> Response:
        if request.method != "GET":
            raise MethodNotAllowed(["GET"])
        if request.content_length or "Expect" in request.headers:
            raise InvalidRequest("a request that opens a WebSocket has neither body nor Expect")
        if settings.broker.is_nats or handover_socket(settings.data_dir) is None:
            raise BrokerElsewhere(websocket_port(settings))
        raise NotReady("the broker does not run")

    return broker
