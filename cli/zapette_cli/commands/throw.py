"""``zapette throw``: play a file of this machine, or an address, on a player."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from zapette_cli.commands.completion import complete_target
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.errors import TargetError, UploadError
from zapette_cli.failures import ANSWERED_ERROR, UNAVAILABLE
from zapette_cli.language import Text, language_of
from zapette_cli.upload import Server, send

if TYPE_CHECKING:
    from zapette.client.client import Client
    from zapette.protocol.topics import Callee

_PORT: Final = 8000


@click.command()
@click.argument("what", metavar="FILE|URL")
@click.option(
    "--to",
    "target",
    metavar="ID|NAME|LINK",
    shell_complete=complete_target,
    help="The player (default: the only one that is online).",
)
@click.option("--add", is_flag=True, help="Add it to the end of the queue.")
@click.option("--server", metavar="URL", help="The address of the pages, if it is not found.")
@with_broker
def throw(
    broker: BrokerOptions, what: str, target: str | None, *, add: bool, server: str | None
) -> None:
    """Play a file of this machine, or an address, on a player.

    The server keeps the file until no queue has it any more. After a network cut, sending continues
    by itself; Ctrl-C cancels it. LINK is the one behind a player's QR code, for a machine without
    an account; a guest's link only adds to the queue, and sends files if the server allows it.
    """
    from zapette.client.moving import LOADING
    from zapette.protocol.ranges import LONGEST_TITLE

    is_address = what.casefold().startswith(("http://", "https://"))
    file = None if is_address else _existing(what)
    try:
        with _receiver(broker, target, server) as (client, callee, home, is_guest):
            # before a long upload: is it there, and a player?
            client.call(callee, "status", timeout=broker.timeout)
            source = what if file is None else _sent(home, file)
            parameters: dict[str, Any] = {"source": source}
            if file is not None:
                parameters["title"] = file.stem[:LONGEST_TITLE].strip() or file.name
            procedure = "queue/add" if add or is_guest else "load"
            timeout = max(broker.timeout, LOADING)
            client.call(callee, procedure, timeout=timeout, **parameters)
    except UploadError as error:
        click.echo(f"zapette: {error.text.of(language_of(os.environ))}", err=True)
        raise click.exceptions.Exit(ANSWERED_ERROR if error.code else UNAVAILABLE) from None


def _existing(name: str) -> Path:
    file = Path(name)
    try:
        if file.is_dir():
            raise click.UsageError(f"{name}: it is a folder; name a file in it")
        if file.is_file():
            file.open("rb").close()
            return file
    except OSError as error:
        raise click.UsageError(f"{name}: {error.strerror}") from None
    if "://" in name:
        raise click.UsageError(f"{name}: an address begins with http:// or https://")
    raise click.UsageError(f"{name}: there is no such file")


@contextmanager
def _receiver(
    broker: BrokerOptions, target: str | None, address: str | None
) -> Iterator[tuple[Client, Callee, Server, bool]]:
    """Yield a client, the player, its server, and whether the client is a guest."""
    from zapette_cli.target import find

    if target and "#" in target:
        with _by_link(broker, target) as found:
            yield found
        return
    with broker.connected() as application:
        callee = find(target or _only(application), application)
        yield application.client, callee, _home(broker, address), False


def _only(application: Any) -> str:
    application.players.settle()
    online = application.players.online()
    if len(online) == 1:
        return str(online[0].id)
    if not online:
        raise TargetError("no player is online")
    names = ", ".join(it.name or it.id for it in online)
    raise TargetError(f"several players are online ({names}): choose one with --to")


@contextmanager
def _by_link(broker: BrokerOptions, link: str) -> Iterator[tuple[Client, Callee, Server, bool]]:
    """Connect with the rights of a remote or a guest."""
    from zapette.client.client import Client
    from zapette.mqtt.dialing import Timing
    from zapette.mqtt.url import BrokerUrl
    from zapette.protocol.topics import Topics

    pages, _, fragment = link.partition("#")
    player_id, _, key = fragment.partition(".")
    home = Server(pages.removesuffix("remote"), ca_file=broker.ca_file)
    given = home.ask("POST", "api/credentials", {"id": player_id, "key": key})
    account = {"username": given["username"], "password": given["password"]}
    url = replace(BrokerUrl.parse(given["url"]), **account)
    timing = Timing(connect=broker.timeout, longest_delay=5, insist=False)
    client = Client(url, client_id=given["client_id"], timing=timing, ca_file=broker.ca_file)
    client.start()
    try:
        client.wait(broker.timeout)
        proof = f"Bearer {given['password']}"
        callee = Topics(given["base_topic"]).player(player_id)
        yield client, callee, Server(home.address, proof, broker.ca_file), given["role"] == "guest"
    finally:
        client.stop()


def _home(broker: BrokerOptions, address: str | None) -> Server:
    """Return the server of the broker's account."""
    from zapette.mqtt.url import BrokerUrl, bracketed
    from zapette_server.local_broker import find_home, local_host
    from zapette_server.storage.data_folder import HOME, DataFolder

    home = find_home(os.environ)
    elsewhere = broker.url or home.url
    if elsewhere:
        url = BrokerUrl.parse(elsewhere)
        account = f"{url.username or ''}:{url.password or ''}"
        is_tls, host = url.is_encrypted, url.host
        port = url.port if url.is_websocket else _PORT
    else:
        settings = home.settings
        account = f"{HOME}:{DataFolder.open(settings.data_dir).home_password}"
        is_tls, host = settings.tls_cert is not None, local_host(settings)
        port = settings.http_port
    scheme = "https" if is_tls else "http"
    pages = address or f"{scheme}://{bracketed(host)}:{port}"
    proof = base64.b64encode(account.encode()).decode()
    return Server(pages.rstrip("/") + "/", f"Basic {proof}", broker.ca_file or home.ca_file)


def _sent(home: Server, file: Path) -> str:
    """Send a file, and show how far it is."""
    cut = Text(" connection lost, trying again", " connexion perdue, nouvel essai")
    language = language_of(os.environ)
    size = file.stat().st_size
    is_cut = False
    progress: Any = click.progressbar(
        length=size,
        label=file.name,
        file=sys.stderr,
        item_show_func=lambda _: cut.of(language) if is_cut else None,
    )
    with file.open("rb") as stream, progress as bar:

        def progressed(received: int, cut_off: bool) -> None:
            nonlocal is_cut
            is_cut = cut_off
            bar.update(received - bar.pos)

        return send(home, stream, file.name, size, progressed)
