"""``zapette cluster``: the files of a cluster of NATS servers."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

import click

from zapette.errors import SettingsError
from zapette_cli.commands.cluster.cluster_changes import add, check_host, remove, renew
from zapette_cli.commands.cluster.cluster_status import status
from zapette_cli.language import Text
from zapette_cli.speech import said

_PORT: Final = click.IntRange(1, 65533)

_HOSTS: Final = Text(
    "--host: 1 or {nodes} addresses are needed",
    "--host\u202f: il faut 1 ou {nodes} adresses",
)
_TWICE: Final = Text(
    "port {port} of {host} would be used twice",
    "le port {port} de {host} servirait deux fois",
)
_NEXT: Final = Text(
    "Start the nodes in {folder}, each on its machine:\n\n{starts}\n\n"
    "and a web side: zapette run --config {folder}/{settings}\n\n"
    "Keep {folder}/operator elsewhere: it can make new keys, and nothing that runs needs it.\n"
    "A node needs its own .conf only; a web side needs {keys} and {settings}.",
    "Démarrez les nœuds de {folder}, chacun sur sa machine\u202f:\n\n{starts}\n\n"
    "et un serveur web\u202f: zapette run --config {folder}/{settings}\n\n"
    "Gardez {folder}/operator ailleurs\u202f: il peut créer de nouvelles clés, et rien de ce qui "
    "tourne n\u2019en a besoin.\n"
    "Un nœud n\u2019a besoin que de son .conf\u202f; un serveur web, de {keys} et de {settings}.",
)


@click.group()
def cluster() -> None:
    """Set up NATS servers as the broker, for more screens than one machine holds."""


for each in (status, add, remove, renew):
    cluster.add_command(each)


@cluster.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="ADDRESS",
    help="IP address of a node: three times, or once for three nodes on one machine.",
)
@click.option("--mqtt-port", type=_PORT, default=1883, show_default=True, help="MQTT over TCP.")
@click.option("--ws-port", type=_PORT, default=8083, show_default=True, help="MQTT for pages.")
@click.option("--nats-port", type=_PORT, default=4222, show_default=True, help="For the server.")
@click.option("--route-port", type=_PORT, default=6222, show_default=True, help="Among nodes.")
def init(folder: Path, hosts: tuple[str, ...], **ports: Any) -> None:
    """Write keys, the configuration of three nodes and the settings of a web side into FOLDER.

    Three nodes on one machine have consecutive ports, from the given ones on.
    """
    from zapette_server.nats.cluster import node_files

    given = list(hosts) or ["127.0.0.1"]
    if len(given) not in (1, node_files.NODES):
        raise click.UsageError(said(_HOSTS, nodes=node_files.NODES))
    for host in given:
        check_host(host)
    first = node_files.Ports(
        ports["mqtt_port"], ports["ws_port"], ports["nats_port"], ports["route_port"]
    )
    nodes = node_files.nodes(given, first)
    places = [(it.host, port) for it in nodes for port in astuple(it.ports)]
    if twice := [it for it in places if places.count(it) > 1]:
        raise click.UsageError(said(_TWICE, host=twice[0][0], port=twice[0][1]))
    shown = click.format_filename(folder)
    try:
        node_files.write(folder, nodes)
    except OSError as error:
        raise SettingsError("FOLDER", f"{shown}: {error.strerror}") from error
    starts = "\n".join(f"  nats-server -c {node.name}.conf" for node in nodes)
    text = said(
        _NEXT,
        folder=shown,
        starts=starts,
        settings=node_files.SETTINGS,
        keys=node_files.KEYS,
    )
    click.echo(text)
