"""``zapette players``: which there are, and what they do."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING

import click

from zapette.cli.connecting import Broker, with_broker

if TYPE_CHECKING:
    from zapette.players import Known, Players

_TITLES = ("NAME", "ID", "DOES", "AT", "VOLUME", "TITLE")
_REFRESH = 1.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, once.")
@click.option("--once", is_flag=True, help="Print the table once; so does a pipe.")
@with_broker
def players(broker: Broker, *, as_json: bool, once: bool) -> None:
    """Show the players; on a terminal as a table that follows them."""
    from zapette.cli.shown import summary

    with broker.connected() as application:
        known = application.players
        known.settle(broker.timeout)
        if as_json:
            click.echo(json.dumps([summary(each) for each in known], ensure_ascii=False))
        elif once or not sys.stdout.isatty():
            click.echo(_table(known, {}))
        else:
            _follow(known)


def _follow(known: Players) -> None:
    changed = threading.Event()
    told_at: dict[str, float] = {}

    def note(player: Known) -> None:
        told_at[player.id] = time.monotonic()
        changed.set()

    known.on_change = note
    while True:
        click.clear()
        click.echo(_table(known, told_at))
        click.echo("\nCtrl-C ends it.")
        changed.wait(_REFRESH)
        changed.clear()


def _table(known: Players, told_at: dict[str, float]) -> str:
    from zapette.cli.shown import row, table

    now = time.monotonic()
    rows = [row(each, now - told_at.get(each.id, now)) for each in known]
    if not rows:
        return "There is no player. Open the page of one: `zapette doctor` says where."
    return table(rows, _TITLES)
