"""Logs the errors of the pages' scripts, which browsers report."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response

from zapette.logs import without_secrets
from zapette_webapp.access.token_buckets import TokenBuckets
from zapette_webapp.errors import InvalidRequest, TooManyRequests
from zapette_webapp.http import requests
from zapette_webapp.http.responses import security_headers

log = logging.getLogger("zapette.page")

MODULE: Final = "page/error-reports.js"
"""The module with which pages report their errors."""

_PAGES: Final = frozenset({"player", "remote"})
_LONGEST: Final = 1500


def blueprint() -> Blueprint:
    """Return the route ``POST /api/page-error``."""
    errors = Blueprint("page_errors", __name__)
    # Anyone can send any text here, so that its amount is limited.
    reports = TokenBuckets(burst=10, per_second=0.2)
    everybody = TokenBuckets(burst=50, per_second=1)

    errors.after_request(security_headers.no_store)

    @errors.post("/api/page-error")
    def report() -> Response:
        seconds = reports.take(requests.client()) or everybody.take("")
        if seconds > 0:
            raise TooManyRequests(seconds)
        body = requests.body({"page", "message", "stack"})
        if body.get("page") not in _PAGES:
            raise InvalidRequest(f"page: one of {', '.join(sorted(_PAGES))} is needed")
        message, stack = _text(body, "message"), _text(body, "stack")
        log.error("on the %s's page: %s%s", body["page"], message, f"\n{stack}" if stack else "")
        return Response(status=HTTPStatus.NO_CONTENT)

    return errors


def _text(body: dict[str, Any], name: str) -> str:
    """Return a member for the terminal, without secrets and control characters."""
    value = body.get(name, "")
    if not isinstance(value, str):
        raise InvalidRequest(f"{name}: a text is needed")
    lines = without_secrets(value[:_LONGEST]).splitlines()
    shown = ("".join(each if each.isprintable() else " " for each in line) for line in lines)
    return "\n  ".join(shown)
