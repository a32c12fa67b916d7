"""``zapette move``: let another player continue."""

from __future__ import annotations

from typing import Final

import click

from zapette_cli.commands.completion import complete_target
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.language import Text
from zapette_cli.player_text import one_line
from zapette_cli.speech import said
from zapette_cli.target import find

_MOVED: Final = Text("{title} is on {player}.", "{title} est sur {player}.")


@click.command()
@click.argument("origin", metavar="FROM", shell_complete=complete_target)
@click.argument("destination", metavar="TO", shell_complete=complete_target)
@with_broker
def move(broker: BrokerOptions, origin: str, destination: str) -> None:
    """Let player TO continue with what FROM plays; FROM pauses once TO plays.

    The queue, position, tracks and speed move. FROM and TO are ids or names.
    """
    from zapette.client.players.player import Player

    with broker.connected() as application:
        callees = [find(each, application) for each in (origin, destination)]
        here, there = (Player(application.client, each, broker.timeout) for each in callees)
        state = here.move_to(there)
    click.echo(
        one_line(said(_MOVED, title=state["title"] or state["source"], player=state["name"]))
    )
