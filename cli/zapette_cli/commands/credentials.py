"""``zapette credentials``: the household's accounts."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Final

import click

from zapette_cli.language import Text, language_of
from zapette_cli.settings_options import with_settings
from zapette_server.errors import CredentialsError
from zapette_server.local_broker import home_password
from zapette_server.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import HOME, DataFolder

_DAY: Final = 24 * 3600

_UNTIL: Final = Text(
    "On a cluster, this password is a token. It is valid until {until}; --days changes that.",
    "Dans un cluster, ce mot de passe est un jeton. Il est valable jusqu\u2019au {until}\u202f; "
    "--days change cela.",
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
            click.echo(_UNTIL.filled(until=until).of(language_of(os.environ)), err=True)


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
    folder = DataFolder.open(settings.data_dir)
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
        raise CredentialsError(
            f"only a hash of the password of {name!r} is stored; "
            f"`zapette credentials add {name}` sets a new one"
        )
    else:
        raise CredentialsError(f"there is no account {name!r}")


@credentials.command("add")
@click.argument("name")
@click.password_option(help="The password; asked for by default.")
@click.pass_obj
def add_account(known: _Known, name: str, password: str) -> None:
    """Add an account, or change its password; connections with the old one end at once."""
    _refuse_home(name)
    if known.settings.broker.is_nats:
        raise CredentialsError(
            f"a cluster of NATS servers has no passwords: use the account {HOME!r}, whose "
            "password is a token"
        )
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
        raise CredentialsError(
            f"the account {HOME!r} belongs to the data folder: its password is derived from the "
            "secret there and cannot be set or removed; use `zapette credentials add NAME`"
        )
