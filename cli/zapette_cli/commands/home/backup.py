"""``zapette backup`` and ``zapette restore``: one file with a household's data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from zapette_cli.language import Text
from zapette_cli.settings_options import with_settings
from zapette_cli.speech import said
from zapette_server.local_broker import settings_file
from zapette_server.paths import SETTINGS_FILE
from zapette_server.settings.settings import Settings
from zapette_server.storage.opening import SQLITE

_NEW = click.Path(path_type=Path, dir_okay=False)
_STRANGE: Final = Text(
    "left out: {name}, which is not a file of Zapette",
    "laissé de côté\u202f: {name}, qui n\u2019est pas un fichier de Zapette",
)
_ELSEWHERE: Final = Text(
    "left out: the players and their remotes, which are in PostgreSQL; back it up with pg_dump"
    " (docs/scaling.md)",
    "laissés de côté\u202f: les lecteurs et leurs télécommandes, qui sont dans PostgreSQL\u202f;"
    " sauvegardez-le par pg_dump (docs/scaling.md)",
)
_WRITTEN: Final = Text("{file}: {size:.0f} KiB", "{file}\u202f: {size:.0f} Kio")
_RESTORED: Final = Text("{folder}: restored", "{folder}\u202f: restauré")
_ASIDE: Final = Text(
    "what was there before: {folder}", "ce qui s\u2019y trouvait avant\u202f: {folder}"
)
_SETTINGS: Final = Text(
    "the settings of the backup: {saved}; to use them, copy it to {file}",
    "les réglages de la sauvegarde\u202f: {saved}\u202f; pour les utiliser, copiez ce fichier vers"
    " {file}",
)
_PRESENT = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command()
@click.argument("file", type=_NEW)
@with_settings
@click.pass_context
def backup(context: click.Context, settings: Settings, *, file: Path) -> None:
    """Write everything that Zapette knows to FILE, also while it runs.

    That is the signing secret, the accounts, the players and their remotes, the broker's messages
    and the settings. Keep FILE as safe as a password. Films are not in it, nor what is made again
    from them. Players in PostgreSQL are not in it either: use pg_dump.
    """
    from zapette_server.storage.backups import backup as writer

    used = settings_file(os.environ, context.params["config"])
    for name in writer.write(settings.data_dir, used, file):
        click.echo(said(_STRANGE, name=name), err=True)
    if settings.database != SQLITE:
        click.echo(said(_ELSEWHERE), err=True)
    click.echo(said(_WRITTEN, file=file, size=file.stat().st_size / 1024))


@click.command()
@click.argument("file", type=_PRESENT)
@with_settings
def restore(settings: Settings, *, file: Path) -> None:
    """Replace the data folder by the backup FILE; stop Zapette before.

    What is in the data folder is moved to a folder in it, and not deleted.
    """
    from zapette_server.storage.backups import restore as reader
    from zapette_server.storage.backups.backup_format import SETTINGS

    aside = reader.restore(file, settings.data_dir)
    click.echo(said(_RESTORED, folder=settings.data_dir))
    if aside is not None:
        click.echo(said(_ASIDE, folder=aside))
    if (saved := settings.data_dir / SETTINGS).exists():
        click.echo(said(_SETTINGS, saved=saved, file=SETTINGS_FILE))
