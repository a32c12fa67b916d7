"""Errors of the API, as RFC 9457 problem details."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Final, Literal

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from zapette_broker.storage.store_errors import StoreError
from zapette_server.checks import without_folders

log = logging.getLogger("zapette.web")

_RETRY: Final = 5

Code = Literal[
    "invalid_request",
    "invalid_id",
    "wrong_key",
    "wrong_code",
    "turned_out",
    "not_found",
    "method_not_allowed",
    "request_timeout",
    "conflict",
    "misdirected_request",
    "requested_range_not_satisfiable",
    "media_error",
    "too_many_requests",
    "runtime_error",
    "not_implemented",
    "unavailable",
    "http_version_not_supported",
]
"""The words by which a program tells errors apart (docs/http-api.md, "Errors")."""

_CODES: Final[dict[HTTPStatus, Code]] = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "request_timeout",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "requested_range_not_satisfiable",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.NOT_IMPLEMENTED: "not_implemented",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "http_version_not_supported",
}


class Problem(Exception):
    """An error for the client.

    Attributes:
        status: the HTTP status.
        code: a word that a program can tell it by.
        detail: what is wrong and what would be right, in English.
        retry_after: seconds to wait before trying again, if waiting helps.
    """

    def __init__(
        self, status: HTTPStatus, code: Code, detail: str, *, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    def response(self) -> Response:
        """Return it as ``application/problem+json``."""
        body = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": self.code,
        }
        response = Response(json.dumps(body), self.status, mimetype="application/problem+json")
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response


def register(app: Flask) -> None:
    """Make every error of `app` a problem; the unexpected ones are logged with their traceback."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response:
    response = error.get_response()
    status = HTTPStatus(error.code or response.status_code)
    if 300 <= status < 400:
        return Response(status=status, headers=dict(response.headers))
    problem = Problem(status, code_of(status), error.description or status.phrase).response()
    for name in ("Allow", "Content-Range", "Retry-After"):
        if name in response.headers:
            problem.headers[name] = response.headers[name]
    return problem


def _store(error: StoreError) -> Response:
    """Return 503 with the store's message; the store itself has logged it."""
    detail = without_folders(str(error))
    problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, retry_after=_RETRY)
    return problem.response()


def _unexpected(error: Exception) -> Response:
    # the rule, not the path: a path may contain a player's id
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    detail = "the server failed; its log says why"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "runtime_error", detail).response()


def code_of(status: HTTPStatus) -> Code:
    """Return the code by which a program recognises an error that has only a `status`."""
    return _CODES.get(status, "invalid_request" if status < 500 else "runtime_error")
