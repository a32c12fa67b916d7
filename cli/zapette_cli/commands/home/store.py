"""``zapette store``: move a household's data between SQLite and PostgreSQL."""

from __future__ import annotations

import os
from typing import Final

import click

from zapette_cli.errors import TargetError
from zapette_cli.language import Text, language_of

_REFUSED: Final = {
    "empty": Text(
        "{place}: there is nothing of Zapette in it to copy",
        "{place}\u202f: il n\u2019y a rien de Zapette à copier",
    ),
    "taken": Text(
        "{place}: it is not empty, and stays as it is; name an empty one",
        "{place}\u202f: ce n\u2019est pas vide, et rien n\u2019y change\u202f; indiquez-en un vide",
    ),
    "scheme": Text(
        "{place}: it is not a data folder, and a database begins with postgresql://",
        "{place}\u202f: ce n\u2019est pas un dossier de données, et une base commence par"
        " postgresql://",
    ),
}
_NEWER: Final = Text(
    "{error}",
    "{name}\u202f: une version plus récente de Zapette l\u2019a écrit, et rien n\u2019y change."
    " Installez cette version",
)
_COPIED: Final = Text(
    "{players} players and {grants} remotes were copied. Set `database` to the new place.",
    "{players} lecteurs et {grants} télécommandes ont été copiés."
    " Indiquez le nouvel endroit dans `database`.",
)


@click.group()
def store() -> None:
    """Move players and rights between the data folder and PostgreSQL."""


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy players, rights and secrets; FROM and TO are a data folder or postgresql://...

    Stop Zapette before. TO must be empty; FROM does not change. To keep a password off the command
    line, put it into ~/.pgpass or PGPASSWORD.
    """
    from zapette_broker.storage.store_errors import StoreNewer
    from zapette_server.errors import CopyRefused
    from zapette_server.storage import copying

    language = language_of(os.environ)
    try:
        counts = copying.copy(source, target)
    except CopyRefused as error:
        raise TargetError(_REFUSED[error.reason].filled(place=error.place)) from error
    except StoreNewer as error:
        name = str(error).partition(":")[0]
        raise StoreNewer(_NEWER.filled(error=error, name=name).of(language)) from error
    text = _COPIED.filled(players=counts["players"], grants=counts["visitors"])
    click.echo(text.of(language))
