"""amqtt as it comes, with its own plugins for password file and topic access."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher

from bench.broker_load.servers.server import PASSWORDS, Server

_CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""So that logging in costs amqtt next to nothing, as its plugin has no memory of a login."""

_PUBLISH: Final = {
    "player": [f"zapette/players/+/{kind}/#" for kind in ("response", "event", "state")],
    "remote": [f"zapette/players/+/{kind}/#" for kind in ("request", "command")],
    "home": ["zapette/#"],
    "server": ["zapette/#"],
}
_SUBSCRIBE: Final = {
    "player": [
        "zapette/players/+/request/#",
        "zapette/players/+/command/#",
        "zapette/server/availability",
    ],
    "remote": [
        "zapette/players/+/response/#",
        "zapette/players/+/state",
        "zapette/server/availability",
    ],
    "home": ["zapette/#"],
    "server": ["zapette/#"],
}


class StockAmqtt(Server):
    """The broker of the package amqtt, untouched."""

    name = "amqtt"
    title = "stock amqtt"

    def configure(self) -> None:
        """Write the configuration and the password file."""
        passwords = self.folder / "passwords"
        passwords.write_text(
            "".join(f"{role}:{_CHEAP.hash(text)}\n" for role, text in PASSWORDS.items())
        )
        configuration = {
            "listeners": {
                "default": {"type": "tcp", "bind": f"127.0.0.1:{self.ports['tcp']}"},
                "websocket": {"type": "ws", "bind": f"127.0.0.1:{self.ports['ws']}"},
            },
            "plugins": {
                "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(passwords)},
                "amqtt.plugins.topic_checking.TopicAccessControlListPlugin": {
                    "publish_acl": _PUBLISH,
                    "acl": _SUBSCRIBE,
                },
            },
        }
        # JSON is YAML
        (self.folder / "amqtt.yaml").write_text(json.dumps(configuration))

    def command(self) -> list[str]:
        """Return the command of the broker."""
        program = Path(sys.executable).with_name("amqtt")
        return [str(program), "-c", str(self.folder / "amqtt.yaml")]

    @classmethod
    def version(cls) -> str:
        """Return the version of the installed package."""
        return importlib.metadata.version("amqtt")
