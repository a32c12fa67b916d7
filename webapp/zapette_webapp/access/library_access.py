"""Who may read the library over HTTP: a cookie, a signature, a token or an account proves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Flask, Request, Response, request
from werkzeug.datastructures import Authorization

from zapette_server.access.credentials import Role
from zapette_server.errors import CredentialsError
from zapette_webapp.access.household import HouseholdAccounts
from zapette_webapp.access.sessions import Session, Sessions
from zapette_webapp.access.signatures import EXPIRES, SIGNATURE, Signatures
from zapette_webapp.access.standings import Standings
from zapette_webapp.errors import NotLetIn
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts

PREFIXES: Final = (
    *("/api/library", "/media", "/thumbnails", "/previews", "/subtitles", "/streams"),
)
"""Everything at and below these paths is the library."""

_MOST_COOKIES: Final = 16
_CONTROLS: Final = frozenset({Role.REMOTE, Role.SERVER, Role.HOUSEHOLD})
_READS: Final = frozenset({"GET", "HEAD"})


def is_library(path: str) -> bool:
    """Tell whether a path, or the rule of a route, is the library's."""
    return any(path == it or path.startswith(it + "/") for it in PREFIXES)


@dataclass(frozen=True, slots=True)
class LibraryAccess:
    """Admits requests for the library.

    Attributes:
        is_open: whether everybody is let in (the settings ``library`` and ``anonymous``).
        sessions: reads cookies.
        signatures: checks signed addresses.
        standings: knows the revoked sessions.
        accounts: the household's accounts.
    """

    is_open: bool
    sessions: Sessions
    signatures: Signatures
    standings: Standings
    accounts: HouseholdAccounts

    def check(self, asked: Request) -> None:
        """Raise an error unless something proves that the client was let in.

        One good proof is enough: a browser may also send an outdated cookie, the signature of an
        old address, or an account that is meant for a proxy.

        Raises:
            NotLetIn: nothing proves it.
            TooManyRequests: the client sent too many wrong passwords.
            StoreError: the stores cannot be read.
        """
        if self.is_open or self._has_cookie(asked) or self._has_signature(asked):
            return
        given = asked.authorization
        if given is not None and self._has_authorization(given):
            return
        raise NotLetIn(_what_failed(asked), is_browser="Mozilla/" in asked.user_agent.string)

    def check_control(self, asked: Request) -> None:
        """Raise an error unless the client is a remote or of the household.

        Raises:
            NotLetIn: nothing proves it.
            TooManyRequests: the client sent too many wrong passwords.
            StoreError: the stores cannot be read.
        """
        given = asked.authorization
        if self._has_cookie(asked, _CONTROLS):
            return
        if given is not None and self._has_authorization(given, _CONTROLS):
            return
        raise NotLetIn(_what_failed(asked), is_browser="Mozilla/" in asked.user_agent.string)

    def _has_cookie(self, asked: Request, roles: frozenset[Role] = frozenset(Role)) -> bool:
        prefix = self.sessions.prefix
        values = [it for name, it in asked.cookies.items(multi=True) if name.startswith(prefix)]
        found = (self.session(it) for it in values[:_MOST_COOKIES])
        return any(it is not None and it.role in roles for it in found)

    def session(self, value: str) -> Session | None:
        """Return the session of a cookie; None if it has ended or is not valid."""
        try:
            session = self.sessions.read(value)
        except CredentialsError:
            return None
        return session if self.standings.is_good(session) else None

    def _has_signature(self, asked: Request) -> bool:
        expires, signature = asked.args.get(EXPIRES, ""), asked.args.get(SIGNATURE, "")
        is_read = asked.method in _READS
        return is_read and self.signatures.admits(asked.path, expires, signature)

    def _has_authorization(
        self, given: Authorization, roles: frozenset[Role] = frozenset(Role)
    ) -> bool:
        if given.type == "bearer" and given.token:
            try:
                token = self.sessions.tokens.read(given.token)
            except (CredentialsError, UnicodeEncodeError):
                return False
            return token.role in roles and self.standings.is_good(Session.of(token))
        if given.type == "basic" and given.username is not None and given.password is not None:
            return self.accounts.has(given.username, given.password, requests.client())
        return False


def register(app: Flask, access: LibraryAccess, refusals: RefusalCounts) -> None:
    """Refuse whoever was not let in, on every route of the library that `app` has or gets."""

    @app.before_request
    def check() -> None:
        if not _is_of_library():
            return
        try:
            access.check(request)
        except NotLetIn:
            refusals.count(Reason.LIBRARY)
            raise

    @app.after_request
    def keep_private(response: Response) -> Response:
        if _is_of_library():
            # A cache that several people share must not give it to others.
            response.cache_control.public = False
            response.cache_control.private = True
        return response


def _is_of_library() -> bool:
    rule = request.url_rule
    return is_library(request.path) or (rule is not None and is_library(rule.rule))


def _what_failed(asked: Request) -> str:
    if SIGNATURE in asked.args:
        return "this address has expired, or this server did not sign it"
    if "Authorization" in asked.headers:
        return "this token or account does not let you into the library, or no longer"
    return ""
