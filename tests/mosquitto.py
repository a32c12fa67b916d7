"""A real Mosquitto as the other broker, and its command-line tools."""

from __future__ import annotations

import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_ports
from tests.waiting import eventually
from zapette.url import BrokerUrl

SERVER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


@dataclass
class Mosquitto:
    """A Mosquitto on free ports of the loopback interface, open to everybody on it.

    Attributes:
        folder: for its configuration and log.
    """

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, self.ws_port = free_ports(2)

    @property
    def url(self) -> BrokerUrl:
        return BrokerUrl("mqtt", "127.0.0.1", self.port)

    def start(self) -> Mosquitto:
        file = self.folder / "mosquitto.conf"
        file.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"listener {self.ws_port} 127.0.0.1\nprotocol websockets\n"
            "allow_anonymous true\npersistence false\n"
        )
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([SERVER, "-c", str(file)], stdout=log, stderr=log)
        eventually(self._listens, "mosquitto listens")
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def tool(name: str, url: BrokerUrl, *arguments: str) -> list[str]:
    """Return the command line of ``mosquitto_pub``, ``_sub`` or ``_rr`` on a broker."""
    command = [f"mosquitto_{name}", "-h", url.host, "-p", str(url.port)]
    if url.username is not None and url.password is not None:
        command += ["-u", url.username, "-P", url.password]
    return [*command, *arguments]


def run_tool(
    name: str, url: BrokerUrl, *arguments: str, timeout: float = 20
) -> subprocess.CompletedProcess[str]:
    """Run a mosquitto tool to its end."""
    return subprocess.run(
        tool(name, url, *arguments), capture_output=True, text=True, timeout=timeout
    )
