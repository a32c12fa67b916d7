"""``zapette watch``: follow what players do."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from typing import TYPE_CHECKING, Any, Final

import click

from zapette_cli.commands.completion import complete_target
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.errors import TargetError
from zapette_cli.language import Text
from zapette_cli.player_text import one_line
from zapette_cli.speech import said
from zapette_cli.target import find

if TYPE_CHECKING:
    from zapette.client.application import Application
    from zapette.client.players.players import KnownPlayer, Players
    from zapette.mqtt.subscriptions import Message

_NO_PLAYER: Final = Text(
    "{text} is not a player: only players have a state to watch",
    "{text} n\u2019est pas un lecteur\u202f: seuls les lecteurs ont un état à suivre",
)

_BACK: Final = Text("zapette: reconnected", "zapette\u202f: reconnecté")

_LONGEST_WAIT: Final = 0.5


@click.command()
@click.argument("targets", metavar="[ID|NAME]...", nargs=-1, shell_complete=complete_target)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object per line.")
@click.option("--events", is_flag=True, help="Print the players' events too.")
@click.option("--count", type=click.IntRange(1), help="End after this many lines.")
@with_broker
def watch(
    broker: BrokerOptions,
    targets: tuple[str, ...],
    *,
    as_json: bool,
    events: bool,
    count: int | None,
) -> None:
    """Print a line for each change of the players' states, until Ctrl-C.

    Without ID or NAME, of all players.
    """
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    with broker.connected() as application:
        known = application.players
        known.settle(broker.timeout)
        wanted = _wanted(targets, application)
        _report_outages(application)
        if events:
            _follow_events(application, wanted, lines, as_json=as_json)
            application.client.fence(broker.timeout)
        _follow_states(known, wanted, lines, as_json=as_json)
        printed = 0
        while count is None or printed < count:
            # another thread may get Ctrl-C, which does not end a wait here
            with contextlib.suppress(queue.Empty):
                click.echo(lines.get(timeout=_LONGEST_WAIT))
                printed += 1


def _wanted(targets: tuple[str, ...], application: Application) -> set[str]:
    wanted = set()
    for text in targets:
        kind, _, name = find(text, application).root.rpartition("/")
        if not kind.endswith("/players"):
            raise TargetError(_NO_PLAYER.filled(text=repr(text)))
        wanted.add(name)
    return wanted


def _report_outages(application: Application) -> None:
    application.client.on_lost = lambda reason: click.echo(f"zapette: {reason}", err=True)
    application.client.on_live = lambda: click.echo(said(_BACK), err=True)


def _follow_states(
    known: Players, wanted: set[str], lines: queue.SimpleQueue[str], *, as_json: bool
) -> None:
    """Print a line for each known player, then one for each change."""
    shown: dict[str, KnownPlayer] = {}
    lock = threading.Lock()

    def show(player: KnownPlayer) -> None:
        # a change may arrive before its player is listed
        if (not wanted or player.id in wanted) and shown.get(player.id) != player:
            shown[player.id] = player
            lines.put(_state_line(player, as_json=as_json))

    def on_change(player: KnownPlayer) -> None:
        with lock:
            show(player)

    with lock:
        known.on_change = on_change
        for player in known:
            show(player)


def _follow_events(
    application: Application, wanted: set[str], lines: queue.SimpleQueue[str], *, as_json: bool
) -> None:
    below = f"{application.topics.base}/players/"

    def show(message: Message) -> None:
        player_id, _, name = message.topic.removeprefix(below).split("/", 2)
        if not wanted or player_id in wanted:
            player = application.players.get(player_id)
            lines.put(_event_line(player, name, message.payload, as_json=as_json))

    application.client.subscribe(f"{below}+/event/+", show)


def _state_line(player: KnownPlayer, *, as_json: bool) -> str:
    from zapette_cli.player_text import line, summary

    return json.dumps(summary(player), ensure_ascii=False) if as_json else line(player)


def _event_line(player: KnownPlayer, name: str, payload: bytes, *, as_json: bool) -> str:
    try:
        value: Any = json.loads(payload)
    except ValueError:
        value = None
    if as_json:
        event = {"id": player.id, "name": player.name, "event": name, "value": value}
        return json.dumps(event, ensure_ascii=False)
    shown = f"{player.name or player.id}  {name} {json.dumps(value, ensure_ascii=False)}"
    return f"          {one_line(shown)}"
