"""``zapette service``: Zapette as a service of systemd."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import click

from zapette_cli.errors import ServiceError
from zapette_cli.language import Text
from zapette_cli.processes.ports import ports
from zapette_cli.settings_options import OPTIONS, with_settings
from zapette_cli.speech import said
from zapette_cli.unit import NAME, SETTINGS, STATE, Unit, with_folders
from zapette_server import paths
from zapette_server.settings.settings import Settings
from zapette_server.settings.sources import load, variable

_SYSTEM = Path("/etc/systemd/system")
_GRAPHICS = Path("/dev/dri")
_INSTALLED: Final = Text(
    "{file}: installed and started, with the media folder {media}; "
    "`zapette service status` shows it",
    "{file}\u202f: installé et démarré, avec le dossier des médias {media}\u202f; "
    "`zapette service status` l\u2019affiche",
)
_REMOVED: Final = Text("{file}: removed", "{file}\u202f: supprimé")
_MISSING: Final = Text(
    "{file}: there is no such service", "{file}\u202f: ce service n\u2019existe pas"
)
_NO_SYSTEMD: Final = Text(
    "this system has no systemd; start `zapette run` with what starts your other programs",
    "ce système n\u2019a pas systemd\u202f; lancez `zapette run` par ce qui démarre vos programmes",
)
_NOT_ROOT: Final = Text(
    "a service of the machine needs root (sudo); one with --user does not",
    "un service de la machine exige root (sudo)\u202f; --user s\u2019en passe",
)
_FIXED: Final = Text(
    "{option}: a service of the machine has its data in {data} and its settings in {settings}; "
    "use --user for others",
    "{option}\u202f: un service de la machine a ses données dans {data} et ses réglages dans "
    "{settings}\u202f; pour d\u2019autres, utilisez --user",
)
_FAILED: Final = Text(
    "systemctl {arguments} failed with {code}",
    "systemctl {arguments} a échoué avec le code {code}",
)
_user = click.option("--user", is_flag=True, help="Install a service of your own, without root.")


@click.group()
def service() -> None:
    """Run Zapette as a service of systemd."""


@service.command()
@_user
@click.option("--print", "only_print", is_flag=True, help="Print the unit, and install nothing.")
@with_settings
@click.pass_context
def install(context: click.Context, settings: Settings, *, user: bool, only_print: bool) -> None:
    """Install the service and start it, now and whenever the machine starts.

    The settings given here go into the unit; the others come from /etc/zapette/zapette.toml, or,
    with --user, from your own settings file. The service may read your films and nothing else
    of yours; after a change of the media folder, install it again.
    """
    given = {key: it for _, _, key, _ in OPTIONS if (it := context.params[key]) is not None}
    config = context.params["config"]
    if not user:
        for option, value in (("--data", given.get("data_dir")), ("--config", config)):
            if value is not None:
                raise ServiceError(said(_FIXED, option=option, data=STATE, settings=SETTINGS))
        if SETTINGS.exists():
            settings = load(SETTINGS, os.environ, given)
    unit = _unit(settings, set(given), config, user=user)
    if only_print:
        click.echo(unit.text(), nl=False)
        return
    folder = _folder(user=user)
    _systemctl(["daemon-reload"], user=user)  # where systemd does not run, nothing is written
    if not user and not SETTINGS.exists():
        SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        SETTINGS.touch(mode=0o600)
        explained = (paths.ROOT / "config" / "zapette.toml").read_text(encoding="utf-8")
        folders = {"data_dir": STATE, "media_dir": settings.media_dir.absolute()}
        SETTINGS.write_text(with_folders(explained, folders), encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(unit.text())
    _systemctl(["daemon-reload"], user=user)
    _systemctl(["enable", NAME], user=user)
    _systemctl(["restart", NAME], user=user)
    click.echo(said(_INSTALLED, file=folder / NAME, media=settings.media_dir))


@service.command()
@_user
def uninstall(*, user: bool) -> None:
    """Stop the service and remove it; its data and settings stay."""
    file = _folder(user=user) / NAME
    if not file.exists():
        raise ServiceError(said(_MISSING, file=file))
    _systemctl(["disable", "--now", NAME], user=user)
    file.unlink()
    _systemctl(["daemon-reload"], user=user)
    click.echo(said(_REMOVED, file=file))


@service.command()
@_user
@click.pass_context
def status(context: click.Context, *, user: bool) -> None:
    """Show what systemd knows of the service; the exit code is that of `systemctl status`."""
    context.exit(_run(["status", "--no-pager", NAME], user=user))


def _unit(settings: Settings, given: set[str], config: Path | None, *, user: bool) -> Unit:
    """Return the unit that sets the settings `given`; the others are in its settings file."""
    # in a file, a relative folder is next to the file, and systemd hands over a copy of that
    here = {key: getattr(settings, key) for key in (*given, "media_dir")}
    named = {variable(key): str(_absolute(it)) for key, it in here.items()}
    if config is not None:
        named["ZAPETTE_CONFIG"] = str(config.absolute())
    readable = (Path(sys.prefix), Path(sys.base_prefix), paths.ROOT, settings.media_dir)
    return Unit(
        Path(sysconfig.get_path("scripts")) / "zapette",
        tuple(it.absolute() for it in readable),
        named,
        tuple(port for _, _, port in ports(settings)),
        () if user else _graphics(),
        user,
    )


def _absolute(value: object) -> object:
    return value.absolute() if isinstance(value, Path) else value


def _graphics() -> tuple[str, ...]:
    """Return the groups that may use the machine's graphics cards, if there are any."""
    if not _GRAPHICS.exists():
        return ()
    import grp  # not there on Windows, nor is the folder

    known = {it.gr_name for it in grp.getgrall()}
    return tuple(it for it in ("render", "video") if it in known)


def _folder(*, user: bool) -> Path:
    if shutil.which("systemctl") is None:
        raise ServiceError(said(_NO_SYSTEMD))
    if user:
        config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
        return Path(config) / "systemd" / "user"
    if os.geteuid() != 0:
        raise ServiceError(said(_NOT_ROOT))
    return _SYSTEM


def _systemctl(arguments: list[str], *, user: bool) -> None:
    if code := _run(arguments, user=user):
        raise ServiceError(said(_FAILED, arguments=" ".join(arguments), code=code))


def _run(arguments: list[str], *, user: bool) -> int:
    command = ["systemctl", *(["--user"] if user else []), *arguments]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603 - our own words
    except FileNotFoundError:
        raise ServiceError(said(_NO_SYSTEMD)) from None
