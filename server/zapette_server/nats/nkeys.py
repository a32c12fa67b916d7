"""NATS's names for Ed25519 keys: base32 of a prefix, the key and a checksum; no I/O.

The `nkeys` package has no wheel, and building it would fetch packages outside of the lock file
(docs/decisions/0098-nats.md). The signatures are PyNaCl's.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Final, Self

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from zapette_server.errors import KeyFileError

OPERATOR: Final = "O"
ACCOUNT: Final = "A"
USER: Final = "U"

_PREFIXES: Final = {OPERATOR: 14 << 3, ACCOUNT: 0, USER: 20 << 3}
_SEED: Final = 18 << 3
_KEY_BYTES: Final = 32
_CHECKSUM_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key that signs.

    Attributes:
        kind: `OPERATOR`, `ACCOUNT` or `USER`.
        seed: its secret, as NATS writes it; never shown.
        public: its name, as NATS writes it.
    """

    kind: str
    seed: str = field(repr=False)
    public: str
    _key: SigningKey = field(repr=False)

    @classmethod
    def new(cls, kind: str) -> Self:
        """Return a new random key."""
        return cls._of(kind, secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def from_seed(cls, seed: str) -> Self:
        """Return the key of a seed.

        Raises:
            KeyFileError: it is no seed of an operator, an account or a user.
        """
        raw = _decoded(seed)
        prefix = (raw[0] & 7) << 5 | raw[1] >> 3
        kinds = {number: kind for kind, number in _PREFIXES.items()}
        if raw[0] & 0xF8 != _SEED or prefix not in kinds or len(raw) != _KEY_BYTES + 2:
            raise KeyFileError("it is not the seed of an nkey")
        return cls._of(kinds[prefix], raw[2:])

    @classmethod
    def _of(cls, kind: str, secret: bytes) -> Self:
        prefix, key = _PREFIXES[kind], SigningKey(secret)
        head = bytes((_SEED | prefix >> 5, (prefix & 31) << 3))
        return cls(kind, _encoded(head + secret), public_name(kind, bytes(key.verify_key)), key)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of `data`, 64 bytes."""
        return self._key.sign(data).signature

    def has_signed(self, data: bytes, signature: bytes) -> bool:
        """Return whether `signature` is this key's of `data`."""
        try:
            VerifyKey(bytes(self._key.verify_key)).verify(data, signature)
        except (BadSignatureError, ValueError):
            return False
        return True


def public_name(kind: str, key: bytes) -> str:
    """Return the name of a public key of 32 bytes."""
    return _encoded(bytes((_PREFIXES[kind],)) + key)


def _encoded(data: bytes) -> str:
    checksum = binascii.crc_hqx(data, 0).to_bytes(_CHECKSUM_BYTES, "little")
    return base64.b32encode(data + checksum).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise KeyFileError("it is not an nkey") from None
    data, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if len(data) < _CHECKSUM_BYTES or _encoded(data) != text or len(checksum) != _CHECKSUM_BYTES:
        raise KeyFileError("it is not an nkey")
    return data
