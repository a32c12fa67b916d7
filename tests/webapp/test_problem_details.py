"""Answers to errors of the system that no part of the server expects."""

from __future__ import annotations

import errno
import os

import pytest
from flask import Flask

from zapette_webapp import problem_details
from zapette_webapp.http.refusal_counts import RefusalCounts


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        (errno.EMFILE, 503, "unavailable"),
        (errno.ENFILE, 503, "unavailable"),
        (errno.ENOSPC, 507, "no_room"),
        (errno.EDQUOT, 507, "no_room"),
        (errno.EIO, 500, "runtime_error"),
    ],
)
def test_errors_of_the_system(number: int, status: int, code: str) -> None:
    app = Flask(__name__)
    problem_details.register(app, RefusalCounts())

    @app.get("/")
    def fails() -> str:
        raise OSError(number, os.strerror(number))

    answer = app.test_client().get("/")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["code"] == code
    assert ("Retry-After" in answer.headers) == (status != 500)
