"""The command ``zapette``."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from zapette import logs, manager
from zapette.accounts import Accounts
from zapette.config import DEFAULT_FILE, Settings, load
from zapette.data_folder import HOME, DataFolder
from zapette.errors import ZapetteError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--config", type=_FILE, help="The settings file."),
    click.option("--http-port", type=int, help="Port of the pages and the API."),
    click.option("--mqtt-port", type=int, help="Port of MQTT over TCP."),
    click.option("--ws-port", type=int, help="Port of MQTT over WebSocket."),
    click.option("--bind", help="IP address to listen on."),
    click.option("--public-url", help="Where phones reach the pages."),
    click.option("--data", "data_dir", type=_FOLDER, help="Folder of secrets and stores."),
    click.option("--media", "media_dir", type=_FOLDER, help="Folder of what can be played."),
    click.option("--log-level", help="debug, info, warning or error."),
)


class _Group(click.Group):
    """A group whose commands end with exit code 2 and one line on an error of the package."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ZapetteError as error:
            click.echo(f"zapette: {error}", err=True)
            ctx.exit(manager.FATAL)


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the settings, read from the file, the environment and its options."""

    @wraps(command)
    def wrapped(
        config: Path | None,
        http_port: int | None,
        mqtt_port: int | None,
        ws_port: int | None,
        bind: str | None,
        public_url: str | None,
        data_dir: Path | None,
        media_dir: Path | None,
        log_level: str | None,
        **others: Any,
    ) -> None:
        given = {
            "http_port": http_port,
            "mqtt_port": mqtt_port,
            "ws_port": ws_port,
            "bind": bind,
            "public_url": public_url,
            "data_dir": data_dir,
            "media_dir": media_dir,
            "log_level": log_level,
        }
        command(settings=load(_file(config), os.environ, given), **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_exit_with_parent = click.option("--exit-with-parent", is_flag=True, hidden=True)


@click.group(cls=_Group)
@click.version_option(package_name="zapette")
def main() -> None:
    """Play on a page, pilot it from a phone."""


@main.command()
@_with_settings
def run(settings: Settings) -> None:
    """Run everything: the broker and the web side, kept running."""
    logs.set_up("zapette", settings.log_level)
    new = not (settings.data_dir / "secret").exists()
    DataFolder.open(settings.data_dir)
    sys.exit(
        manager.run(
            settings,
            on_ready=lambda: _welcome(settings, new=new),
            is_ready=lambda: _answers(settings),
        )
    )


@main.command()
@_with_settings
@_exit_with_parent
def broker(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the broker alone."""
    from broker import errors, service

    logs.set_up("broker", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        _runner()(service.serve(settings))
    except errors.BrokerError as error:
        click.echo(f"zapette: {error}", err=True)
        sys.exit(manager.FATAL)


@main.command()
@_with_settings
@_exit_with_parent
def web(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the web side alone."""
    from webapp import server

    logs.set_up("web", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        server.serve(settings)
    except OSError as error:
        click.echo(f"zapette: http_port {settings.http_port}: {error.strerror}", err=True)
        sys.exit(manager.FATAL)


@main.group(invoke_without_command=True)
@_with_settings
@click.pass_context
def credentials(context: click.Context, settings: Settings) -> None:
    """Print the account that the first start made, or set others."""
    folder = DataFolder.open(settings.data_dir)
    context.obj = Accounts(folder.accounts)
    if context.invoked_subcommand is None:
        click.echo(f"{HOME} {folder.home_password}")


@credentials.command("list")
@click.pass_obj
def list_accounts(accounts: Accounts) -> None:
    """List the accounts, one a line."""
    for name in [HOME, *accounts.names()]:
        click.echo(name)


@credentials.command("add")
@click.argument("name")
@click.password_option(help="Asked for if it is not given.")
@click.pass_obj
def add_account(accounts: Accounts, name: str, password: str) -> None:
    """Add an account, or give one a new password."""
    accounts.add(name, password)


@credentials.command("remove")
@click.argument("name")
@click.pass_obj
def remove_account(accounts: Accounts, name: str) -> None:
    """Remove an account; its connections end at once."""
    accounts.remove(name)


def _file(given: Path | None) -> Path | None:
    if given is not None:
        return given
    named = os.environ.get("ZAPETTE_CONFIG")
    if named is not None:
        return Path(named) if named else None
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _runner() -> Callable[..., None]:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.run
    return uvloop.run


def _follow_parent(follow: bool) -> None:
    """End this process when the one that started it is gone, however that one ended."""
    if not follow:
        return

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _answers(settings: Settings) -> bool:
    anywhere = settings.bind in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    host = "127.0.0.1" if anywhere else settings.bind
    url = f"http://{host}:{settings.http_port}/healthz"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _welcome(settings: Settings, *, new: bool) -> None:
    from webapp import qr
    from webapp.addresses import Addresses

    page = Addresses(settings).pages()
    click.echo(
        f"\n  Zapette is on.\n\n"
        f"  Player, on this screen    http://localhost:{settings.http_port}/\n"
        f"  Player, on another one    {page}\n\n{qr.terminal(page)}\n"
        f"  Open the player; the code that it shows makes a phone on this network its remote.\n"
    )
    if new:
        click.echo(
            "  For scripts and Home Assistant there is an account on the broker "
            f"(port {settings.mqtt_port}):\n  `zapette credentials` prints it.\n"
        )
    sys.stdout.flush()
