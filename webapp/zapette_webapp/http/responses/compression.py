"""Gzip for text responses, if the client accepts it."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, request

SMALLEST: Final = 800
"""The smallest body that is compressed, in bytes; a smaller one fits into one packet."""

_TYPES: Final = frozenset(
    {
        "application/json",
        "application/manifest+json",
        "application/vnd.apple.mpegurl",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/vtt",
    }
)
_MOST_KEPT: Final = 256
_LARGEST: Final = 8 << 20


def register(app: Flask) -> None:
    """Compress the text responses of `app`, except those with ``no-store``.

    Such a response may hold a secret next to text of the client's choice, and its compressed length
    would then reveal the secret.
    """
    kept = _Kept()

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _TYPES or response.cache_control.no_store:
            return response
        response.vary.add("Accept-Encoding")
        length = response.content_length or 0
        good = response.status_code == HTTPStatus.OK and "Content-Encoding" not in response.headers
        if not good or not SMALLEST <= length <= _LARGEST:
            return response
        if request.accept_encodings["gzip"] <= 0:
            return response
        response.direct_passthrough = False
        tag, _ = response.get_etag()
        response.set_data(kept.compressed(tag, response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        response.headers.pop("Accept-Ranges", None)
        if tag is not None:
            # The content is equal, the bytes are not (RFC 9110, 8.8.1).
            response.set_etag(tag, weak=True)
        return response


class _Kept:
    """The latest responses with a tag, at the highest compression."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bodies: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def compressed(self, tag: str | None, body: bytes) -> bytes:
        if tag is None:
            return gzip.compress(body, 6, mtime=0)
        key = (tag, len(body))
        with self._lock:
            found = self._bodies.get(key)
            if found is not None:
                self._bodies.move_to_end(key)
                return found
        made = gzip.compress(body, 9, mtime=0)
        with self._lock:
            self._bodies[key] = made
            while len(self._bodies) > _MOST_KEPT:
                self._bodies.popitem(last=False)
        return made
