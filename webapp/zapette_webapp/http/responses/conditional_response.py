"""Responses to conditional requests and byte ranges, by `conditions_and_ranges`."""

from __future__ import annotations

import time
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import quote_etag
from werkzeug.wsgi import wrap_file

from zapette_webapp.http.responses.conditions_and_ranges import Selected, Verdict, judge

# The headers that a 304 repeats (RFC 9110, 15.4.5), and the policy: the browser would otherwise
# apply the default one to what it has in its cache.
_KEPT: Final = (
    "Cache-Control",
    "Content-Location",
    "Content-Security-Policy",
    "Date",
    "ETag",
    "Expires",
    "Last-Modified",
    "Vary",
)


def conditional(response: Response, file: Path | None = None) -> Response:
    """Return the response to a request with conditions, from the unconditional `response`.

    Args:
        response: the response without conditions.
        file: the file that it sends, if clients may request parts of it.

    Raises:
        RequestedRangeNotSatisfiable: the part is outside the file.
    """
    tag, is_weak = response.get_etag()
    modified = response.last_modified
    size = response.content_length if file is not None else None
    if file is not None:
        response.accept_ranges = "bytes"
    selected = Selected(
        tag=None if tag is None else quote_etag(tag, bool(is_weak)),
        modified=None if modified is None else int(modified.timestamp()),
        size=size,
    )
    verdict = judge(request.method, dict(request.headers), selected, time.time())
    if verdict.status == HTTPStatus.OK:
        return response
    response.close()
    if verdict.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise RequestedRangeNotSatisfiable(size)
    if file is not None and verdict.status == HTTPStatus.PARTIAL_CONTENT:
        return _partial(response, file, verdict, size or 0)
    kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return Response(status=verdict.status, headers=kept)


def _partial(response: Response, file: Path, verdict: Verdict, size: int) -> Response:
    """Send a part of a file; the server reads it, so that no thread waits for a viewer.

    waitress reads a wrapped file from its current position, for Content-Length bytes;
    werkzeug wraps a range in an iterator, which would hold a thread while a player is paused.
    """
    stream = file.open("rb")
    stream.seek(verdict.start)
    response.response = wrap_file(request.environ, stream)
    response.status_code = verdict.status
    response.content_length = verdict.stop - verdict.start
    response.content_range.set(verdict.start, verdict.stop, size)
    return response
