"""``zapette cluster add``, ``remove`` and ``renew``: other nodes, and other keys."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from zapette.errors import SettingsError
from zapette_cli.language import Text
from zapette_cli.speech import said
from zapette_server.settings.sources import load

if TYPE_CHECKING:
    from zapette_server.nats.cluster.cluster_folder import ClusterFolder

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)

_ADDED: Final = Text(
    "{name} listens on {host}: MQTT {mqtt}, WebSocket {websocket}, NATS {nats}, routes {route}.\n"
    "1. Copy {name}.conf to its machine and start it: nats-server -c {name}.conf\n"
    "2. Copy {settings} to each web side and restart `zapette run` there, one after the other.\n"
    "3. Copy the other .conf files to their machines; running nodes find the new one themselves.",
    "{name} écoute sur {host}\u202f: MQTT {mqtt}, WebSocket {websocket}, NATS {nats}, "
    "routes {route}.\n"
    "1. Copiez {name}.conf sur sa machine et démarrez-le\u202f: nats-server -c {name}.conf\n"
    "2. Copiez {settings} sur chaque serveur web et redémarrez-y `zapette run`, l\u2019un après "
    "l\u2019autre.\n"
    "3. Copiez les autres fichiers .conf sur leurs machines\u202f; "
    "les nœuds en marche trouvent eux-mêmes le nouveau.",
)
_REMOVED: Final = Text(
    "{name} is no longer in the cluster; the others take over its messages.\n"
    "Copy {settings} to each web side and restart `zapette run` there, one after the other, and "
    "copy the other .conf files to their machines.",
    "{name} ne fait plus partie du cluster\u202f; les autres reprennent ses messages.\n"
    "Copiez {settings} sur chaque serveur web et redémarrez-y `zapette run`, l\u2019un après "
    "l\u2019autre, et copiez les autres fichiers .conf sur leurs machines.",
)
_MADE: Final = Text(
    "Step 1 of 3: there are new keys in {keys}/next. They are not used yet.\n"
    "1. Copy each .conf file to its machine and restart the nodes one after the other, each when "
    "`zapette cluster status` reports no problem.\n"
    "2. Copy {keys} to each web side and restart them one after the other.\n"
    "Then run this command again.",
    "Étape 1 sur 3\u202f: de nouvelles clés sont dans {keys}/next. "
    "Elles ne servent pas encore.\n"
    "1. Copiez chaque fichier .conf sur sa machine et redémarrez les nœuds l\u2019un après "
    "l\u2019autre, chacun quand `zapette cluster status` ne signale aucun problème.\n"
    "2. Copiez {keys} sur chaque serveur web et redémarrez-les l\u2019un après l\u2019autre.\n"
    "Puis relancez cette commande.",
)
_USED: Final = Text(
    "Step 2 of 3: the new keys are in {keys}, the old ones in {keys}/old, still accepted.\n"
    "Copy {keys} to each web side, delete its `next`, and restart the web sides one after the "
    "other.\n"
    "When the tokens by the old keys have expired, after `token_lifetime` (12 hours by default) "
    "and the days of `zapette credentials`, run `zapette cluster renew --finish`.",
    "Étape 2 sur 3\u202f: les nouvelles clés sont dans {keys}, les anciennes dans {keys}/old, "
    "encore acceptées.\n"
    "Copiez {keys} sur chaque serveur web, supprimez-y `next`, et redémarrez les serveurs web "
    "l\u2019un après l\u2019autre.\n"
    "Quand les jetons des anciennes clés ont expiré, après `token_lifetime` (12 heures par "
    "défaut) et les jours de `zapette credentials`, lancez `zapette cluster renew --finish`.",
)
_FINISHED: Final = Text(
    "Step 3 of 3: the old keys are deleted here.\n"
    "1. Delete `old` in {keys} of each web side, and restart them one after the other.\n"
    "2. Copy each .conf file to its machine and restart the nodes one after the other.",
    "Étape 3 sur 3\u202f: les anciennes clés sont supprimées ici.\n"
    "1. Supprimez `old` dans {keys} de chaque serveur web, et redémarrez-les l\u2019un après "
    "l\u2019autre.\n"
    "2. Copiez chaque fichier .conf sur sa machine et redémarrez les nœuds l\u2019un après "
    "l\u2019autre.",
)

_NOT_YET: Final = Text(
    "--finish: first run it without, until the new keys are used",
    "--finish\u202f: lancez d\u2019abord sans, jusqu\u2019à ce que les nouvelles clés servent",
)
_IN_USE: Final = Text(
    "the new keys are used: --finish deletes the old ones",
    "les nouvelles clés servent\u202f: --finish supprime les anciennes",
)
_NO_ADDRESS: Final = Text(
    "--host: {host} is not an IP address",
    "--host\u202f: {host} n\u2019est pas une adresse IP",
)
_NO_MACHINE: Final = Text(
    "--host: {host} is not an address by which others reach one machine",
    "--host\u202f: {host} n\u2019est pas une adresse à laquelle on atteint une machine",
)


@click.command("add")
@click.argument("folder", type=_FOLDER)
@click.option("--host", required=True, metavar="ADDRESS", help="IP address of the new node.")
@click.option("--without-streams", is_flag=True, help="It has clients only, and keeps no messages.")
def add(folder: Path, host: str, *, without_streams: bool) -> None:
    """Write the configuration of a further node into FOLDER.

    It has the ports of the first node, or the next ones on a machine that has a node.
    """
    from zapette_server.nats.cluster.cluster_folder import ClusterFolder

    check_host(host)
    try:
        node = ClusterFolder(folder).add(host, streams=not without_streams)
    except OSError as error:
        raise _refused(folder, error) from error
    ports = {it: getattr(node.ports, it) for it in ("mqtt", "websocket", "nats", "route")}
    click.echo(said(_ADDED, name=node.name, host=host, settings=_settings(folder), **ports))


@click.command("remove")
@click.argument("folder", type=_FOLDER)
@click.argument("name", metavar="NODE")
def remove(folder: Path, name: str) -> None:
    """Remove NODE, for example node-2, from the cluster in FOLDER.

    Stop it first: nats-server --signal ldm makes it hand over its clients.
    """
    from zapette_server.nats.cluster.cluster_folder import ClusterFolder
    from zapette_server.nats.cluster.cluster_keys import ClusterKeys
    from zapette_server.nats.cluster.survey import remove_peer

    try:
        files = ClusterFolder(folder)
        node = files.removable(name)
        if files.has_streams(node):
            settings = load(_settings(folder), {})
            asyncio.run(remove_peer(settings, ClusterKeys.load(files.keys), node))
        files.remove(node)
    except OSError as error:
        raise _refused(folder, error) from error
    click.echo(said(_REMOVED, name=name, settings=_settings(folder)))


@click.command("renew")
@click.argument("folder", type=_FOLDER)
@click.option("--finish", is_flag=True, help="Stop accepting the old keys.")
def renew(folder: Path, *, finish: bool) -> None:
    """Renew the keys in FOLDER, in three steps; each run carries out one and says what to do.

    It needs the folder `operator`, which `zapette cluster init` has made.
    """
    from zapette_server.nats.cluster.cluster_folder import ClusterFolder

    files = ClusterFolder(folder)
    try:
        text = _step(files, finish=finish)
    except OSError as error:
        raise _refused(folder, error) from error
    click.echo(said(text, keys=click.format_filename(files.keys)))


def _step(files: ClusterFolder, *, finish: bool) -> Text:
    """Carry out the step that follows, or the rest of one that was cut off; return its words."""
    from zapette_server.errors import ClusterFileError
    from zapette_server.nats.cluster.cluster_keys import NEXT, OLD

    removed = files.removed()
    if removed == (OLD if finish else NEXT):
        return _FINISHED if finish else _USED
    are_new, are_old = (files.keys / NEXT).is_dir(), (files.keys / OLD).is_dir()
    if finish:
        if are_new or not are_old:
            raise ClusterFileError(said(_NOT_YET))
        files.finish()
        return _FINISHED
    if are_new:
        files.use()
        return _USED
    if are_old:
        raise ClusterFileError(said(_IN_USE))
    files.renew()
    return _MADE


def check_host(host: str) -> None:
    """Raise UsageError if it is no IP address of one machine."""
    try:
        address = ip_address(host)
    except ValueError:
        raise click.UsageError(said(_NO_ADDRESS, host=repr(host))) from None
    # a zone, as in fe80::1%eth0, is known on one machine only
    if address.is_unspecified or address.is_multicast or "%" in host:
        raise click.UsageError(said(_NO_MACHINE, host=repr(host)))


def _settings(folder: Path) -> Path:
    from zapette_server.nats.cluster.node_files import SETTINGS

    return folder / SETTINGS


def _refused(folder: Path, error: OSError) -> SettingsError:
    return SettingsError("FOLDER", f"{click.format_filename(folder)}: {error.strerror}")
