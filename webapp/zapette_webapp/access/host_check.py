"""Refuses requests for foreign hosts, and changes by pages of other sites."""

from __future__ import annotations

import logging

from flask import Flask, request

from zapette_server.hosts import Hosts
from zapette_webapp.access.rates import SAFE
from zapette_webapp.access.token_buckets import EVERYBODY, TokenBuckets
from zapette_webapp.errors import ForeignHost, ForeignOrigin, ForeignRequest
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts

log = logging.getLogger("zapette.web")


def register(app: Flask, hosts: Hosts, refusals: RefusalCounts) -> None:
    """Check Host and Origin of each request to `app` before its route.

    The answer is 400 if Host is malformed, or missing in HTTP/1.1 (RFC 9112, 3.2); 421 if it is
    foreign.
    """
    logged = TokenBuckets(burst=20, per_second=0.1)

    def refused(reason: Reason, error: ForeignRequest) -> ForeignRequest:
        refusals.count(reason)
        if logged.take(EVERYBODY) == 0:
            log.info("refused a request from %s: %s", requests.peer(), error)
        return error

    @app.before_request
    def check() -> None:
        name = requests.host()
        if not hosts.allows(name):
            raise refused(Reason.HOST, ForeignHost(name))
        origin = request.headers.get("Origin")
        if request.method in SAFE or origin is None:
            return
        if not hosts.allows_origin(origin, name):
            raise refused(Reason.ORIGIN, ForeignOrigin())
