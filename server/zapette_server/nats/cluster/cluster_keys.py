"""The keys of a cluster: a folder whose files only their owner can read."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from zapette_server.errors import KeyFileError
from zapette_server.nats import claims
from zapette_server.nats.claims import Account
from zapette_server.nats.nkeys import ACCOUNT, OPERATOR, USER, KeyPair
from zapette_server.storage import private_file

NEXT: Final = "next"
"""The folder of keys that are accepted, but not yet used."""

OLD: Final = "old"
"""The folder of keys that are no longer used, but still accepted."""

_OPERATOR: Final = "operator-signing.seed"
_ACCOUNT: Final = "account-signing.seed"
_SYSTEM_USER: Final = "system-user.seed"
_SYSTEM_TOKEN: Final = "system-user.jwt"  # noqa: S105 - the name of its file
_NAMES: Final = "accounts.json"


@dataclass(frozen=True, slots=True)
class ClusterKeys:
    """What the web side needs of a cluster's keys.

    Attributes:
        operator: signs the account again when tokens are revoked.
        signing: signs the tokens of players, phones and the household.
        account: the account that they belong to.
        system_user: proves the system user to a node.
        system_token: the system user's JWT.
        others: what is accepted as well while keys are renewed.
    """

    operator: KeyPair
    signing: KeyPair
    account: Account
    system_user: KeyPair
    system_token: str = field(repr=False)
    others: tuple[ClusterKeys, ...] = ()

    @property
    def operators(self) -> tuple[KeyPair, ...]:
        """The keys that may sign the account."""
        return (self.operator, *(it.operator for it in self.others))

    @property
    def signers(self) -> tuple[KeyPair, ...]:
        """The keys that may sign tokens."""
        return (self.signing, *(it.signing for it in self.others))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the keys that `write` has written, and those in `NEXT` and `OLD` below them.

        Raises:
            KeyFileError: a file is missing or malformed, or others than its owner can read it.
        """
        signing = _key(folder / _ACCOUNT, ACCOUNT)
        found = (folder / name for name in (NEXT, OLD))
        others = tuple(cls.load(it) for it in found if it.is_dir())
        names = (signing.public, *(it.signing.public for it in others))
        return cls(
            operator=_key(folder / _OPERATOR, OPERATOR),
            signing=signing,
            account=Account("zapette", _account(folder / _NAMES), names),
            system_user=_key(folder / _SYSTEM_USER, USER),
            system_token=_read(folder / _SYSTEM_TOKEN),
            others=others,
        )

    def create(self, folder: Path) -> None:
        """Write the keys into a new folder, which appears with all of them or not at all.

        Raises:
            OSError: the folder cannot be written.
        """
        draft = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        self.write(draft)
        draft.rename(folder)

    def write(self, folder: Path) -> None:
        """Write the keys into a folder; `others` not.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(mode=0o700, exist_ok=True)
        for name, text in (
            (_OPERATOR, self.operator.seed),
            (_ACCOUNT, self.signing.seed),
            (_SYSTEM_USER, self.system_user.seed),
            (_SYSTEM_TOKEN, self.system_token),
            (_NAMES, json.dumps({"account": self.account.public})),
        ):
            private_file.write(folder / name, text + "\n")


@dataclass(frozen=True, slots=True)
class NewCluster:
    """The keys of a new cluster, and what its nodes start with.

    Attributes:
        root: the operator's own key, which only signs new signing keys: keep it elsewhere.
        keys: what the web side needs.
        operator: the JWT of the operator.
        system: the name of the system account.
        accounts: the JWTs of the accounts, by name.
    """

    root: KeyPair
    keys: ClusterKeys
    operator: str
    system: str
    accounts: dict[str, str]

    @classmethod
    def create(cls) -> Self:
        """Return new random keys."""
        root, signing = KeyPair.new(OPERATOR), KeyPair.new(OPERATOR)
        account_signing, system_key = KeyPair.new(ACCOUNT), KeyPair.new(ACCOUNT)
        # Nobody needs the account's own key: its signing key issues all tokens.
        account = Account("zapette", KeyPair.new(ACCOUNT).public, (account_signing.public,))
        system = Account("system", system_key.public, is_system=True)
        user = KeyPair.new(USER)
        token = claims.sign(system_key, claims.user(user.public, "zapette-web"))
        keys = ClusterKeys(signing, account_signing, account, user, token)
        return cls(
            root,
            keys,
            claims.operator(root, [signing], system.public),
            system.public,
            {it.public: it.jwt(signing) for it in (account, system)},
        )


def root_key(file: Path) -> KeyPair:
    """Read the operator's own key.

    Raises:
        KeyFileError: it is missing or malformed, or others than its owner can read it.
    """
    return _key(file, OPERATOR)


def _key(file: Path, kind: str) -> KeyPair:
    try:
        key = KeyPair.from_seed(_read(file))
    except KeyFileError as error:
        raise KeyFileError(f"{file}: {error}") from None
    if key.kind != kind:
        raise KeyFileError(f"{file}: it is another kind of key")
    return key


def _account(file: Path) -> str:
    try:
        return str(json.loads(_read(file))["account"])
    except (ValueError, KeyError, TypeError):
        raise KeyFileError(f'{file}: there is no "account" in it') from None


def _read(file: Path) -> str:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            raise KeyFileError(f"{file}: others can read it (mode {mode:04o}); chmod 600 it")
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise KeyFileError(f"{file}: {why}") from error
