"""Who may read the library over HTTP: a cookie, a signature, a token or an account proves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from flask import Flask, Request, Response, request
from werkzeug.datastructures import Authorization

from zapette_server.access.rights import Role
from zapette_server.errors import CredentialsError
from zapette_webapp.access.household_accounts import HouseholdAccounts
from zapette_webapp.access.sessions.sessions import Session, Sessions
from zapette_webapp.access.sessions.signatures import EXPIRES, SIGNATURE, Signatures
from zapette_webapp.access.sessions.standings import Standings
from zapette_webapp.errors import GuestsExcluded, NotLetIn
from zapette_webapp.http import requests
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.http.responses.transfers import RIGHT, Right, stands

PREFIXES: Final = (
    "/api/library",
    "/media",
    "/thumbnails",
    "/previews",
    "/subtitles",
    "/streams",
)
"""Everything at and below these paths is the library."""

_MOST_COOKIES: Final = 16
CONTROLS: Final = frozenset({Role.REMOTE, Role.SERVER, Role.HOUSEHOLD})
"""The roles that control players."""
_READS: Final = frozenset({"GET", "HEAD"})


def is_library(path: str) -> bool:
    """Return whether a path, or the rule of a route, is the library's."""
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

    def check(self, asked: Request) -> Right | None:
        """Raise an error unless something proves that the client was let in.

        One good proof is enough: a browser may also send an outdated cookie, the signature of an
        old address, or an account that is meant for a proxy.

        Returns:
            What tells whether that is still so; None if nobody can revoke it.

        Raises:
            NotLetIn: nothing proves it.
            TooManyRequests: the client sent too many wrong passwords.
            StoreError: the stores cannot be read.
        """
        if self.is_open or self._has_signature(asked):
            return None
        return self._right(asked)

    def check_control(self, asked: Request) -> None:
        """Raise an error unless the client is a remote or of the household.

        Raises:
            GuestsExcluded: it is a guest.
            NotLetIn: nothing proves that it is any of them.
            TooManyRequests: the client sent too many wrong passwords.
            StoreError: the stores cannot be read.
        """
        first, *_ = self.sessions_of(asked)
        if first.role not in CONTROLS:
            raise GuestsExcluded

    def sessions_of(self, asked: Request) -> list[Session]:
        """Return the sessions of a client, except players', those that control first.

        Raises:
            NotLetIn: nothing proves that it has one.
            TooManyRequests: the client sent too many wrong passwords.
            StoreError: the stores cannot be read.
        """
        given = _authorization(asked)
        found = [*self._cookies(asked), *self._token(given)]
        sessions = [it for it in found if it.role is not Role.PLAYER and self.standings.is_good(it)]
        sessions.sort(key=lambda it: it.role not in CONTROLS)
        if sessions:
            return sessions
        if given is not None and self._has_account(given):
            return [Session(Role.HOUSEHOLD, "", "", given.username or "", 0)]
        raise NotLetIn(_what_failed(asked), is_browser="Mozilla/" in asked.user_agent.string)

    def _right(self, asked: Request) -> Right:
        given = _authorization(asked)
        found = [*self._cookies(asked), *self._token(given)]
        sessions = [it for it in found if self.standings.is_good(it)]
        if sessions:
            return lambda: any(self.standings.is_good(it) for it in sessions)
        if given is not None and self._has_account(given):
            name = given.username or ""
            mark = self.accounts.mark(name)
            return lambda: self.accounts.mark(name) == mark
        raise NotLetIn(_what_failed(asked), is_browser="Mozilla/" in asked.user_agent.string)

    def _cookies(self, asked: Request) -> Iterator[Session]:
        prefix = self.sessions.prefix
        values = [it for name, it in asked.cookies.items(multi=True) if name.startswith(prefix)]
        found = (self.session(it) for it in values[:_MOST_COOKIES])
        return (it for it in found if it is not None)

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

    def _token(self, given: Authorization | None) -> Iterator[Session]:
        if given is not None and given.type == "bearer" and given.token:
            with suppress(CredentialsError, UnicodeEncodeError):
                yield Session.of(self.sessions.tokens.read(given.token))

    def _has_account(self, given: Authorization) -> bool:
        name, password = given.username, given.password
        if given.type != "basic" or name is None or password is None:
            return False
        return self.accounts.has(name, password, requests.client())


def register(app: Flask, access: LibraryAccess, refusals: RefusalCounts) -> None:
    """Refuse all who were not let in, on every route of the library that `app` has or gets."""

    @app.before_request
    def check() -> None:
        if not _is_of_library():
            return
        try:
            right = access.check(request)
        except NotLetIn:
            refusals.count(Reason.LIBRARY)
            raise
        if right is not None:
            request.environ[RIGHT] = right

    @app.after_request
    def check_again(response: Response) -> Response:
        """Refuse those whose right was revoked while they waited for a conversion."""
        right: Right | None = request.environ.get(RIGHT)
        if right is None or stands(right):
            return response
        response.close()
        error = NotLetIn("your access has been revoked", is_browser=True)
        return app.make_response(app.handle_user_exception(error))

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


def _authorization(asked: Request) -> Authorization | None:
    try:
        return asked.authorization
    except ValueError:
        # werkzeug decodes no name and password with other letters than ASCII
        return None


def _what_failed(asked: Request) -> str:
    if SIGNATURE in asked.args:
        return "this address has expired, or this server did not sign it"
    if "Authorization" in asked.headers:
        return "this token or account is not, or no longer, valid for the library"
    return (
        "the library answers only those who were let in: pages send the cookie that comes with "
        "their credentials, programs a token or a household account"
    )
