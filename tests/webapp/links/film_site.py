"""A small site with films in its pages, on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

FILM: Final = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 2000
_ABOUT: Final = json.dumps(
    {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": "Une <page>\u202e drôle",
        "duration": "PT1M5S",
        "contentUrl": "SITE/film.mp4",
    }
)
_PAGES: Final = {
    "/page": ("text/html", b'<title>A Page</title><video src="film.mp4"></video>'),
    "/about": (
        "text/html",
        f'<title>x</title><script type="application/ld+json">{_ABOUT}</script>'.encode(),
    ),
    "/film.mp4": ("video/mp4", FILM),
    "/nothing": ("text/html", b"<title>No film</title><p>Nothing."),
    "/elsewhere": ("text/html", b'<video src="file:///etc/passwd"></video>'),
}


class FilmSite:
    """What was asked of the site, and its address."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{port}"


@contextmanager
def film_site(film: bytes = FILM) -> Iterator[FilmSite]:
    """Serve the site with a film until the end; ``/to?ADDRESS`` redirects."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            site.asked.append(self.path)
            path, _, target = self.path.partition("?")
            kind, content = _PAGES.get(path, ("text/plain", b"not found"))
            content = film if content == FILM else content.replace(b"SITE", site.url.encode())
            self.send_response(302 if path == "/to" else 200 if path in _PAGES else 404)
            if path == "/to":
                self.send_header("Location", target)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if with_body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("", 0), Handler)
    server.daemon_threads = True
    site = FilmSite(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
