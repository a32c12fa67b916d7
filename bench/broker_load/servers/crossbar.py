"""Crossbar.io, the router of the demo that this project descends from: WAMP over WebSocket."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench.broker_load.process import ProcessError
from bench.broker_load.servers.server import PASSWORDS, ROOT, Server
from bench.broker_load.wamp import REALM, WampDialect

_PACKAGES: Final = ROOT / "bench" / "requirements-crossbar.txt"
_INSTALL_TIMEOUT: Final = 900.0

_ALLOWED: Final[dict[str, dict[str, list[str]]]] = {
    "player": {
        "zapette.players.": ["register", "publish", "subscribe"],
        "zapette.server.": ["subscribe", "call"],
    },
    "remote": {
        "zapette.players.": ["call", "subscribe", "publish"],
        "zapette.server.": ["subscribe", "call"],
    },
    "home": {"zapette.": ["call", "register", "publish", "subscribe"]},
    "server": {"zapette.": ["call", "register", "publish", "subscribe"]},
}


class Crossbar(Server):
    """The router in an environment that the benchmark makes, with tickets and roles."""

    name = "crossbar"
    title = "Crossbar.io"
    transports = ("ws",)

    def configure(self) -> None:
        """Write the node's configuration."""
        configuration = {
            "version": 2,
            "controller": {},
            "workers": [
                {
                    "type": "router",
                    "realms": [{"name": REALM, "roles": [_role(role) for role in PASSWORDS]}],
                    "transports": self.listeners(),
                }
            ],
        }
        (self.folder / "config.json").write_text(json.dumps(configuration))

    def command(self) -> list[str]:
        """Return the command of the node."""
        program = self.programs() / "crossbar"
        return [str(program), "start", "--cbdir", str(self.folder), "--loglevel", "warn"]

    def dialect(self) -> WampDialect:
        """Return WAMP."""
        return WampDialect(self.port, "/")

    @classmethod
    def programs(cls) -> Path:
        """Return the folder of the environment's programs."""
        return environment() / "bin"

    def listeners(self) -> list[dict[str, Any]]:
        """Return what the router listens on."""
        return [self.websocket() | {"serializers": ["json"]}]

    def authentication(self) -> dict[str, Any]:
        """Return how clients say who they are."""
        principals = {
            role: {"ticket": password, "role": role} for role, password in PASSWORDS.items()
        }
        return {"ticket": {"type": "static", "principals": principals}}

    def websocket(self) -> dict[str, Any]:
        """Return a WebSocket on `port`, with every serializer that there is."""
        return {
            "type": "websocket",
            "endpoint": {
                "type": "tcp",
                "interface": "127.0.0.1",
                "port": self.port,
                "backlog": 1024,
            },
            "url": f"ws://127.0.0.1:{self.port}/",
            "options": {"allowed_origins": ["*"], "enable_webstatus": False},
            "auth": self.authentication(),
        }

    @classmethod
    async def install(cls) -> None:
        """Make the environment, in the user's cache folder, unless it is there.

        Raises:
            ProcessError: the packages could not be installed.
        """
        folder = environment()
        done = folder / "installed.txt"
        if done.exists() and done.read_bytes() == _PACKAGES.read_bytes():
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        pip = str(folder / "bin" / "pip")
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [pip, "install", "--quiet", "--requirement", str(_PACKAGES)],
        ):
            await asyncio.to_thread(_run, command)
        done.write_bytes(_PACKAGES.read_bytes())

    @classmethod
    def version(cls, package: str = "crossbar") -> str:
        """Return the version of `package` that was installed."""
        for line in _PACKAGES.read_text().splitlines():
            name, _, version = line.partition("==")
            if name == package:
                return version
        raise OSError(f"{_PACKAGES.name} does not name {package}")


def _role(role: str) -> dict[str, Any]:
    permissions = [
        {
            "uri": prefix,
            "match": "prefix",
            "allow": {
                action: action in actions for action in ("call", "register", "publish", "subscribe")
            },
            "cache": True,
        }
        for prefix, actions in _ALLOWED[role].items()
    ]
    return {"name": role, "permissions": permissions}


def environment() -> Path:
    """Return the folder of the virtual environment that `Crossbar.install` makes."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "zapette-bench" / "crossbar"


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_TIMEOUT)
    except subprocess.CalledProcessError as error:
        shown = error.stderr[-2000:].decode("utf-8", "replace")
        raise ProcessError(f"{' '.join(command)} failed: {shown}") from error
    except subprocess.TimeoutExpired as error:
        raise ProcessError(f"{' '.join(command)} took too long") from error
