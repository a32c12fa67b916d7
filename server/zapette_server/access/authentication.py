"""Authentication at the household's broker, by signed token or by account."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Hashable
from functools import lru_cache
from typing import Final

from zapette.protocol.topics import Topics
from zapette_broker.access.acl import AclEntry, Rights, mark
from zapette_broker.access.authenticator import ConnectRequest, Grant
from zapette_broker.access.terms import Budget, Terms
from zapette_server.access.credentials import Keyring, Token
from zapette_server.access.lookups import Lookups
from zapette_server.access.records import Change, Standing, fingerprint
from zapette_server.access.rights import RESERVED_NAMES, Acl, Role, rights
from zapette_server.errors import CredentialsError
from zapette_server.storage.data_folder import HOME

log = logging.getLogger("zapette.broker")

_DENY_ALL: Final = {"permission": "deny", "action": "all", "topic": "#"}
_MAX_REMEMBERED: Final = 256
_ID_LENGTH: Final = 32

PAGE_EXPIRY: Final = 600
"""Seconds that the session of a player, remote or guest may outlive its connection."""

SESSIONS: Final = 500
"""Sessions of one link, connected or not; twice as many of one player."""

SUBSCRIPTIONS: Final = 10_000
"""Subscriptions of all sessions of one link; twice as many of one player."""

QUEUED_BYTES: Final = 8 * 1024 * 1024
"""Bytes queued for all clients of one link; twice as much for those of one player."""


class HouseholdAuthenticator:
    """Admits players, remotes, guests and the server by token, and the household by password.

    Another thread looks up tokens in the stores when these have changed. The results are kept, so
    that `is_revoked` reads no file. A correct password is kept as a keyed digest, so that the slow
    hash is computed once, on a separate thread.
    """

    def __init__(
        self,
        keyring: Keyring,
        lookups: Lookups,
        verify: Callable[[str, str], bool],
        home_password: str,
        *,
        anonymous: bool = False,
    ) -> None:
        self._keyring = keyring
        self._lookups = lookups
        self._verify = verify
        self._home_password = home_password.encode()
        self._anonymous = anonymous
        self._household = compile_rights(rights(Role.HOUSEHOLD, keyring.topics, ""))
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, None] = {}
        self._one_at_a_time = asyncio.Lock()
        self._generations: dict[str, str | None] = {}
        self._accounts: dict[str, str] | None = None
        self._revoked: frozenset[str] = frozenset()

    def authenticate(self, request: ConnectRequest) -> Grant | Awaitable[Grant | None] | None:
        """Return the grant of a client, or None if its credentials prove nothing."""
        if request.username is None:
            return Grant(self._household) if self._anonymous else None
        if request.password is None:
            return None
        if request.username in RESERVED_NAMES:
            return self._by_token(request.username, request.client_id, request.password)
        if request.username == HOME:
            good = hmac.compare_digest(request.password, self._home_password)
            return self._member(("account", HOME), HOME) if good else None
        return self._by_password(request.username, request.password)

    def learn(self, change: Change) -> None:
        """Record changes in the stores for `is_revoked`."""
        self._generations |= change.generations
        if change.accounts is not None:
            self._accounts = change.accounts
        if change.revoked is not None:
            self._revoked = change.revoked

    def remember_only(self, players: Collection[str]) -> None:
        """Forget the results for all players except these."""
        self._generations = {
            player: generation
            for player, generation in self._generations.items()
            if player in players
        }

    def is_revoked(self, tag: object, client_id: str) -> bool:
        """Return whether a grant with `tag` is known to be revoked."""
        match tag:
            case ("code", str(player), str(generation)):
                return client_id in self._revoked or (
                    self._generations.get(player, generation) != generation
                )
            case ("player", str(player)):
                return self._generations.get(player, "") is None
            case ("account", str(name), *rest) if name != HOME and self._accounts is not None:
                known = self._accounts.get(name)
                return known is None or rest not in ([], [known])
        return False

    def _by_token(
        self, username: str, client_id: str, password: bytes
    ) -> Grant | Awaitable[Grant | None] | None:
        try:
            token = self._keyring.read(password)
        except CredentialsError as error:
            log.debug("token refused: %s", error)
            return None
        if token.role != username or token.client_id != client_id:
            return None
        if token.role is Role.SERVER:
            return _granted(token, client_id)
        standing = self._lookups.known_standing(token.player_id, client_id)
        if standing is None:
            return self._ask(token, client_id)
        return self._if_good(token, client_id, standing)

    async def _ask(self, token: Token, client_id: str) -> Grant | None:
        standing = await self._lookups.standing(token.player_id, client_id)
        return self._if_good(token, client_id, standing)

    def _if_good(self, token: Token, client_id: str, standing: Standing) -> Grant | None:
        """Grant the token's rights, unless the stores show that it is revoked."""
        wanted = token.generation if token.role is not Role.PLAYER else standing.generation
        if standing.revoked or standing.generation is None or standing.generation != wanted:
            return None
        grant = _granted(token, client_id)
        # A later change may have revoked it.
        return None if self.is_revoked(grant.tag, client_id) else grant

    async def _by_password(self, name: str, password: bytes) -> Grant | None:
        hashed = await self._lookups.hash_of(name)
        if hashed is None:
            return None
        tag = ("account", name, fingerprint(hashed))
        digest = hmac.digest(self._key, hashed.encode() + b"\0" + password, hashlib.sha256)
        if digest not in self._remembered:
            # One at a time: each hash takes 64 MiB and a core, and guesses must not add up.
            async with self._one_at_a_time:
                text = password.decode("utf-8", "replace")
                if not await asyncio.to_thread(self._verify, hashed, text):
                    return None
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.pop(next(iter(self._remembered)))
            self._remembered[digest] = None
        return None if self.is_revoked(tag, "") else self._member(tag, name)

    def _member(self, tag: tuple[str, ...], name: str) -> Grant:
        return Grant(self._household, tag=tag, username=name)


def _granted(token: Token, client_id: str) -> Grant:
    """Return the grant of a token; it keeps this copy of the client id."""
    compiled = rights_in(token.acl, client_id, token.player_id)
    return Grant(compiled, float(token.expires_at), _tag(token), client_id)


def rights_in(acl: str, *ids: str) -> Rights:
    """Return the rights in a token; clients that differ in their ids only share the rest.

    The marks for the ids are in topics only, since nothing else in the rules has a slash.
    """
    return _compile(mark(acl, ids)).with_values(ids)


@lru_cache(maxsize=64)
def _compile(acl: str) -> Rights:
    return compile_rights(json.loads(acl, strict=False))


def compile_rights(acl: Acl) -> Rights:
    """Return the rights that a token's rules give; what they do not name is denied anyway.

    They are those of `zapette_server.access.rights.rights`, and so need no check.
    """
    publish: list[AclEntry] = []
    subscribe: list[AclEntry] = []
    retain: list[AclEntry] = []
    for rule in acl:
        if rule != _DENY_ALL:
            entry = str(rule["topic"]), rule["permission"] == "allow"
            if rule["action"] != "subscribe":
                if rule.get("retain") is not True:
                    publish.append(entry)
                if rule.get("retain") is not False:
                    retain.append(entry)
            if rule["action"] != "publish":
                subscribe.append(entry)
    return Rights(publish, subscribe, retain)


def terms_of(tag: object) -> Terms:
    """Return a grant's terms by its tag.

    Strangers can make players, and guests can pass their link on, so that budgets bound the usage
    of each link and player. A page starts a new session at each load: its session only has to
    outlive a lost connection. The household has a reserve.
    """
    match tag:
        case ("code", str(player), str()):
            return Terms((_budget(tag, 1), _budget(("player", player), 2)), False, PAGE_EXPIRY)
        case ("player", str()):
            return Terms((_budget(tag, 2),), False, PAGE_EXPIRY)
    return Terms()


def _budget(key: Hashable, times: int) -> Budget:
    """Return the budget of a link, or a multiple of it."""
    return Budget(key, SESSIONS * times, SUBSCRIPTIONS * times, QUEUED_BYTES * times)


def owner_of(topics: Topics) -> Callable[[str], str | None]:
    """Return a function from a topic to its player, or None."""
    root = f"{topics.base}/players/"
    start, end = len(root), len(root) + _ID_LENGTH

    def owner(topic: str) -> str | None:
        return topic[start:end] if topic.startswith(root) else None

    return owner


def player_of(tag: object) -> str | None:
    """Return the player of a grant; None if it has none."""
    match tag:
        case ("code", str(player), str()) | ("player", str(player)):
            return player
    return None


def is_remote_or_guest_of(tag: object, player_id: str) -> bool:
    """Return whether the grant with `tag` is of a remote or guest of the player."""
    match tag:
        case ("code", str(of), str()):
            return of == player_id
    return False


def _tag(token: Token) -> tuple[str, ...]:
    if token.role in (Role.REMOTE, Role.GUEST):
        return ("code", token.player_id, token.generation)
    return (token.role.value, token.player_id)
