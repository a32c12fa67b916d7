"""What no page may do in any test: write errors on the console, or turn to another host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request, WebSocket

BROKEN_CONNECTION = (
    r"net::ERR_|WebSocket connection to|WebSocket is already in|Failed to load resource"
)
"""What Chromium itself writes when a server is away."""


@dataclass
class PageMonitor:
    """Notes the faults of some pages.

    Attributes:
        ports: those of the system under test.
        faults: what was noted, expected or not.
        sockets: their WebSockets, in the order in which they were opened.
    """

    ports: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._expected: list[re.Pattern[str]] = []

    def add(self, page: Page) -> None:
        self.pages.append(page)
        page.on("console", self._on_console)
        page.on("pageerror", self._on_error)
        page.on("request", self._on_request)
        page.on("websocket", self._on_websocket)

    def expect(self, pattern: str) -> None:
        """Take faults that match `pattern` as a part of the test."""
        self._expected.append(re.compile(pattern))

    def verify(self) -> None:
        """Fail if there was a fault that the test did not expect."""
        for page in self.pages:
            if not page.is_closed():
                # what the browser has said is only handed over while it is asked something
                page.title()
        unexpected = [it for it in self.faults if not any(one.search(it) for one in self._expected)]
        assert not unexpected, "\n".join(unexpected)

    def _on_console(self, message: ConsoleMessage) -> None:
        address = message.location["url"]
        if "503" in message.text and ("/thumbnails/" in address or "/previews/" in address):
            # the server's word for a picture that is still being made, which is asked for again
            return
        if message.type in {"error", "warning", "assert"}:
            self.faults.append(f"console {message.type}: {message.text} ({address})")

    def _on_error(self, error: Error) -> None:
        self.faults.append(f"uncaught: {error}")

    def _on_request(self, request: Request) -> None:
        self._check(request.url)

    def _on_websocket(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        self._check(socket.url)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.port not in self.ports:
            self.faults.append(f"request to {url}")
