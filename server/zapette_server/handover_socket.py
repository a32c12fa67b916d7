"""Where the web side hands WebSockets over to the broker, so that both share the HTTP port."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from zapette_broker.transports.handover import IS_SUPPORTED, reachable
from zapette_server.settings.settings import Settings

WS_PORT: Final = 8083
"""The port of MQTT over WebSocket where it cannot share the HTTP port."""

_NAME: Final = "mqtt.sock"
_WEB_NAME: Final = "web.sock"


def handover_socket(data_dir: Path) -> Path | None:
    """Return the path of the broker's Unix socket; None if this system cannot hand over.

    It is in the data folder, or, if the file system there has no sockets (FAT), in a folder of this
    user's own in the system's temporary folder. Every process with the same data folder finds the
    same path.
    """
    if not IS_SUPPORTED:
        return None
    # before the first start there is none, and nothing to find out
    return _found(data_dir) if os.path.isdir(data_dir) else data_dir / _NAME  # noqa: PTH112 - no error in a closed folder


def web_socket(data_dir: Path) -> Path | None:
    """Return the path of the web side's Unix socket, behind TLS; None if this system has none."""
    handover = handover_socket(data_dir)
    return handover.with_name(_WEB_NAME) if handover is not None else None


def websocket_port(settings: Settings) -> int:
    """Return the port of MQTT over WebSocket alone; 0 if it only shares the HTTP port.

    It is 0 too if the broker is a cluster of its own.
    """
    if settings.broker.is_nats:
        return 0
    if settings.ws_port or handover_socket(settings.data_dir) is not None:
        return settings.ws_port
    return WS_PORT


@cache
def _found(data_dir: Path) -> Path | None:
    if _takes_sockets(data_dir):
        return data_dir / _NAME
    mark = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"zapette-{os.getuid()}-{mark}"
    return folder / _NAME if _is_private(folder) and _takes_sockets(folder) else None


def _takes_sockets(folder: Path) -> bool:
    # a container has the same process ids after each start, and several threads may look
    trial = folder / f"{_NAME}.{secrets.token_hex(4)}.try"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        try:
            with reachable(trial) as name:
                one.bind(name)
        except OSError:
            return False
    with suppress(OSError):
        trial.unlink()
    return True


def _is_private(folder: Path) -> bool:
    """Return whether there is such a folder that only this user can enter; make it if need be."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return is_ours and not stat.S_IMODE(found.st_mode) & 0o077
