"""Starts the servers that the tests run on: ours and mosquitto, each on free ports of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.programs.ports import free_port, listens
from tests.programs.processes import ending_with_us
from tests.waiting import SLACK

ROOT = Path(__file__).parents[2]
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
START_TIMEOUT = 20.0

KINDS = ("ours", "mosquitto")
# mosquitto looks for silent clients every five seconds.
LOOKS_EVERY = {"ours": 0.0, "mosquitto": 5.0}
# mosquitto does not let it be set lower, and a test on a busy machine has to keep to it.
MAX_KEEP_ALIVE = 10
MAX_PACKET = 20_000
MAX_OPEN = 5
MAX_ALIAS = 3
SYS_INTERVAL = 1
USERNAME = "inside"
PASSWORD = b"a password for the tests"


class Profile(Enum):
    """How a server is set up."""

    OPEN = "open"
    """Lets in everybody."""
    GUARDED = "guarded"
    """Lets in `USERNAME` only, and that one only to `allowed/#`."""
    LIMITED = "limited"
    """Lets in everybody and allows them little: see the constants `MAX_…`."""


@dataclass(frozen=True)
class Server:
    """A running server on its two ports."""

    kind: str
    port: int
    ws_port: int
    profile: Profile = Profile.OPEN

    @property
    def max_keep_alive(self) -> int:
        """The longest keep alive, in seconds, that a limited server grants."""
        return MAX_KEEP_ALIVE

    @property
    def slack(self) -> float:
        """How many seconds after a keep alive is over the server may take to notice."""
        return LOOKS_EVERY[self.kind] + SLACK


class Servers:
    """The servers of a test run, each started when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: dict[tuple[str, Profile], Server] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def get(self, kind: str, profile: Profile) -> Server:
        """Return the server of that kind and profile; RuntimeError when it does not start."""
        if (kind, profile) not in self._started:
            folder = self._folder / f"{profile.value}-{kind}"
            folder.mkdir(exist_ok=True)
            server = self._stack.enter_context(run_server(kind, folder, profile))
            self._started[kind, profile] = server
        return self._started[kind, profile]


@contextmanager
def run_server(kind: str, folder: Path, profile: Profile) -> Iterator[Server]:
    """Start a server whose files are in `folder`, wait until it listens, stop it at the end.

    RuntimeError, with what the server printed, when it does not start.
    """
    server = Server(kind, free_port(), free_port(), profile)
    command = _COMMANDS[kind](server, folder)
    output = folder / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            ending_with_us(command), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        for port in (server.port, server.ws_port):
            _wait_until_listening(port, process, output)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        if listens(port):
            return
        time.sleep(0.02)
    raise RuntimeError(f"the server does not listen on port {port}:\n{output.read_text()[-4000:]}")


def _mosquitto(server: Server, folder: Path) -> list[str]:
    if MOSQUITTO is None:
        raise RuntimeError("mosquitto is not installed")
    guarded = server.profile is Profile.GUARDED
    lines = [
        "user root",
        "persistence false",
        "set_tcp_nodelay true",
        f"sys_interval {SYS_INTERVAL}",
        f"allow_anonymous {'false' if guarded else 'true'}",
    ]
    if guarded:
        lines += _mosquitto_users(folder)
    if server.profile is Profile.LIMITED:
        lines += [
            f"max_keepalive {server.max_keep_alive}",
            f"max_packet_size {MAX_PACKET}",
            f"max_inflight_messages {MAX_OPEN}",
        ]
    for port, protocol in ((server.port, "mqtt"), (server.ws_port, "websockets")):
        lines += [f"listener {port} 127.0.0.1", f"protocol {protocol}"]
        if server.profile is Profile.LIMITED:
            lines.append(f"max_topic_alias {MAX_ALIAS}")
    path = folder / "mosquitto.conf"
    path.write_text("\n".join(lines) + "\n")
    return [MOSQUITTO, "-c", str(path)]


def _mosquitto_users(folder: Path) -> list[str]:
    passwords, rights = folder / "passwords", folder / "rights"
    passwords.write_text(f"{USERNAME}:{PASSWORD.decode()}\n")
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
    rights.write_text(f"user {USERNAME}\ntopic readwrite allowed/#\n")
    passwords.chmod(0o600)
    rights.chmod(0o600)
    return [f"password_file {passwords}", f"acl_file {rights}"]


def _ours(server: Server, folder: Path) -> list[str]:
    guarded = server.profile is Profile.GUARDED
    plugins: dict[str, object] = {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": not guarded},
    }
    if guarded:
        plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = {
            "publish_acl": {USERNAME: ["allowed/#"]},
            "acl": {USERNAME: ["allowed/#"]},
        }
    config: dict[str, object] = {
        "listeners": {
            "default": {"type": "tcp", "bind": f"127.0.0.1:{server.port}"},
            "browsers": {"type": "ws", "bind": f"127.0.0.1:{server.ws_port}"},
        },
        "plugins": plugins,
    }
    if server.profile is Profile.LIMITED:
        plugins["amqtt.plugins.sys.broker.BrokerSysPlugin"] = {"sys_interval": SYS_INTERVAL}
        config["limits"] = {
            "max_keep_alive": server.max_keep_alive,
            "max_packet": MAX_PACKET,
            "receive_maximum": MAX_OPEN,
            "max_topic_alias": MAX_ALIAS,
        }
    # JSON is YAML.
    path = folder / "broker.yaml"
    path.write_text(json.dumps(config))
    return [sys.executable, "-m", "broker", "-c", str(path)]


_COMMANDS = {"ours": _ours, "mosquitto": _mosquitto}
