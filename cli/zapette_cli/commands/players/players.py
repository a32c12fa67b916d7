"""``zapette players``: list players, forget one, and let new ones in."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import click

from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.errors import TargetError
from zapette_cli.language import Text
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said
from zapette_cli.target import SHORTEST
from zapette_server.settings.settings import Settings

if TYPE_CHECKING:
    from zapette.client.players.players import KnownPlayer, Players

_TITLES: Final = (
    Text("NAME", "NOM"),
    Text("ID", "ID"),
    Text("DOES", "ÉTAT"),
    Text("AT", "POSITION"),
    Text("VOLUME", "VOLUME"),
    Text("TITLE", "TITRE"),
)
_PAGE_TITLES: Final = (
    Text("CODE", "CODE"),
    Text("DEVICE", "APPAREIL"),
    Text("ADDRESS", "ADRESSE"),
)
_REFRESH = 1.0
_ADMISSION = "admission"
_SEVERAL = Text(
    "several ids begin with {id}: type more digits",
    "plusieurs identifiants commencent par {id}\u202f: donnez plus de chiffres",
)
_NONE = Text("no player id begins with {id}", "aucun identifiant de lecteur ne commence par {id}")
_LET_IN: Final = Text("The player is in.", "Le lecteur est admis.")
_NOBODY: Final = Text("No new player is waiting.", "Aucun nouveau lecteur n\u2019attend.")
_QUIT: Final = Text("Ctrl-C to quit.", "Ctrl-C pour quitter.")
_EMPTY: Final = Text(
    "No players. Open a player's page: `zapette doctor` prints the address.",
    "Aucun lecteur. Ouvrez la page d\u2019un lecteur\u202f: `zapette doctor` donne l\u2019adresse.",
)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, once.")
@click.option("--once", is_flag=True, help="Print the table once (default in a pipe).")
@with_broker
@click.pass_context
def players(context: click.Context, broker: BrokerOptions, *, as_json: bool, once: bool) -> None:
    """Show the players; on a terminal, keep the table up to date."""
    from zapette_cli.player_text import summary

    if context.invoked_subcommand is not None:
        return
    with broker.connected() as application:
        known = application.players
        known.settle(broker.timeout)
        if as_json:
            click.echo(json.dumps([summary(each) for each in known], ensure_ascii=False))
        elif once or not sys.stdout.isatty():
            click.echo(_table(known, {}))
        else:
            _follow(known)


@players.command("forget")
@click.argument("player_id", metavar="ID")
@with_settings
def forget(settings: Settings, player_id: str) -> None:
    """Forget a player of this server: its links end, and other systems no longer see it.

    ID is the player's id, or its beginning if that is unique. A page that is still open must be
    reloaded, and is then a new player with the old id.
    """
    from zapette_server.storage import stores

    with stores.opened(settings.data_dir, settings.database) as (registry, grants):
        found = registry.beginning_with(player_id) if _is_beginning(player_id) else []
        if len(found) > 1:
            raise TargetError(_SEVERAL.filled(id=repr(player_id)))
        if not found:
            raise TargetError(_NONE.filled(id=repr(player_id)))
        registry.forget(found[0])
        grants.forget(found[0])


@players.command("allow")
@click.argument("code", metavar="CODE")
@with_broker
def allow(broker: BrokerOptions, code: str) -> None:
    """Let in the new player whose page shows CODE (the setting new_players)."""
    with broker.connected() as application:
        callee = application.topics.service(_ADMISSION)
        application.client.call(callee, "allow", code=code, timeout=broker.timeout)
    click.echo(said(_LET_IN))


@players.command("waiting")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_broker
def waiting(broker: BrokerOptions, *, as_json: bool) -> None:
    """List the new players that wait to be let in."""
    from zapette_cli.player_text import table

    with broker.connected() as application:
        callee = application.topics.service(_ADMISSION)
        pages = application.client.call(callee, "waiting", timeout=broker.timeout)
    if as_json:
        click.echo(json.dumps(pages, ensure_ascii=False))
    elif not pages:
        click.echo(said(_NOBODY))
    else:
        rows = [[str(each[it]) for it in ("code", "device", "address")] for each in pages]
        click.echo(table(rows, _PAGE_TITLES))


def _is_beginning(text: str) -> bool:
    return len(text) >= SHORTEST and set(text) <= set("0123456789abcdef")


def _follow(known: Players) -> None:
    changed = threading.Event()
    updated_at: dict[str, float] = {}

    def note(player: KnownPlayer) -> None:
        updated_at[player.id] = time.monotonic()
        changed.set()

    known.on_change = note
    while True:
        click.clear()
        click.echo(_table(known, updated_at))
        click.echo(f"\n{said(_QUIT)}")
        changed.wait(_REFRESH)
        changed.clear()


def _table(known: Players, updated_at: dict[str, float]) -> str:
    from zapette_cli.player_text import row, table

    now = time.monotonic()
    rows = [row(each, now - updated_at.get(each.id, now)) for each in known]
    if not rows:
        return said(_EMPTY)
    return table(rows, _TITLES)
