"""The headers that keep a response safe in browsers and caches.

The pages have a policy of their own, in `zapette_webapp.pages.pages`.
"""

from __future__ import annotations

from flask import Response


def add(response: Response) -> Response:
    """Add the headers that every answer has.

    Cross-Origin-Resource-Policy keeps pages of other sites from embedding an answer, which would
    reveal its length or size. Programs other than browsers ignore it.
    """
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; sandbox")
    return response


def no_store(response: Response) -> Response:
    """Forbid caching: the response may contain a secret, or be another one the next time."""
    response.headers["Cache-Control"] = "no-store"
    return response
