"""Who may connect to the household's broker: bearers of a signed token, and named accounts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable
from typing import Final

from broker.access import Judgement, Rights
from broker.authenticator import ConnectRequest, Grant
from zapette.accounts import Accounts
from zapette.credentials import RESERVED_NAMES, Acl, Keyring, Role, Token, rights
from zapette.data_folder import HOME
from zapette.errors import CredentialsError, StoreError
from zapette.registry import Registry
from zapette.visitors import Visitors

log = logging.getLogger("zapette.broker")

_DENY_ALL: Final = {"permission": "deny", "action": "all", "topic": "#"}
_MAX_REMEMBERED: Final = 256


class HouseholdAuthenticator:
    """Admits players, remotes, guests and the server by token, and the household by password.

    A password that was right is remembered as a keyed digest, so that the slow hash of an
    account is computed once, on a thread of its own.
    """

    def __init__(
        self,
        keyring: Keyring,
        registry: Registry,
        visitors: Visitors,
        accounts: Accounts,
        home_password: str,
        *,
        anonymous: bool = False,
    ) -> None:
        self._keyring = keyring
        self._registry = registry
        self._visitors = visitors
        self._accounts = accounts
        self._home_password = home_password.encode()
        self._anonymous = anonymous
        self._household = compile_rights(rights(Role.HOUSEHOLD, keyring.topics, ""))
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, None] = {}
        self._one_at_a_time = asyncio.Lock()

    def authenticate(self, request: ConnectRequest) -> Grant | Awaitable[Grant | None] | None:
        """Return what the client may do, or None if it does not prove who it is."""
        if request.username is None:
            return Grant(self._household) if self._anonymous else None
        if request.password is None:
            return None
        if request.username in RESERVED_NAMES:
            return self._by_token(request.username, request.client_id, request.password)
        if request.username == HOME:
            good = hmac.compare_digest(request.password, self._home_password)
            return self._member(HOME) if good else None
        return self._by_password(request.username, request.password)

    def is_revoked(self, tag: object) -> bool:
        """Tell whether what was granted with `tag` is void by now."""
        match tag:
            case ("code", str(player_id), str(generation)):
                return self._registry.generation(player_id) != generation
            case ("account", str(name)) if name != HOME:
                return self._hash(name) is None
        return False

    def _by_token(self, username: str, client_id: str, password: bytes) -> Grant | None:
        try:
            token = self._keyring.read(password)
        except CredentialsError as error:
            log.debug("token refused: %s", error)
            return None
        if token.role != username or token.client_id != client_id:
            return None
        tag = _tag(token)
        if self.is_revoked(tag) or self._visitors.is_ended(client_id):
            return None
        return Grant(compile_rights(token.acl), float(token.expires_at), tag, client_id)

    async def _by_password(self, name: str, password: bytes) -> Grant | None:
        hashed = self._hash(name)
        if hashed is None:
            return None
        digest = hmac.digest(self._key, hashed.encode() + b"\0" + password, hashlib.sha256)
        if digest in self._remembered:
            return self._member(name)
        # One at a time: the hash takes 64 MiB and a core, which guesses must not multiply.
        async with self._one_at_a_time:
            text = password.decode("utf-8", "replace")
            if not await asyncio.to_thread(self._accounts.verify, hashed, text):
                return None
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[digest] = None
        return self._member(name)

    def _member(self, name: str) -> Grant:
        return Grant(self._household, tag=("account", name), username=name)

    def _hash(self, name: str) -> str | None:
        try:
            return self._accounts.hash_of(name)
        except StoreError as error:
            log.error("%s", error)  # noqa: TRY400 - the message says it all
            return None


def compile_rights(acl: Acl) -> Rights:
    """Return the rights that a token's rules give; what they do not name is denied anyway.

    They are those of `zapette.credentials.rights`, and so need no check.
    """
    publish: list[Judgement] = []
    subscribe: list[Judgement] = []
    retain: list[Judgement] = []
    for rule in acl:
        if rule != _DENY_ALL:
            judgement = str(rule["topic"]), rule["permission"] == "allow"
            if rule["action"] != "subscribe":
                if rule.get("retain") is not True:
                    publish.append(judgement)
                if rule.get("retain") is not False:
                    retain.append(judgement)
            if rule["action"] != "publish":
                subscribe.append(judgement)
    return Rights(publish, subscribe, retain)


def is_visitor_of(tag: object, player_id: str) -> bool:
    """Tell whether what was granted with `tag` is a remote's or a guest's of a player."""
    match tag:
        case ("code", str(of), str()):
            return of == player_id
    return False


def _tag(token: Token) -> tuple[str, ...]:
    if token.role in (Role.REMOTE, Role.GUEST):
        return ("code", token.player_id, token.generation)
    return (token.role.value, token.player_id)
