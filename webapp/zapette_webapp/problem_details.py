"""The HTTP answers to errors, as problem details (RFC 9457): the only place that makes them."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Literal

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from zapette.errors import InvalidArgument, ZapetteError
from zapette_broker.storage.store_errors import StoreBusy, StoreError, StoreUnreachable
from zapette_server.errors import CredentialsError, PlayersFull
from zapette_server.health_checks import without_folders
from zapette_webapp import errors
from zapette_webapp.access.token_buckets import TokenBuckets
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.media import spare_room

log = logging.getLogger("zapette.web")

_RETRY: Final = 5
_PLAYERS_RETRY: Final = 3600

_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})
_TOO_MANY_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
# no rights; a failing or unplugged disk; a share whose server is away
_UNREADABLE: Final = frozenset(
    {errno.EACCES, errno.EPERM, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN}
    | {errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH}
)

Code = Literal[
    "invalid_request",
    "invalid_id",
    "unauthorized",
    "waiting",
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
    errors.MediaFlaw,
    "conversions_full",
    "not_for_guests",
    "uploads_off",
    "too_large",
    "no_room",
    "too_many_requests",
    "runtime_error",
    "not_implemented",
    "unavailable",
    "http_version_not_supported",
]
"""The codes by which a program recognises an error (docs/http-api.md, "Errors")."""

_REALM: Final = 'realm="Zapette"'

_CODES: Final[dict[HTTPStatus, Code]] = {
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_TIMEOUT: "request_timeout",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "requested_range_not_satisfiable",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many_requests",
    HTTPStatus.NOT_IMPLEMENTED: "not_implemented",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "http_version_not_supported",
}


_ANSWERS: Final[dict[type[ZapetteError], tuple[HTTPStatus, Code]]] = {
    InvalidArgument: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    errors.InvalidRequest: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    errors.InvalidId: (HTTPStatus.BAD_REQUEST, "invalid_id"),
    errors.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_request"),
    errors.NotJson: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid_request"),
    errors.TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"),
    errors.ForeignRequest: (HTTPStatus.MISDIRECTED_REQUEST, "misdirected_request"),
    errors.DeviceRevoked: (HTTPStatus.FORBIDDEN, "turned_out"),
    errors.WrongCode: (HTTPStatus.FORBIDDEN, "wrong_code"),
    errors.TooManyRevocations: (HTTPStatus.CONFLICT, "conflict"),
    errors.NotFound: (HTTPStatus.NOT_FOUND, "not_found"),
    errors.NotReady: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    errors.Unconvertible: (HTTPStatus.UNPROCESSABLE_ENTITY, "media_error"),
    errors.NoFilm: (HTTPStatus.UNPROCESSABLE_ENTITY, "media_error"),
    errors.PrivateAddress: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    errors.LinksMissing: (HTTPStatus.NOT_IMPLEMENTED, "not_implemented"),
    errors.GuestsExcluded: (HTTPStatus.FORBIDDEN, "not_for_guests"),
    errors.UploadsOff: (HTTPStatus.FORBIDDEN, "uploads_off"),
    errors.UploadTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
    errors.NoRoom: (HTTPStatus.INSUFFICIENT_STORAGE, "no_room"),
    errors.ConversionsFull: (HTTPStatus.SERVICE_UNAVAILABLE, "conversions_full"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as the client sees it.

    Attributes:
        status: the HTTP status.
        code: the code by which a program recognises it.
        detail: what is wrong and what would be right, in English.
        retry_after: seconds to wait before another attempt; None if waiting does not help.
    """

    status: HTTPStatus
    code: Code
    detail: str
    retry_after: int | None = None

    def response(self, more: Mapping[str, object] = MappingProxyType({})) -> Response:
        """Return it as ``application/problem+json``, with further members (RFC 9457, 3.2)."""
        body = {
            **more,
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


def register(app: Flask, refusals: RefusalCounts) -> None:
    """Answer every error of `app` with a problem; log unexpected ones with their traceback."""
    # Keys of 128 bits cannot be guessed: this only keeps a guesser from filling the log.
    wrong_keys = TokenBuckets(burst=20, per_second=0.5)

    def wrong_key(error: CredentialsError) -> Response:
        if (seconds := wrong_keys.take(requests.client())) > 0:
            return _known(errors.TooManyRequests(seconds))
        log.info("refused credentials to %s: %s", requests.peer(), error)
        return Problem(HTTPStatus.FORBIDDEN, "wrong_key", str(error)).response()

    def too_many_waiting(error: errors.TooManyWaiting) -> Response:
        refusals.count(Reason.WAITING)
        return _full(error.client, str(error), error.retry_after)

    def players_full(error: PlayersFull) -> Response:
        refusals.count(Reason.PLAYERS)
        where = "were made from this address" if error.client else "are on this server"
        detail = f"too many players {where}; forget some, or wait a day"
        return _full(error.client, detail, _PLAYERS_RETRY)

    app.register_error_handler(errors.NotStreamable, _unsupported)
    app.register_error_handler(errors.NotMedia, _unsupported)
    app.register_error_handler(errors.WrongOffset, _wrong_offset)
    app.register_error_handler(CredentialsError, wrong_key)
    app.register_error_handler(errors.NotLetIn, _not_let_in)
    app.register_error_handler(errors.PlayerWaiting, _waiting)
    app.register_error_handler(errors.TooManyWaiting, too_many_waiting)
    app.register_error_handler(PlayersFull, players_full)
    for kind in _ANSWERS:
        app.register_error_handler(kind, _known)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(Exception, _unexpected)


def tolerate_lost_media(routes: Blueprint) -> None:
    """Answer for a medium that is deleted during a request, or that the system does not give out.

    Deleted or renamed, it is 404, as a moment later; without the rights to it, or on a disk that
    fails, 415.
    """

    def lost(error: OSError) -> Response:
        if error.errno in _GONE:
            log.debug("a file has gone: %s", error)
            return _known(errors.NotInLibrary("the library has no such medium"))
        if error.errno in _UNREADABLE:
            log.warning("a file cannot be read: %s", error)
            detail = f"the server cannot read this file: {error.strerror}"
            return _unsupported(errors.NotStreamable("unreadable", detail))
        return _system(error)

    routes.register_error_handler(OSError, lost)


def _known(error: ZapetteError) -> Response:
    status, code = next(_ANSWERS[kind] for kind in type(error).__mro__ if kind in _ANSWERS)
    retry_after = error.retry_after if isinstance(error, errors.WebappError) else None
    return Problem(status, code, str(error), retry_after).response()


def _unsupported(error: errors.NotStreamable | errors.NotMedia) -> Response:
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, error.reason, str(error)).response()


def _wrong_offset(error: errors.WrongOffset) -> Response:
    """Return 409 with the number of bytes that have arrived."""
    problem = Problem(HTTPStatus.CONFLICT, "conflict", str(error))
    return problem.response({"received": error.received})


def _waiting(error: errors.PlayerWaiting) -> Response:
    """Return 403 with the code that the page shows meanwhile."""
    more = {"admission": {"code": error.code, "expires_in": error.expires_in}}
    detail, wait = str(error), error.retry_after
    return Problem(HTTPStatus.FORBIDDEN, "waiting", detail, wait).response(more)


def _not_let_in(error: errors.NotLetIn) -> Response:
    """Return 401 with the schemes that would help (RFC 9110, 11.6.1).

    At a challenge to Basic, a browser asks the person for a password, which pages never need.
    """
    problem = Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", str(error)).response()
    challenges = [f"Bearer {_REALM}"]
    if not error.is_browser:
        challenges.append(f'Basic {_REALM}, charset="UTF-8"')
    problem.headers["WWW-Authenticate"] = ", ".join(challenges)
    problem.headers["Cache-Control"] = "no-store"
    return problem


def _full(client: str, detail: str, retry_after: int | None) -> Response:
    """Return 429 if it is the client that has too many, otherwise 503."""
    status = HTTPStatus.TOO_MANY_REQUESTS if client else HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, code_of(status), detail, retry_after).response()


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
    problem = Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", without_folders(str(error)), _RETRY
    )
    is_silent = isinstance(error, StoreBusy | StoreUnreachable)
    return problem.response({"reason": "database_silent" if is_silent else "database_unusable"})


def _system(error: OSError) -> Response:
    """Return 507 if the disk is full, 503 if too many files are open."""
    if spare_room.is_full(error):
        answer = _known(errors.NoRoom())
    elif error.errno in _TOO_MANY_FILES:
        status, detail = HTTPStatus.SERVICE_UNAVAILABLE, "the server has too many files open"
        answer = Problem(status, code_of(status), detail, _RETRY).response()
    else:
        return _unexpected(error)
    log.warning("%s %s failed: %s", request.method, request.url_rule, error.strerror)
    return answer


def _unexpected(error: Exception) -> Response:
    # The rule and not the path, which may contain a player's id.
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    detail = "the server failed; its log says why"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "runtime_error", detail).response()


def code_of(status: HTTPStatus) -> Code:
    """Return the code of an error that has only a `status`."""
    return _CODES.get(status, "invalid_request" if status < 500 else "runtime_error")
