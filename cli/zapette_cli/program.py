"""The command ``zapette``, with its subcommands."""

from __future__ import annotations

import os
from typing import Any, Final

import click

from zapette_cli.commands.cluster.cluster import cluster
from zapette_cli.commands.completion import completion
from zapette_cli.commands.home.backup import backup, restore
from zapette_cli.commands.home.credentials import credentials
from zapette_cli.commands.home.doctor import doctor
from zapette_cli.commands.home.run import bridge, broker, front, run, web
from zapette_cli.commands.home.service import service
from zapette_cli.commands.home.sign import sign
from zapette_cli.commands.home.store import store
from zapette_cli.commands.home.tls import tls
from zapette_cli.commands.players.call import call, command
from zapette_cli.commands.players.move import move
from zapette_cli.commands.players.players import players
from zapette_cli.commands.players.services import services
from zapette_cli.commands.players.throw import throw
from zapette_cli.commands.players.watch import watch
from zapette_cli.failures import Group
from zapette_cli.language import language_of

__all__ = ["main"]


_OWN_OPTIONS: Final = {"--help", "--version"}


class _Program(Group):
    """The command, which runs Zapette if no subcommand is given."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command, in the language of the person."""
        if language_of(os.environ) == "fr" and extra.get("standalone_mode", True):
            from zapette_cli.french_help import program

            program.run(self, *args, **extra)
        return super().main(*args, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and self._is_to_run(args):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def _is_to_run(self, args: list[str]) -> bool:
        """Return whether there is no subcommand: only options and a folder of ``run``."""
        if not args:
            return True
        first = args[0]
        if first in self.commands or first in _OWN_OPTIONS:
            return False
        return first.startswith("-") or os.sep in first or os.path.isdir(first)  # noqa: PTH112 - a null byte is no folder


@click.group(cls=_Program)
@click.version_option(package_name="zapette")
def main() -> None:
    """Play video on a web page, and control it from a phone.

    Without a command it runs everything: `zapette`, `zapette FOLDER` with your films, and any
    option of `zapette run`.

    Exit codes: 0 success, 1 the player or service answered with an error, 2 wrong usage or
    settings, 3 the broker or player is not there, 4 no answer in time.
    """


for _command in (
    run,
    broker,
    web,
    front,
    bridge,
    credentials,
    cluster,
    players,
    services,
    sign,
    call,
    command,
    move,
    throw,
    watch,
    doctor,
    store,
    tls,
    backup,
    restore,
    service,
    completion,
):
    main.add_command(_command)
