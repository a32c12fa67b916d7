"""The JWTs of NATS's decentralised authentication; no I/O.

An operator signs accounts, an account signs users (NATS JWT, version 2). The nodes read them
without asking anybody.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from zapette_server.nats.nkeys import KeyPair

MQTT_ONLY: Final = ("MQTT", "MQTT_WS")
_UNLIMITED: Final = -1
_VERSION: Final = 2


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


HEADER: Final = _encode(b'{"typ":"JWT","alg":"ed25519-nkey"}')


def sign(issuer: KeyPair, claims: Mapping[str, Any]) -> str:
    """Return the JWT of `claims`, to which it adds `iss`, `jti` and, if it is missing, `iat`."""
    whole = {"iat": int(time.time()), "iss": issuer.public} | dict(claims)
    digest = hashlib.sha256(_json(whole)).digest()
    whole["jti"] = base64.b32encode(digest).decode().rstrip("=")
    signed = f"{HEADER}.{_encode(_json(whole))}"
    return f"{signed}.{_encode(issuer.sign(signed.encode()))}"


def read(text: str, *issuers: KeyPair) -> dict[str, Any]:
    """Return the claims of a JWT that one of `issuers` has signed.

    Raises:
        ValueError: it is malformed, or signed by another key.
    """
    head, _, rest = text.partition(".")
    body, _, signature = rest.partition(".")
    # Only our own header: the sender of a token must not choose how it is checked.
    signed, its_signature = f"{head}.{body}".encode(), _decode(signature)
    if head != HEADER or not any(it.has_signed(signed, its_signature) for it in issuers):
        raise ValueError("the token is not valid")
    return unchecked(text)


def unchecked(text: str) -> dict[str, Any]:
    """Return the claims of a JWT in our own files, regardless of its signer.

    Raises:
        ValueError: it is malformed.
    """
    claims: dict[str, Any] = json.loads(_decode(text.partition(".")[2].partition(".")[0]))
    return claims


def operator(key: KeyPair, signing: Iterable[KeyPair], system_account: str) -> str:
    """Return the JWT of the operator, which accepts accounts signed by any of `signing`."""
    names = [it.public for it in signing]
    nats = {"signing_keys": names, "system_account": system_account}
    return sign(key, _typed("operator", key.public, "zapette", nats))


@dataclass(frozen=True, slots=True)
class Account:
    """The account whose users the players and phones are.

    Attributes:
        name: shown by NATS's tools.
        public: its key's name.
        signing: the names of the keys that may sign its users.
        is_system: whether it is the cluster's system account, without MQTT.
    """

    name: str
    public: str
    signing: tuple[str, ...] = ()
    is_system: bool = False

    def jwt(
        self,
        issuer: KeyPair,
        revocations: Mapping[str, int] | None = None,
        issued_at: int | None = None,
    ) -> str:
        """Return its JWT.

        Args:
            issuer: the operator's key, or a signing key of the operator.
            revocations: by the names of users, the Unix seconds up to which their tokens are
                void; ``*`` stands for all users.
            issued_at: in Unix seconds, of which a node keeps the latest; now if None.
        """
        limits = dict.fromkeys(
            ("subs", "data", "payload", "imports", "exports", "conn", "leaf"), _UNLIMITED
        )
        storage = (
            {}
            if self.is_system
            else dict.fromkeys(
                ("mem_storage", "disk_storage", "streams", "consumer", "max_ack_pending"),
                _UNLIMITED,
            )
        )
        nats: dict[str, Any] = {"limits": limits | {"wildcards": True} | storage}
        if self.signing:
            nats["signing_keys"] = list(self.signing)
        if revocations:
            nats["revocations"] = dict(sorted(revocations.items()))
        typed = _typed("account", self.public, self.name, nats)
        return sign(issuer, typed if issued_at is None else typed | {"iat": issued_at})


def user(public: str, name: str, **nats: Any) -> dict[str, Any]:
    """Return the claims of a user without limits beyond those in `nats`."""
    limits = dict.fromkeys(("subs", "data", "payload"), _UNLIMITED)
    return _typed("user", public, name, limits | nats)


def _typed(kind: str, public: str, name: str, nats: dict[str, Any]) -> dict[str, Any]:
    return {"sub": public, "name": name, "nats": nats | {"type": kind, "version": _VERSION}}


def _json(claims: Mapping[str, Any]) -> bytes:
    return json.dumps(claims, separators=(",", ":")).encode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
