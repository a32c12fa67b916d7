"""The commands that run all parts, or one."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable

import click

from zapette import logs
from zapette.mqtt.url import bracketed
from zapette_cli.processes import manager
from zapette_cli.settings_options import with_settings
from zapette_server.local_broker import local_host
from zapette_server.settings import Settings

_exit_with_parent = click.option("--exit-with-parent", is_flag=True, hidden=True)


@click.command()
@click.option("--reload", is_flag=True, help="Restart parts when their code changes.")
@with_settings
def run(settings: Settings, *, reload: bool) -> None:
    """Run the broker, the web side and the bridge if it is set, and restart what ends."""
    if reload:
        settings = dataclasses.replace(settings, development=True)
    logs.set_up("zapette", settings.log_level)
    new = not (settings.data_dir / "secret").exists()
    code = manager.run(
        settings,
        on_ready=lambda: _welcome(settings, new=new),
        is_ready=lambda: _answers(settings),
        reload=reload,
    )
    if code == manager.RELOAD:
        os.execv(sys.executable, [sys.executable, "-m", "zapette_cli", *sys.argv[1:]])  # noqa: S606
    sys.exit(code)


@click.command()
@with_settings
@_exit_with_parent
def broker(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the broker alone."""
    from zapette_broker import errors
    from zapette_cli.processes import broker as process

    logs.set_up("broker", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        _runner()(process.serve(settings))
    except errors.BrokerError as error:
        click.echo(f"zapette: {error}", err=True)
        sys.exit(manager.FATAL)


@click.command()
@with_settings
@_exit_with_parent
def web(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the web side alone."""
    from zapette_cli.processes import web as process

    logs.set_up("web", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        process.serve(settings)
    except OSError as error:
        click.echo(f"zapette: http_port {settings.http_port}: {error.strerror}", err=True)
        sys.exit(manager.FATAL)


@click.command()
@with_settings
@_exit_with_parent
def bridge(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the bridge to your home's broker alone."""
    from zapette_cli.processes import bridge as process

    logs.set_up("bridge", settings.log_level)
    _follow_parent(exit_with_parent)
    process.serve(settings)


def _runner() -> Callable[..., None]:
    try:
        import uvloop
    except ImportError:  # not available on Windows
        return asyncio.run
    return uvloop.run


def _follow_parent(follow: bool) -> None:
    """End this process when its parent ends, for whatever reason."""
    if not follow:
        return

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _answers(settings: Settings) -> bool:
    try:
        url = f"http://{bracketed(local_host(settings))}:{settings.http_port}/healthz"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _welcome(settings: Settings, *, new: bool) -> None:
    from zapette_webapp.addresses import Addresses
    from zapette_webapp.pages import qr

    page = Addresses(settings).pages()
    host = local_host(settings)
    # the name is easier to remember, where it certainly leads to this server
    here = "localhost" if host == "127.0.0.1" else bracketed(host)
    click.echo(
        f"\n  Zapette is running.\n\n"
        f"  Player, on this device     http://{here}:{settings.http_port}/\n"
        f"  Player, on another device  {page}\n\n{qr.terminal(page)}\n"
        f"  Open the player, then scan its code with a phone on this network.\n"
    )
    if new:
        click.echo(
            "  `zapette credentials` prints the account for scripts and Home Assistant "
            f"(port {settings.mqtt_port}).\n"
        )
    sys.stdout.flush()
