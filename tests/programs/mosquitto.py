"""A real Mosquitto as the other broker, and its command-line tools."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.programs.ports import free_ports, listens
from tests.programs.processes import started
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.mqtt.url import BrokerUrl

SERVER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


@dataclass
class Mosquitto:
    """A Mosquitto on free ports of one address, open to everybody on it unless told otherwise.

    Attributes:
        folder: for its configuration, its log and what it keeps.
        host: where it listens.
        lines: more lines of its configuration, for the first listener.
        anonymous: whether everybody gets in.
        before: what stands before its command: a namespace to run in.
    """

    folder: Path
    host: str = "127.0.0.1"
    lines: Sequence[str] = ()
    anonymous: bool = True
    before: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, self.ws_port = free_ports(2)

    @property
    def url(self) -> BrokerUrl:
        return BrokerUrl("mqtt", self.host, self.port)

    @property
    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text()

    def start(self) -> Mosquitto:
        file = self.folder / "mosquitto.conf"
        more = "".join(f"{line}\n" for line in self.lines)
        file.write_text(
            f"allow_anonymous {str(self.anonymous).lower()}\n"
            f"persistence false\nlog_type all\nuser {getpass.getuser()}\n"
            f"listener {self.port} {self.host}\n{more}"
            f"listener {self.ws_port} {self.host}\nprotocol websockets\n"
        )
        command = [*self.before, SERVER, "-c", str(file)]
        self.process = started(command, self.folder / "mosquitto.log")
        eventually(lambda: listens(self.port, self.host), "mosquitto listens")
        return self

    def stop(self) -> None:
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(subprocess.Popen.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self.process is not None:
            how(self.process)
            self.process.wait(HANG_TIMEOUT)
            self.process = None


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
