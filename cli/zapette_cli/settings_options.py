"""The options of every command that has settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from zapette_server.local_broker import settings_file
from zapette_server.settings.sources import load

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(file_okay=False, readable=False)
OPTIONS: Final[tuple[tuple[str, Any, str, str], ...]] = (
    ("--http-port", int, "http_port", "Port of the pages, the API and MQTT over WebSocket."),
    ("--mqtt-port", int, "mqtt_port", "Port of MQTT over TCP."),
    ("--ws-port", int, "ws_port", "A further port of MQTT over WebSocket; 0 for none."),
    ("--bind", str, "bind", "IP address to listen on."),
    ("--public-url", str, "public_url", "Address at which phones reach the pages."),
    ("--data", _FOLDER, "data_dir", "Folder for secrets and databases."),
    ("--media", _FOLDER, "media_dir", "Folder with your films and music."),
    ("--log-level", str, "log_level", "auto, debug, info, warning or error."),
)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Pass `command` the settings from the file, the environment and its options."""

    @wraps(command)
    def wrapped(config: Path | None, **others: Any) -> Any:
        given = {key: others.pop(key) for _, _, key, _ in OPTIONS}
        settings = load(settings_file(os.environ, config), os.environ, given)
        return command(settings=settings, **others)

    for flag, kind, key, text in reversed(OPTIONS):
        wrapped = click.option(flag, key, type=kind, help=text)(wrapped)
    return click.option("--config", type=_FILE, help="The settings file.")(wrapped)
