"""Starts the servers that the tests run on: ours and mosquitto, each on free ports of its own."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
START_TIMEOUT = 20.0

KINDS = ("ours", "mosquitto")
# mosquitto looks for silent clients every five seconds.
SLACK = {"ours": 2.0, "mosquitto": 7.0}
# Above the default, so that lengths of four bytes can be tested.
MAX_PACKET = 4 * 1024 * 1024
USERNAME = "inside"
PASSWORD = b"a password for the tests"


@dataclass(frozen=True)
class Server:
    """A running server; a guarded one lets in `USERNAME` only, and that one only to `allowed/#`."""

    kind: str
    port: int
    ws_port: int
    guarded: bool = False

    @property
    def slack(self) -> float:
        """How many seconds after a keep alive is over the server may take to notice."""
        return SLACK[self.kind]


@contextmanager
def run_server(kind: str, folder: Path, *, guarded: bool = False) -> Iterator[Server]:
    """Start a server whose files are in `folder`, wait until it listens, stop it at the end.

    RuntimeError, with what the server printed, when it does not start.
    """
    server = Server(kind, free_port(), free_port(), guarded)
    command = _COMMANDS[kind](server, folder)
    output = folder / "output.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
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


def free_port() -> int:
    """Return a TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"the server does not listen on port {port}:\n{output.read_text()[-4000:]}")


def _mosquitto(server: Server, folder: Path) -> list[str]:
    if MOSQUITTO is None:
        raise RuntimeError("mosquitto is not installed")
    lines = [
        "user root",
        "persistence false",
        "set_tcp_nodelay true",
        f"allow_anonymous {'false' if server.guarded else 'true'}",
        f"listener {server.port} 127.0.0.1",
        "protocol mqtt",
        f"listener {server.ws_port} 127.0.0.1",
        "protocol websockets",
    ]
    if server.guarded:
        passwords, rights = folder / "passwords", folder / "rights"
        passwords.write_text(f"{USERNAME}:{PASSWORD.decode()}\n")
        subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
        rights.write_text(f"user {USERNAME}\ntopic readwrite allowed/#\n")
        passwords.chmod(0o600)
        rights.chmod(0o600)
        lines += [f"password_file {passwords}", f"acl_file {rights}"]
    path = folder / "mosquitto.conf"
    path.write_text("\n".join(lines) + "\n")
    return [MOSQUITTO, "-c", str(path)]


def _ours(server: Server, folder: Path) -> list[str]:
    listeners = {
        "default": {"type": "tcp", "bind": f"127.0.0.1:{server.port}"},
        "browsers": {"type": "ws", "bind": f"127.0.0.1:{server.ws_port}"},
    }
    plugins: dict[str, object] = {
        "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": not server.guarded}
    }
    if server.guarded:
        plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = {
            "publish_acl": {USERNAME: ["allowed/#"]},
            "acl": {USERNAME: ["allowed/#"]},
        }
    # JSON is YAML.
    path = folder / "broker.yaml"
    config = {"listeners": listeners, "plugins": plugins, "limits": {"max_packet": MAX_PACKET}}
    path.write_text(json.dumps(config))
    return [sys.executable, "-m", "broker", "-c", str(path)]


_COMMANDS = {"ours": _ours, "mosquitto": _mosquitto}
