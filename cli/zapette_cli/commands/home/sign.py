"""``zapette sign``: addresses of media for programs that have no account."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

import click

from zapette_cli.language import Text
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said

if TYPE_CHECKING:
    from zapette_server.settings.settings import Settings

_BOTH: Final = Text(
    "--stream and --picture: only one of them is possible",
    "--stream et --picture\u202f: un seul des deux est possible",
)
_NO_MEDIUM: Final = Text(
    "the library has no medium {name}; it is {folder}, --media names another folder",
    "la médiathèque n\u2019a pas de média {name}\u202f; c\u2019est {folder}, "
    "--media en désigne une autre",
)


@click.command()
@click.argument("path")
@click.option("--stream", metavar="PLAN", help="The film as HLS, converted by a plan: h264-aac.")
@click.option("--picture", is_flag=True, help="Its thumbnail.")
@click.option("--json", "as_json", is_flag=True, help="Print the address and its end as JSON.")
@with_settings
def sign(
    settings: Settings, *, path: str, stream: str | None, picture: bool, as_json: bool
) -> None:
    """Print an address of a medium that anybody can fetch for one to two weeks.

    PATH is the medium's in the library: Films/film.mkv, or media/Films/film.mkv. The address is for
    programs that have no account, such as a renderer (DLNA) or a media player.
    """
    from urllib.parse import quote

    from zapette.protocol.topics import Topics
    from zapette_server.access.credentials import Keyring
    from zapette_server.storage.stores import open_folder
    from zapette_webapp.access.sessions.signatures import Signatures
    from zapette_webapp.errors import InvalidRequest
    from zapette_webapp.library.folder.media_folder import MediaFolder
    from zapette_webapp.network.addresses import Addresses
    from zapette_webapp.streams.planning import plan
    from zapette_webapp.streams.routes import MASTER

    if stream is not None and picture:
        raise click.UsageError(said(_BOTH))
    inside = path.removeprefix("media/")
    if MediaFolder(settings.media_dir).find(inside) is None:
        raise click.ClickException(said(_NO_MEDIUM, name=repr(inside), folder=settings.media_dir))
    where = f"media/{quote(inside)}"
    if picture:
        where = f"thumbnails/{quote(inside)}"
    elif stream is not None:
        try:
            where = f"streams/{quote(inside)}/{plan.parse(stream)}/{MASTER}"
        except InvalidRequest as error:
            raise click.UsageError(f"--stream: {error}") from None
    folder = open_folder(settings.data_dir, settings.database)
    keyring = Keyring(folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    signatures = Signatures(keyring)
    address = Addresses(settings).pages() + signatures.signed(where)
    if as_json:
        left = signatures.end() - int(time.time())
        click.echo(json.dumps({"address": address, "expires_in": left}))
    else:
        click.echo(address)
