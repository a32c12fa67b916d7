"""The command ``zapette``, with its subcommands."""

from __future__ import annotations

import click

from zapette_cli.commands.backup import backup, restore
from zapette_cli.commands.call import call, command
from zapette_cli.commands.completion import completion
from zapette_cli.commands.credentials import credentials
from zapette_cli.commands.doctor import doctor
from zapette_cli.commands.players import players
from zapette_cli.commands.run import bridge, broker, run, web
from zapette_cli.commands.services import services
from zapette_cli.commands.watch import watch
from zapette_cli.failures import Group

__all__ = ["main"]


@click.group(cls=Group)
@click.version_option(package_name="zapette")
def main() -> None:
    """Play video on a web page, and control it from a phone.

    Exit codes: 0 success, 1 the player or service answered with an error, 2 wrong usage or
    settings, 3 the broker or player is not there, 4 no answer in time.
    """


for _command in (
    run,
    broker,
    web,
    bridge,
    credentials,
    players,
    services,
    call,
    command,
    watch,
    doctor,
    backup,
    restore,
    completion,
):
    main.add_command(_command)
