"""``zapette backup`` and ``zapette restore``: one file with a household's data."""

from __future__ import annotations

import os
from pathlib import Path

import click

from zapette_cli.settings_options import with_settings
from zapette_server.local_broker import settings_file
from zapette_server.places import SETTINGS_FILE
from zapette_server.settings import Settings
from zapette_server.storage.opening import SQLITE

_NEW = click.Path(path_type=Path, dir_okay=False)
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
    from zapette_server.storage import backup as writer

    used = settings_file(os.environ, context.params["config"])
    for name in writer.write(settings.data_dir, used, file):
        click.echo(f"left out: {name}, which is not a file of Zapette", err=True)
    if settings.database != SQLITE:
        click.echo(
            "left out: the players and their remotes, which are in PostgreSQL; back it up with"
            " pg_dump (docs/scaling.md)",
            err=True,
        )
    click.echo(f"{file}: {file.stat().st_size / 1024:.0f} KiB")


@click.command()
@click.argument("file", type=_PRESENT)
@with_settings
def restore(settings: Settings, *, file: Path) -> None:
    """Replace the data folder by the backup FILE; stop Zapette before.

    What is in the data folder is moved to a folder in it, and not deleted.
    """
    from zapette_server.storage import restore as reader
    from zapette_server.storage.backup_format import SETTINGS

    aside = reader.restore(file, settings.data_dir)
    click.echo(f"{settings.data_dir}: restored")
    if aside is not None:
        click.echo(f"what was there before: {aside}")
    if (saved := settings.data_dir / SETTINGS).exists():
        click.echo(f"the settings of the backup: {saved}; to use them, copy it to {SETTINGS_FILE}")
