"""``zapette cluster status``: the state of nodes, web sides and the database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from zapette.errors import SettingsError
from zapette_cli.language import Text, language_of
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said as spoken
from zapette_server.engine.create import cluster_keys
from zapette_server.settings.settings import Settings
from zapette_server.storage.opening import SQLITE, problem_of

if TYPE_CHECKING:
    from zapette_server.nats.cluster.cluster_state import ClusterState, NodeState

_UP: Final = Text(
    "{name}: up for {uptime}, nats-server {version}, clients {clients}, revocations {known}, "
    "leads {leads}",
    "{name}\u202f: en marche depuis {uptime}, nats-server {version}, clients {clients}, "
    "révocations {known}, dirige {leads}",
)
_DOWN: Final = Text("{name}: does not answer", "{name}\u202f: ne répond pas")
_SIDE: Final = Text(
    "web side {name}: connected to {nodes}",
    "serveur web {name}\u202f: relié à {nodes}",
)
_NODE: Final = Text("1 node", "1 nœud")
_NODES: Final = Text("{many} nodes", "{many} nœuds")
_DATABASE: Final = Text("database: can be reached", "base de données\u202f: joignable")
_NO_DATABASE: Final = Text("database: {reason}", "base de données\u202f: {reason}")
_UNKNOWN: Final = Text("unknown", "inconnu")
_NOTHING: Final = Text("nothing", "rien")
_EMBEDDED: Final = Text(
    'there is no cluster: it is not "nats"',
    'il n\u2019y a pas de cluster\u202f: ce n\u2019est pas "nats"',
)
_WELL: Final = Text("All is well.", "Tout va bien.")

_BEHIND: Final = Text(
    "{name} is behind: wait before you stop another node",
    "{name} est en retard\u202f: attendez avant d\u2019arrêter un autre nœud",
)
_NO_LEADER: Final = Text(
    "the nodes have no leader: no client can connect until they elect one",
    "les nœuds n\u2019ont pas de leader\u202f: "
    "aucun client ne peut se connecter avant l\u2019élection",
)
_DISAGREE: Final = Text(
    "the nodes know different revocations: is a web side connected to each?",
    "les nœuds connaissent des révocations différentes\u202f: "
    "un serveur web est-il relié à chacun\u202f?",
)
_NO_SIDE: Final = Text(
    "no web side is connected: no new page can connect, and nothing can be revoked",
    "aucun serveur web n\u2019est relié\u202f: aucune nouvelle page ne peut se connecter, "
    "et rien ne peut être révoqué",
)
_PARTLY: Final = Text(
    "web side {name} is connected to only {many} of {all} nodes",
    "le serveur web {name} n\u2019est relié qu\u2019à {nodes} sur {all}",
)


@click.command("status")
@with_settings
def status(settings: Settings) -> None:
    """Show the state of nodes, web sides and the database; exit with 1 if anything is wrong."""
    if not settings.broker.is_nats:
        raise SettingsError("broker.kind", spoken(_EMBEDDED))
    keys = cluster_keys(settings)
    from zapette_server.nats.cluster.survey import survey

    found = asyncio.run(survey(settings, keys))
    language = language_of(os.environ)
    for each in said(found):
        click.echo(each.of(language))
    wrong = list(problems(found))
    if settings.database != SQLITE:
        reason = problem_of(settings.database)
        if reason is None:
            click.echo(_DATABASE.of(language))
        else:
            wrong.append(_NO_DATABASE.filled(reason=reason))
    for each in wrong or [_WELL]:
        click.echo(each.of(language))
    if wrong:
        raise SystemExit(1)


def said(found: ClusterState) -> Iterator[Text]:
    """Yield a line for each node that is up and each web side."""
    for node in found.nodes:
        if node.is_up:
            yield _described(node)
    for name, many in found.web_sides.items():
        yield _SIDE.filled(name=name, nodes=_nodes(many))


def _nodes(many: int) -> Text:
    return _NODE if many == 1 else _NODES.filled(many=many)


def _described(node: NodeState) -> Text:
    return _UP.filled(
        name=node.name,
        uptime=node.uptime,
        version=node.version,
        clients=node.clients,
        known=_UNKNOWN if node.revocations is None else node.revocations,
        leads=", ".join(node.leads) or _NOTHING,
    )


def problems(found: ClusterState) -> Iterator[Text]:
    """Yield a line for all that is wrong."""
    up = [it for it in found.nodes if it.is_up]
    for node in found.nodes:
        if not node.is_up:
            yield _DOWN.filled(name=node.name)
        elif not node.is_current:
            yield _BEHIND.filled(name=node.name)
    if up and not found.has_leader:
        yield _NO_LEADER
    if not found.agree:
        yield _DISAGREE
    if up and not found.web_sides:
        yield _NO_SIDE
    for name, many in found.web_sides.items():
        if many < len(up):
            yield _PARTLY.filled(name=name, many=many, nodes=_nodes(many), all=len(up))
