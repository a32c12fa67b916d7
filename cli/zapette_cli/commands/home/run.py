"""The commands that run all parts, or one."""

from __future__ import annotations

import dataclasses
import errno
import os
import signal
import sys
import threading
from pathlib import Path

import click

from zapette import logs
from zapette_cli.processes import manager
from zapette_cli.processes.notifier import Notifier
from zapette_cli.processes.part import FATAL
from zapette_cli.processes.ports import cannot_listen
from zapette_cli.processes.welcome import Welcome
from zapette_cli.settings_options import with_settings
from zapette_server.local_web import answers
from zapette_server.settings.settings import Settings

_exit_with_parent = click.option("--exit-with-parent", is_flag=True, hidden=True)


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--reload", is_flag=True, help="Restart parts when their code changes.")
@with_settings
def run(settings: Settings, *, folder: str | None, reload: bool) -> None:
    """Run the broker, the web side and the bridge if it is set, and restart what ends.

    FOLDER has your films and music, as --media.
    """
    if folder is not None:
        settings = dataclasses.replace(settings, media_dir=Path(folder).resolve())
    if reload:
        settings = dataclasses.replace(settings, development=True)
    logs.set_up("zapette", settings.log_level)
    notifier = Notifier(os.environ, lambda: answers(settings, 2, ready=False))
    notifier.start()
    welcome = Welcome(settings)

    def on_ready() -> None:
        notifier.ready()
        welcome.show()

    code = manager.run(
        settings,
        on_ready=on_ready,
        is_ready=lambda: answers(settings, 2),
        on_look=welcome.follow,
        on_stop=notifier.stopping,
        reload=reload,
    )
    if code == manager.RELOAD:
        os.execv(sys.executable, [sys.executable, "-P", "-m", "zapette_cli", *sys.argv[1:]])  # noqa: S606
    sys.exit(code)


@click.command()
@with_settings
@_exit_with_parent
def broker(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the broker alone."""
    from zapette_broker import errors
    from zapette_broker.running import run_loop
    from zapette_cli.processes import broker as process

    logs.set_up("broker", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        run_loop(process.serve(settings))
    except errors.BrokerError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.EADDRNOTAVAIL:
            raise cannot_listen(settings, "mqtt_port", "MQTT", settings.mqtt_port, cause) from error
        click.echo(f"zapette: {error}", err=True)
        sys.exit(FATAL)


@click.command()
@with_settings
@_exit_with_parent
def web(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the web side alone."""
    from zapette_cli.processes.web import web as process

    logs.set_up("web", settings.log_level)
    _follow_parent(exit_with_parent)
    process.serve(settings)


@click.command(hidden=True)
@with_settings
@_exit_with_parent
def front(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run TLS in front of the web side alone."""
    from zapette_broker.running import run_loop
    from zapette_cli.processes import front as process

    logs.set_up("tls", settings.log_level)
    _follow_parent(exit_with_parent)
    try:
        run_loop(process.serve(settings))
    except OSError as error:
        raise cannot_listen(settings, "http_port", "pages", settings.http_port, error) from error


@click.command()
@with_settings
@_exit_with_parent
def bridge(settings: Settings, *, exit_with_parent: bool) -> None:
    """Run the bridge to your home's broker alone."""
    from zapette_cli.processes import bridge as process

    logs.set_up("bridge", settings.log_level)
    _follow_parent(exit_with_parent)
    process.serve(settings)


def _follow_parent(follow: bool) -> None:
    """End this process when its parent ends, for whatever reason."""
    if not follow:
        return

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
