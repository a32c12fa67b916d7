"""``zapette throw``: play a file of this machine, or an address, on a player."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from zapette_cli.commands.completion import complete_target
from zapette_cli.connection_options import BrokerOptions, with_broker
from zapette_cli.errors import FileError, TargetError, UploadError
from zapette_cli.language import Text
from zapette_cli.speech import said
from zapette_cli.upload import Server, send

if TYPE_CHECKING:
    from zapette.client.client import Client
    from zapette.protocol.topics import Callee

_PORT: Final = 8000

_NO_FILE: Final = Text(
    "{name}: there is no such file", "{name}\u202f: ce fichier n\u2019existe pas"
)
_NO_SCHEME: Final = Text(
    "{name}: an address begins with http:// or https://",
    "{name}\u202f: une adresse commence par http:// ou https://",
)
_FOLDER: Final = Text(
    "{name}: it is a folder; name a file in it",
    "{name}\u202f: c\u2019est un dossier\u202f; nommez un fichier qu\u2019il contient",
)
_NO_PLAYER: Final = Text("no player is online", "aucun lecteur n\u2019est en ligne")
_SEVERAL: Final = Text(
    "several players are online ({names}): choose one with --to",
    "plusieurs lecteurs sont en ligne ({names})\u202f: choisissez-en un avec --to",
)
_NO_FILM: Final = {
    "not_implemented": Text(
        "this server does not look for films in web pages; the address is played as it is",
        "ce serveur ne consulte pas les pages web\u202f; l\u2019adresse est lue telle quelle",
    ),
    "media_error": Text(
        "no film was found in this page; the address is played as it is",
        "aucun film trouvé dans cette page\u202f; l\u2019adresse est lue telle quelle",
    ),
    "invalid_request": Text(
        "the server opens no pages of a private network; the address is played as it is",
        "le serveur n\u2019ouvre pas les pages d\u2019un réseau privé\u202f; "
        "l\u2019adresse est lue telle quelle",
    ),
}
"""What is said when the server finds no film at an address."""


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
    from zapette.client.players.player import LOADING
    from zapette.protocol.ranges import LONGEST_TITLE

    is_address = what.casefold().startswith(("http://", "https://"))
    file = None if is_address else _existing(what)
    with _receiver(broker, target, server) as (client, callee, home, is_guest):
        # before a long upload: is it there, and a player?
        client.call(callee, "status", timeout=broker.timeout)
        if file is None:
            parameters = {"source": what} if is_guest else _found(home, what)
        else:
            title = file.stem[:LONGEST_TITLE].strip() or file.name
            parameters = {"source": _sent(home, file), "title": title}
        procedure = "queue/add" if add or is_guest else "load"
        timeout = max(broker.timeout, LOADING)
        client.call(callee, procedure, timeout=timeout, **parameters)


def _existing(name: str) -> Path:
    file = Path(name)
    shown = name if name.isprintable() else repr(name)
    try:
        if file.is_dir():
            raise FileError(_FOLDER.filled(name=shown))
        if file.is_file():
            file.open("rb").close()
            return file
    except OSError as error:
        raise FileError(Text(*2 * (f"{shown}: {error.strerror}",))) from None
    raise FileError((_NO_SCHEME if "://" in name else _NO_FILE).filled(name=shown))


def _found(home: Server, address: str) -> dict[str, Any]:
    """Return the film at an address, as a phone does: that in a page, if the server finds one."""
    from zapette_webapp.media.media_types import STREAM
    from zapette_webapp.media.type_table import MEDIA

    played = {"source": address}
    if PurePosixPath(urlsplit(address).path).suffix.lower() in {*MEDIA, STREAM}:
        return played
    try:
        found = home.ask("POST", "api/links", {"address": address})
    except UploadError as error:
        if error.code not in _NO_FILM:
            raise
        click.echo(f"zapette: {said(_NO_FILM[error.code])}", err=True)
        return played
    played["source"] = found["source"]
    return played | ({"title": found["title"]} if found["title"] else {})


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
        raise TargetError(_NO_PLAYER)
    names = ", ".join(it.name or it.id for it in online)
    raise TargetError(_SEVERAL.filled(names=names))


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
    shown = None if elsewhere or address else home.settings.tls_cert
    if elsewhere:
        url = BrokerUrl.parse_all(elsewhere)[0]
        account = f"{url.username or ''}:{url.password or ''}"
        is_tls, host = url.is_encrypted, url.host
        port = url.port if url.is_websocket else _PORT
    else:
        settings = home.settings
        account = f"{HOME}:{DataFolder.open(settings.data_dir).home_password}"
        is_tls, host = settings.is_tls, local_host(settings)
        port = settings.http_port
    scheme = "https" if is_tls else "http"
    pages = address or f"{scheme}://{bracketed(host)}:{port}"
    proof = base64.b64encode(account.encode()).decode()
    ca_file = broker.ca_file or home.ca_file
    return Server(pages.rstrip("/") + "/", f"Basic {proof}", ca_file, shown)


def _sent(home: Server, file: Path) -> str:
    """Send a file, and show how far it is."""
    cut = Text(" connection lost, trying again", " connexion perdue, nouvel essai")
    size = file.stat().st_size
    is_cut = False
    progress: Any = click.progressbar(
        length=size,
        label=file.name,
        file=sys.stderr,
        item_show_func=lambda _: said(cut) if is_cut else None,
    )
    with file.open("rb") as stream, progress as bar:

        def progressed(received: int, cut_off: bool) -> None:
            nonlocal is_cut
            is_cut = cut_off
            bar.update(received - bar.pos)

        return send(home, stream, file.name, size, progressed)
