"""Eclipse Mosquitto, the yardstick: written in C, with password file and access control list."""

from __future__ import annotations

import getpass
import subprocess
from typing import Final

from bench.broker_load.servers.server import PASSWORDS, Server

_ACL: Final = """\
user player
topic write zapette/players/+/availability
topic write zapette/players/+/state
topic write zapette/players/+/event/#
topic write zapette/players/+/response/#
topic read zapette/players/+/command/#
topic read zapette/players/+/request/#
topic read zapette/server/availability

user remote
topic write zapette/players/+/command/#
topic read zapette/players/+/state
topic read zapette/players/+/availability
topic read zapette/players/+/event/#
topic read zapette/server/availability

user home
topic readwrite zapette/#

user server
topic readwrite zapette/#

pattern write zapette/players/+/request/%c/#
pattern read zapette/players/+/response/%c/#
pattern write zapette/server/request/%c/#
pattern read zapette/server/response/%c/#
"""


class Mosquitto(Server):
    """Mosquitto as Debian builds it."""

    name = "mosquitto"
    title = "mosquitto"

    def configure(self) -> None:
        """Write the configuration, the password file and the access control list."""
        passwords = self.folder / "passwords"
        passwords.touch()
        for role, password in PASSWORDS.items():
            subprocess.run(
                ["mosquitto_passwd", "-b", str(passwords), role, password],
                check=True,
                capture_output=True,
            )
        (self.folder / "acl").write_text(_ACL)
        ports = self.ports
        (self.folder / "mosquitto.conf").write_text(
            f"user {getpass.getuser()}\n"
            "allow_anonymous false\n"
            f"password_file {passwords}\n"
            f"acl_file {self.folder / 'acl'}\n"
            "log_type error\n"
            "set_tcp_nodelay true\n"
            f"listener {ports['tcp']} 127.0.0.1\n"
            f"listener {ports['ws']} 127.0.0.1\n"
            "protocol websockets\n"
        )

    def command(self) -> list[str]:
        """Return the command of the broker."""
        return ["mosquitto", "-c", str(self.folder / "mosquitto.conf")]

    @classmethod
    def version(cls) -> str:
        """Return the version that the broker prints."""
        shown = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False)
        return shown.stdout.split("\n", 1)[0].rpartition(" ")[2]
