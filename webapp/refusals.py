"""What becomes of those who prove nothing: refused, logged without secrets, and slowed down."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response

from webapp import requests
from webapp.problems import Problem
from webapp.throttle import Throttle
from zapette.errors import CredentialsError

log = logging.getLogger("zapette.web")


def register(app: Flask) -> None:
    """Make every wrong key a problem: 403, or 429 for who tries again and again."""
    # 128 bits need no help against guessing; this keeps a guesser from filling the log.
    wrong_keys = Throttle(burst=20, per_second=0.5)

    def refuse(error: CredentialsError) -> Response:
        if (seconds := wrong_keys.take(requests.peer())) > 0:
            return requests.too_many(seconds).response()
        log.info("refused credentials to %s: %s", requests.peer(), error)
        return Problem(HTTPStatus.FORBIDDEN, "wrong_key", str(error)).response()

    app.register_error_handler(CredentialsError, refuse)


def never_cached(response: Response) -> Response:
    """Have nobody keep an answer that may hold a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response
