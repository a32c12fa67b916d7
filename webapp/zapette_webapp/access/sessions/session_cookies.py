"""Sets the cookie of a session, and removes those that have ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, request

from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.access.sessions.sessions import MOST, Session
from zapette_webapp.http import ingress

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class SessionCookies:
    """The cookies of sessions in responses.

    Attributes:
        access: reads the cookies of requests.
        public_url: the address of the pages behind a proxy; or empty.
    """

    access: LibraryAccess
    public_url: str

    def set(self, response: Response, token: str) -> None:
        """Give the browser a session for as long as its `token` is valid, and make room for it."""
        sessions = self.access.sessions
        session = Session.of(sessions.tokens.read(token))
        name = sessions.name(session)
        for old in self._superfluous(name):
            response.delete_cookie(old, path=self._path())
        response.set_cookie(
            name,
            sessions.value(session),
            max_age=max(0, session.expires_at - int(time.time())),
            path=self._path(),
            secure=_is_https(),
            httponly=True,
            samesite="Strict",
        )

    def _superfluous(self, name: str) -> list[str]:
        """Return the names of ended sessions, and of those beyond `MOST`."""
        prefix = self.access.sessions.prefix
        found = {it: value for it, value in request.cookies.items() if it.startswith(prefix)}
        found.pop(name, None)
        ends = {it: self.access.session(value) for it, value in found.items()}
        by_end = sorted(ends, key=lambda it: session.expires_at if (session := ends[it]) else 0)
        ended = [it for it in by_end if ends[it] is None]
        return by_end[: max(len(ended), len(by_end) - (MOST - 1))]

    def _path(self) -> str:
        """Return the path of the pages as the browser sees it.

        A proxy may strip the beginning of the path, but only `public_url` is behind that proxy.
        Home Assistant's ingress names its own.
        """
        if below := ingress.path():
            return below
        parts = urlsplit(self.public_url)
        if not self.public_url or _authority(parts.scheme, parts.netloc) != _authority(
            "https" if _is_https() else "http", request.host
        ):
            return "/"
        return parts.path.rstrip("/") + "/"


def _is_https() -> bool:
    """Return whether the browser reached the pages by https, maybe at a proxy.

    Browsers send the origin of the page with a POST; the address of the page is the request's.
    """
    origin = request.headers.get("Origin", "")
    return origin.startswith("https:") if origin else request.is_secure


def _authority(scheme: str, netloc: str) -> tuple[str, int]:
    parts = urlsplit(f"//{netloc}")
    return (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(scheme, 0)
