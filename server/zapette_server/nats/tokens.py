"""The tokens of players, phones and the household as user JWTs of NATS."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Final

from zapette_server.access.credentials import TOKEN_LIFETIME, Keyring, Token
from zapette_server.access.rights import Role, rights
from zapette_server.errors import CredentialsError
from zapette_server.nats import claims
from zapette_server.nats.cluster.cluster_keys import ClusterKeys
from zapette_server.nats.nkeys import USER, public_name
from zapette_server.nats.subjects import permissions

OURS: Final = "zapette"
"""The claim with what NATS does not need to know."""

VoidUntil = Callable[[Role, str, str], int]
"""Returns the second up to which the tokens of a role, a player and a generation are void."""


class NatsTokens:
    """Issues and reads tokens that every node of a cluster checks by itself.

    Nobody holds the private halves of the users' keys: a bearer token needs none.
    """

    def __init__(self, keyring: Keyring, keys: ClusterKeys, void_until: VoidUntil) -> None:
        self._keyring = keyring
        self._keys = keys
        self._void_until = void_until

    def user(self, role: Role, player_id: str = "", generation: str = "") -> str:
        """Return the user key of all tokens of a role, or of all phones that came by one code."""
        kind = "phone" if role in (Role.REMOTE, Role.GUEST) else role.value
        seal = self._keyring.seal("nats user", kind, player_id, generation)
        return public_name(USER, hashlib.sha256(seal.encode()).digest())

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
        acl = rights(role, self._keyring.topics, client_id, player_id)
        issued = claims.user(
            self.user(role, player_id, generation),
            client_id,
            **permissions(acl),
            bearer_token=True,
            allowed_connection_types=list(claims.MQTT_ONLY),
            issuer_account=self._keys.account.public,
        )
        issued["iat"] = max(now, self._void_until(role, player_id, generation) + 1)
        issued["exp"] = expires_at
        issued[OURS] = [role.value, client_id, player_id, generation]
        return claims.sign(self._keys.signing, issued), expires_at

    def read(self, token: str | bytes) -> Token:
        """Return the content of a token after checking its signature and expiry.

        Raises:
            CredentialsError: it is malformed, of another issuer, or expired.
        """
        text = token.decode("ascii", "replace") if isinstance(token, bytes) else token
        try:
            found = claims.read(text, *self._keys.signers)
            role, client_id, player_id, generation = map(str, found[OURS])
            read = Token(Role(role), client_id, player_id, generation, int(found["exp"]), "[]")
        except (KeyError, TypeError, ValueError):
            raise CredentialsError("the token is not valid") from None
        if read.expires_at <= time.time():
            raise CredentialsError("the token has expired")
        return read
