"""The command ``zapette``."""

from __future__ import annotations

import click

from zapette.cli.calling import call, command
from zapette.cli.completion import completion
from zapette.cli.credentials import credentials
from zapette.cli.doctor import doctor
from zapette.cli.failures import Group
from zapette.cli.players import players
from zapette.cli.processes import bridge, broker, run, web
from zapette.cli.services import services
from zapette.cli.watch import watch

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
    completion,
):
    main.add_command(_command)
