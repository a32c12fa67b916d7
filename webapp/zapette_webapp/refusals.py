"""Answers to wrong keys and to too many players, in words and without secrets."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response

from zapette_server.errors import CredentialsError, PlayersFull
from zapette_webapp.access.throttle import Throttle
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.problems import Code, Problem

log = logging.getLogger("zapette.web")


def register(app: Flask, refusals: RefusalCounts) -> None:
    """Answer 403 to a wrong key, or 429 to many; 429 or 503 if no further player can be made."""
    # 128 bits need no help against guessing; this keeps a guesser from filling the log.
    wrong_keys = Throttle(burst=20, per_second=0.5)

    def refuse(error: CredentialsError) -> Response:
        if (seconds := wrong_keys.take(requests.client())) > 0:
            return requests.too_many(seconds).response()
        log.info("refused credentials to %s: %s", requests.peer(), error)
        return Problem(HTTPStatus.FORBIDDEN, "wrong_key", str(error)).response()

    def full(error: PlayersFull) -> Response:
        refusals.count(Reason.PLAYERS)
        code: Code
        if error.client:
            detail = "too many players were made from this address; forget some, or wait a day"
            status, code = HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"
        else:
            detail = "this server has too many players; forget some, or wait a day"
            status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
        return Problem(status, code, detail, retry_after=3600).response()

    app.register_error_handler(CredentialsError, refuse)
    app.register_error_handler(PlayersFull, full)


def never_cached(response: Response) -> Response:
    """Have nobody keep an answer that may hold a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response
