"""``zapette credentials``: the household's accounts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import click

from zapette_cli.language import Text
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said
from zapette_server.errors import CredentialsError
from zapette_server.local_broker import home_password
from zapette_server.settings.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import HOME, DataFolder

_DAY: Final = 24 * 3600

_UNTIL: Final = Text(
    "On a cluster, this password is a token. It is valid until {until}; --days changes that.",
    "Dans un cluster, ce mot de passe est un jeton. Il est valable jusqu\u2019au {until}\u202f; "
    "--days change cela.",
)

_HASHED: Final = Text(
    "only a hash of the password of {shown} is stored; `zapette credentials add {name}` sets a new "
    "one",
    "seule une empreinte du mot de passe de {shown} est gardée\u202f; `zapette credentials add "
    "{name}` en fixe un nouveau",
)
_NO_ACCOUNT: Final = Text("there is no account {shown}", "le compte {shown} n\u2019existe pas")
_NO_PASSWORDS: Final = Text(
    "a cluster of NATS servers has no passwords: use the account {shown}, whose "
    "password is a token",
    "un cluster de serveurs NATS n\u2019a pas de mots de passe\u202f: utilisez le compte {shown}, "
    "dont le mot de passe est un jeton",
)
_DERIVED: Final = Text(
    "the account {shown} belongs to the data folder: its password is derived from the secret there "
    "and cannot be set or removed; use `zapette credentials add NAME`",
    "le compte {shown} appartient au dossier de données\u202f: son mot de passe vient du secret de "
    "ce dossier, et ne peut être ni fixé ni supprimé\u202f; "
    "utilisez `zapette credentials add NAME`",
)


@dataclass(frozen=True, slots=True)
class _Known:
    accounts: Accounts
    settings: Settings
    folder: DataFolder
    days: int

    def show_home(self) -> None:
        """Print the account ``home``, and when its password expires, if it does."""
        seconds = self.days * _DAY
        click.echo(f"{HOME} {home_password(self.settings, self.folder, seconds)}")
        if self.settings.broker.is_nats:
            until = time.strftime("%Y-%m-%d", time.localtime(time.time() + seconds))
            click.echo(said(_UNTIL, until=until), err=True)


@click.group(invoke_without_command=True)
@with_settings
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="How long the password of a cluster is valid.",
)
@click.pass_context
def credentials(context: click.Context, settings: Settings, days: int) -> None:
    """Print the account that the first start created, or manage others."""
    from zapette_server.storage.stores import open_folder

    folder = open_folder(settings.data_dir, settings.database)
    context.obj = _Known(Accounts(folder.accounts), settings, folder, days)
    if context.invoked_subcommand is None:
        context.obj.show_home()


@credentials.command("list")
@click.pass_obj
def list_accounts(known: _Known) -> None:
    """List the accounts, one per line."""
    for name in [HOME, *(name for name in known.accounts.names() if name != HOME)]:
        click.echo(name)


@credentials.command("show")
@click.argument("name", default=HOME)
@click.pass_obj
def show_account(known: _Known, name: str) -> None:
    """Print an account's name, and its password if it is known."""
    if name == HOME:
        known.show_home()
    elif name in known.accounts.names():
        raise CredentialsError(said(_HASHED, shown=repr(name), name=name))
    else:
        raise CredentialsError(said(_NO_ACCOUNT, shown=repr(name)))


@credentials.command("add")
@click.argument("name")
@click.password_option(help="The password; asked for by default.")
@click.pass_obj
def add_account(known: _Known, name: str, password: str) -> None:
    """Add an account, or change its password; connections with the old one end at once."""
    _refuse_home(name)
    if known.settings.broker.is_nats:
        raise CredentialsError(said(_NO_PASSWORDS, shown=repr(HOME)))
    known.accounts.add(name, password)


@credentials.command("remove")
@click.argument("name")
@click.pass_obj
def remove_account(known: _Known, name: str) -> None:
    """Remove an account; its connections end at once."""
    _refuse_home(name)
    known.accounts.remove(name)


def _refuse_home(name: str) -> None:
    if name == HOME:
        raise CredentialsError(said(_DERIVED, shown=repr(HOME)))
