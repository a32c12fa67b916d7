"""Refuses requests for hosts that are not ours, and changes that another site's page asks for."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, request

from zapette_server.hosts import Hosts
from zapette_webapp.access.rates import SAFE
from zapette_webapp.access.throttle import EVERYBODY, Throttle
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.problems import Problem

log = logging.getLogger("zapette.web")


def register(app: Flask, hosts: Hosts, refusals: RefusalCounts) -> None:
    """Check Host and Origin of each request before any route of `app` sees it.

    Answers 400 if Host is malformed, or missing in HTTP/1.1 (RFC 9112, 3.2); 421 if it is not ours.
    """
    logged = Throttle(burst=20, per_second=0.1)

    def misdirected(reason: Reason, detail: str) -> Problem:
        refusals.count(reason)
        if logged.take(EVERYBODY) == 0:
            log.info("refused a request from %s: %s", requests.peer(), detail)
        return Problem(HTTPStatus.MISDIRECTED_REQUEST, "misdirected_request", detail)

    @app.before_request
    def check() -> None:
        name = requests.host()
        if not hosts.allows(name):
            detail = (
                f"{name[:80]} is not a host of this server; if it is, add it to the setting "
                "allowed_hosts (ZAPETTE_ALLOWED_HOSTS)"
            )
            raise misdirected(Reason.HOST, detail)
        origin = request.headers.get("Origin")
        if request.method in SAFE or origin is None:
            return
        if not hosts.allows_origin(origin, name):
            detail = (
                "pages of other sites may not change anything; if the host is yours, add it to "
                "the setting allowed_hosts (ZAPETTE_ALLOWED_HOSTS)"
            )
            raise misdirected(Reason.ORIGIN, detail)
