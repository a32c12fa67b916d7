"""``zapette credentials``: the household's accounts."""

from __future__ import annotations

from dataclasses import dataclass

import click

from zapette_cli.settings_options import with_settings
from zapette_server.errors import CredentialsError
from zapette_server.local_broker import home_password
from zapette_server.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import HOME, DataFolder


@dataclass(frozen=True, slots=True)
class _Known:
    accounts: Accounts
    home_password: str
    has_others: bool


@click.group(invoke_without_command=True)
@with_settings
@click.pass_context
def credentials(context: click.Context, settings: Settings) -> None:
    """Print the account that the first start created, or manage others."""
    folder = DataFolder.open(settings.data_dir)
    password = home_password(settings, folder)
    context.obj = _Known(Accounts(folder.accounts), password, not settings.broker.is_nats)
    if context.invoked_subcommand is None:
        click.echo(f"{HOME} {password}")


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
        click.echo(f"{HOME} {known.home_password}")
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
    if not known.has_others:
        raise CredentialsError(
            f"a cluster of NATS servers knows no passwords: use the account {HOME!r}, whose "
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
