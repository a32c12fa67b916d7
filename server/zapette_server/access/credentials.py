"""Player ids, keys and tokens; no I/O.

Keys derive from the household's signing secret, so that none is stored: the registry of players
reveals no key, and no key reveals another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import dataclass
from functools import cache
from typing import Final

import jwt

from zapette.protocol.topics import Topics
from zapette_server.access.rights import Role, rights
from zapette_server.errors import CredentialsError

TOKEN_LIFETIME: Final = 12 * 3600
"""The lifetime of a token, in seconds."""

_ALGORITHM: Final = "HS256"
_KEY_BYTES: Final = 16
_SEAL_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Token:
    """The content of a verified token.

    Attributes:
        role: player, remote, guest or server.
        client_id: the MQTT client id it is bound to.
        player_id: its player; empty for the server's.
        generation: the generation of its key; empty for a player's or the server's.
        expires_at: when it expires, in Unix seconds.
        acl: the rights as JSON, first match first, everything else denied.
    """

    role: Role
    client_id: str
    player_id: str
    generation: str
    expires_at: int
    acl: str


def new_player_id() -> str:
    """Return a new player id: 128 random bits as 32 lowercase hexadecimal digits."""
    return secrets.token_hex(16)


def new_generation() -> str:
    """Return a new key generation; it is random, so that a lost registry revives no old code."""
    return secrets.token_hex(8)


def is_generation(text: str) -> bool:
    """Return whether `text` has the form of a key generation."""
    return re.fullmatch("[0-9a-f]{16}", text) is not None


@dataclass(frozen=True, slots=True)
class Keyring:
    """Makes and checks keys and tokens under one signing secret.

    Attributes:
        secret: at least 32 random bytes that never leave the data folder.
        topics: the topics of the rights.
    """

    secret: bytes
    topics: Topics

    def owner_key(self, player_id: str) -> str:
        """Return the key that proves who made `player_id`: 22 base64url characters."""
        return self._derive("owner", player_id)

    def link_key(self, role: Role, player_id: str, generation: str) -> str:
        """Return the key in the link for remotes or for guests: 22 base64url characters."""
        return self._derive(role, player_id, generation)

    def owns(self, player_id: str, owner_key: str) -> bool:
        """Return whether `owner_key` belongs to `player_id`, in constant time."""
        return _same(self.owner_key(player_id), owner_key)

    def role_of(self, player_id: str, generation: str, key: str) -> Role | None:
        """Return the role that `key` gives, remote or guest; None if it is wrong."""
        for role in (Role.REMOTE, Role.GUEST):
            if _same(self.link_key(role, player_id, generation), key):
                return role
        return None

    def issue(
        self,
        role: Role,
        client_id: str,
        player_id: str = "",
        generation: str = "",
        *,
        lifetime: float = TOKEN_LIFETIME,
    ) -> tuple[str, int]:
        """Return a signed token and when it expires, in Unix seconds."""
        now = int(time.time())
        expires_at = now + int(lifetime)
        claims = {
            "sub": player_id or "server",
            "client_id": client_id,
            "role": role.value,
            "iat": now,
            "exp": expires_at,
            "generation": generation,
            # the last, where `read` finds it
            "acl": rights(role, self.topics, client_id, player_id),
        }
        return jwt.encode(claims, self._signing_key, algorithm=_ALGORITHM), expires_at

    def read(self, token: str | bytes) -> Token:
        """Return the content of `token` after checking its signature and expiry (RFC 7519, 7.2).

        The broker does this for each connection, which is why it does not use the library
        (docs/decisions/0005-reading-tokens.md).

        Raises:
            CredentialsError: it is malformed, of another issuer, or expired.
        """
        text = token.encode() if isinstance(token, str) else token
        head, _, rest = text.partition(b".")
        body, _, signature = rest.partition(b".")
        digest = hmac.digest(self._signing_key, head + b"." + body, hashlib.sha256)
        # Accept only the header that `issue` writes: a client must not choose the algorithm.
        if head != _HEADER or not hmac.compare_digest(_encode(digest), signature):
            raise CredentialsError("the token is not valid")
        try:
            read = _token(base64.urlsafe_b64decode(body + b"==").decode())
        except (KeyError, TypeError, ValueError):
            raise CredentialsError("the token is not valid") from None
        if read.expires_at <= time.time():
            raise CredentialsError("the token has expired")
        return read

    def seal(self, purpose: str, *parts: str) -> str:
        """Return a signature of `parts` for `purpose`: 32 base64url characters."""
        digest = hmac.digest(self._sealing_key(purpose), "\0".join(parts).encode(), hashlib.sha256)
        return _encode(digest[:_SEAL_BYTES]).decode()

    def is_sealed(self, seal: str, purpose: str, *parts: str) -> bool:
        """Return whether `seal` is the signature of `parts` for `purpose`, in constant time."""
        return _same(self.seal(purpose, *parts), seal)

    def _sealing_key(self, purpose: str) -> bytes:
        return hmac.digest(self.secret, b"seal\0" + purpose.encode(), hashlib.sha256)

    @property
    def pairing_key(self) -> bytes:
        """The key of the digests of pairing codes."""
        return hmac.digest(self.secret, b"pairing", hashlib.sha256)

    @property
    def _signing_key(self) -> bytes:
        return _signing_key(self.secret)

    def _derive(self, *parts: str) -> str:
        digest = hmac.digest(self.secret, "\0".join(("key", *parts)).encode(), hashlib.sha256)
        return _encode(digest[:_KEY_BYTES]).decode()


@cache
def _signing_key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"token", hashlib.sha256)


def _token(text: str) -> Token:
    """Return the token with these claims; the rights, most of the text, are not parsed."""
    head, found, acl = text.removesuffix("}").partition(',"acl":')
    if not found:
        raise ValueError("no rights")
    claims = json.loads(head + "}")
    return Token(
        role=Role(claims["role"]),
        client_id=str(claims["client_id"]),
        player_id=str(claims["sub"]),
        generation=str(claims.get("generation", "")),
        expires_at=int(claims["exp"]),
        acl=acl,
    )


def _encode(data: bytes) -> bytes:
    """Return base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


_HEADER: Final = _encode(b'{"alg":"HS256","typ":"JWT"}')


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
