"""Rate limits of each client, for reading and for changing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from flask import Flask, request

from zapette_webapp.access.token_buckets import TokenBuckets
from zapette_webapp.errors import TooManyRequests
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""The safe methods in use here (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of every client.

    Attributes:
        reads: for requests that change nothing; a page with its pictures makes 100 at once.
        changes: for all others.
    """

    reads: TokenBuckets = field(default_factory=lambda: TokenBuckets(burst=1000, per_second=100))
    changes: TokenBuckets = field(default_factory=lambda: TokenBuckets(burst=200, per_second=10))

    def register(self, app: Flask, refusals: RefusalCounts) -> None:
        """Answer 429 to a client of `app` that exceeds its rate."""

        @app.before_request
        def check() -> None:
            rate = self.reads if request.method in SAFE else self.changes
            if (seconds := rate.take(requests.client())) > 0:
                refusals.count(Reason.RATE)
                raise TooManyRequests(seconds)
