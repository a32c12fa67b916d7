"""The two pages, their static files, and their security headers."""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, render_template, request, send_from_directory

from zapette_server.settings.settings import Settings
from zapette_webapp.http import ingress, requests
from zapette_webapp.http.responses.conditional_response import conditional
from zapette_webapp.network.addresses import Addresses
from zapette_webapp.pages import development
from zapette_webapp.pages.assets import EARLY, KEPT, STATIC, SUPPORTED, Assets

# The only files of npm packages that are served.
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
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_SHARE_WORKER: Final = "share-worker.js"
_WORKERS: Final = {
    # It draws ASS, with WebAssembly; no page may run that.
    "node_modules/jassub/dist/worker/worker.js": (
        "default-src 'none'; script-src 'wasm-unsafe-eval'; connect-src 'self'"
    ),
    _SHARE_WORKER: "default-src 'none'",
}
"""The content security policies of workers."""
_SHARED: Final = ("shared_title", "shared_text", "shared_url")
_PRIVATE: Final = frozenset({"dist", "node_modules", "tests"})


def blueprint(addresses: Addresses, assets: Assets, *, convert: str = "never") -> Blueprint:
    """Return the routes of the pages and of ``/static``.

    Args:
        addresses: of the server.
        assets: the pages' files.
        convert: whether players get streams: ``auto``, or why not.
    """
    pages = Blueprint("pages", __name__)

    @pages.get("/")
    def player() -> Response:
        # hls.js fetches the parts of a stream from any host.
        return _page("player", addresses, assets, convert, anywhere=("http:", "https:"))

    @pages.get("/remote")
    def remote() -> Response:
        return _page("remote", addresses, assets, convert, early=assets.inline(EARLY))

    @pages.post("/share")
    def share() -> Response:
        """Open the remote with a text that another app shared; the browser's worker keeps files."""
        shared = {name: it for name in _SHARED if (it := request.form.get(name))}
        query = urlencode({"view": "library", **(shared or {"shared_failed": "1"})})
        return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"remote?{query}"})

    @pages.get("/static/<path:name>")
    def static(name: str) -> Response:
        return _static(assets, name)

    return pages


def _static(assets: Assets, name: str) -> Response:
    wanted, file = assets.split(name)
    path = Path(file)
    if wanted and wanted != assets.version and file not in _MODULES:
        # A page of another version must not mix its modules with this version's. hls.js is on its
        # own, and a television keeps its page open while the server is upgraded.
        abort(404)
    if path.suffix not in _SUFFIXES:
        abort(404)
    mimetype = _SUFFIXES[path.suffix]
    if wanted:
        built = assets.built(file)
        if built is None:
            abort(404)
        response = Response(built, mimetype=mimetype)
        response.set_etag(f"{assets.version}-{file}")
    else:
        if file not in _MODULES and not _PRIVATE.isdisjoint(path.parts):
            abort(404)
        response = send_from_directory(STATIC, file, mimetype=mimetype, conditional=False)
    if file in _WORKERS:
        response.headers["Content-Security-Policy"] = _WORKERS[file]
    if file == _SHARE_WORKER:
        # the address `share` is above it
        response.headers["Service-Worker-Allowed"] = "../"
    # Browsers revalidate addresses whose content may change.
    response.headers["Cache-Control"] = KEPT if wanted and wanted == assets.version else "no-cache"
    return conditional(response)


def _page(
    name: str,
    addresses: Addresses,
    assets: Assets,
    convert: str,
    *,
    anywhere: tuple[str, ...] = (),
    early: str = "",
) -> Response:
    inside = ingress.broker()
    broker = inside or addresses.broker(requests.host())
    peers = [_origin(it) for it in ([inside] if inside else addresses.nodes()) or [broker]]
    supported = assets.inline(SUPPORTED)
    # a source imports other sources
    style = "" if assets.plain else assets.inline(f"styles/{name}.css")
    html = render_template(
        f"{name}.html",
        page=name,
        broker=broker,
        version=version("zapette"),
        assets=assets,
        early=early,
        supported=supported,
        style=style,
        convert=convert,
        uploads=_uploaders(addresses.settings),
        photo_seconds=addresses.settings.photo_seconds,
        scripts=development.scripts(addresses.settings),
    )
    response = Response(html, mimetype="text/html")
    policy = _policy((early, supported), style, [*peers, *anywhere], framed=bool(inside))
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = policy
    # the policy may change while the page does not
    response.set_etag(hashlib.sha256(f"{policy}\n{html}".encode()).hexdigest())
    return conditional(response)


def _uploaders(settings: Settings) -> str:
    """Return who may upload files: ``none``, ``remotes``, or ``guests`` too."""
    if settings.uploads_max == 0:
        return "none"
    return "guests" if settings.guest_uploads else "remotes"


def _hashes(*texts: str) -> str:
    """Return the policy sources for exactly these elements (Content Security Policy 3, 2.3.1)."""
    digests = [hashlib.sha256(text.encode()).digest() for text in texts if text]
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _policy(scripts: tuple[str, ...], style: str, peers: list[str], *, framed: bool) -> str:
    # Not every browser includes WebSockets in 'self', and the broker may be elsewhere, so that its
    # origin is named; media may come from any host.
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self'{_hashes(*scripts)}",
            f"style-src 'self'{_hashes(style)}",
            f"connect-src 'self' {' '.join(peers)}",
            "media-src 'self' http: https: blob:",
            "img-src 'self' data: http: https:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            # Home Assistant shows the page in a frame, from its own address
            f"frame-ancestors '{'self' if framed else 'none'}'",
        )
    )
