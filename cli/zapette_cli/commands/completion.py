"""``zapette completion``, and the words that the shell completes."""

from __future__ import annotations

import inspect
import logging
import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from zapette.errors import ZapetteError

if TYPE_CHECKING:
    from zapette.client.players.players import KnownPlayer

_TIMEOUT = 1.0
_WORD = re.compile(r"\w[\w.-]*\Z")
_GROUP = re.compile("^(volume|seek|queue|subtitles)_")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell.

    For bash: eval "$(zapette completion bash)" in ~/.bashrc.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.BadParameter(shell)
    root = click.get_current_context().find_root()
    click.echo(kind(root.command, {}, "zapette", "_ZAPETTE_COMPLETE").source())


def complete_target(_context: click.Context, _parameter: click.Parameter, text: str) -> list[str]:
    """Return the names and ids of the players, and ``server``."""
    from zapette_cli.connection_options import BrokerOptions

    logging.disable()
    known = ["server"]
    try:
        with BrokerOptions(None, _TIMEOUT).connected() as application:
            application.players.settle(_TIMEOUT)
            for player in application.players:
                known += words(player)
    except ZapetteError:
        # the shell cannot show a message while it completes
        pass
    return [each for each in known if each.casefold().startswith(text.casefold())]


def words(player: KnownPlayer) -> list[str]:
    """Return what completes to a player: its name, if a shell reads it as one word, and its id.

    Anyone with a player's link can rename the player, and a shell runs names like ``$(reboot)``.
    """
    return [player.name, player.id] if _WORD.match(player.name) else [player.id]


def complete_procedure(
    _context: click.Context, _parameter: click.Parameter, text: str
) -> list[str]:
    """Return the procedures of a player."""
    return [each for each in procedures() if each.startswith(text)]


def procedures() -> list[str]:
    """Return the procedures of the protocol."""
    from zapette.client.players.player import PlayerProcedures

    methods = inspect.getmembers(PlayerProcedures, inspect.isfunction)
    return sorted(
        _GROUP.sub(r"\1/", name)
        for name, _ in methods
        if not name.startswith("_") and name != "call"
    )
