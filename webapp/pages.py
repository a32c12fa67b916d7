"""The two pages, what they import, and the headers that keep them safe."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, render_template, send_from_directory

from webapp import development, requests
from webapp.addresses import Addresses
from webapp.library import Library
from zapette.config import ROOT

STATIC: Final = ROOT / "static"

# Of the installed npm packages the pages import these files, and no other is served.
_MODULES: Final = frozenset(
    {
        "node_modules/hls.js/dist/hls.min.mjs",
        "node_modules/hls.js/dist/hls.worker.js",
    }
)
_SUFFIXES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_PRIVATE: Final = frozenset({"node_modules", "tests"})


def blueprint(addresses: Addresses, library: Library) -> Blueprint:
    """Return the routes of the pages and of ``/static``."""
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def player() -> Response:
        # hls.js fetches the parts of a stream from wherever it is
        return _page("player.html", anywhere=("http:", "https:"), source=library.first())

    @pages.get("/remote")
    def remote() -> Response:
        return _page("remote.html")

    @pages.get("/static/<path:name>")
    def static(name: str) -> Response:
        path = Path(name)
        if name not in _MODULES and not _PRIVATE.isdisjoint(path.parts):
            abort(404)
        if path.suffix not in _SUFFIXES:
            abort(404)
        response = send_from_directory(STATIC, name, mimetype=_SUFFIXES[path.suffix])
        # Revalidated at each load: an update of the server is seen at once, and costs a 304.
        response.headers["Cache-Control"] = "no-cache"
        return response

    def _page(template: str, anywhere: tuple[str, ...] = (), **values: str) -> Response:
        html = render_template(
            template,
            version=version("zapette"),
            scripts=development.scripts(addresses.settings),
            **values,
        )
        response = Response(html, mimetype="text/html")
        response.headers["Cache-Control"] = "no-cache"
        broker = _origin(addresses.broker(requests.host()))
        response.headers["Content-Security-Policy"] = _policy(broker, *anywhere)
        return response

    return pages


def secure(response: Response) -> Response:
    """Add the headers that every answer has."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; sandbox")
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _policy(*peers: str) -> str:
    # 'self' does not cover another port, so the broker's origin is named; a film may come from
    # anywhere.
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {' '.join(peers)}",
            "media-src 'self' http: https: blob:",
            "img-src 'self' data: http: https:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
