"""Brokers for tests: ours in a thread of this process, ours and stock amqtt as processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from tests.conformance.client import PATIENCE, Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will
from tests.conformance.wire.properties import Pairs
from tests.conformance.wire.stream import Stream
from tests.programs.ports import free_port
from tests.programs.processes import started
from tests.waiting import HANG_TIMEOUT, eventually
from zapette_broker import Authenticator, Broker, Limits

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
ANONYMOUS = "amqtt.plugins.authentication.AnonymousAuthPlugin"
MODULES = {"ours": "broker", "amqtt": "amqtt.scripts.broker_script"}


def config(**plugins: Any) -> dict[str, Any]:
    """Return a configuration with a TCP and a WebSocket listener on free ports."""
    return {
        "listeners": {
            "default": {"type": "tcp", "bind": "127.0.0.1:0"},
            "browsers": {"type": "ws", "bind": "127.0.0.1:0"},
        },
        "plugins": plugins.get("plugins", {ANONYMOUS: {"allow_anonymous": True}}),
    }


class Server:
    """A running broker, and the clients that a test made on it.

    Attributes:
        patience: for how many seconds those wait for what must come.
    """

    patience = PATIENCE

    def __init__(self, port: int) -> None:
        self.port = port
        self._clients: list[Client] = []

    def open(self, version: Version = Version.V311, stream: Stream | None = None) -> Client:
        """Open a connection without sending anything."""
        client = Client(stream or Stream(self.port), version, self.patience)
        self._clients.append(client)
        return client

    def connect(
        self,
        client_id: str = "",
        version: Version = Version.V311,
        *,
        stream: Stream | None = None,
        clean: bool = True,
        keep_alive: int = 60,
        will: Will | None = None,
        username: str | None = None,
        password: bytes | None = None,
        properties: Pairs = (),
        expect: int = 0,
    ) -> Client:
        """Connect and check the code of CONNACK."""
        client = self.open(version, stream)
        connack = client.connect(
            Connect(
                client_id,
                version,
                clean=clean,
                keep_alive=keep_alive,
                will=will,
                username=username,
                password=password,
                properties=properties,
            )
        )
        assert connack.code == expect, f"CONNACK 0x{connack.code:02x}"
        return client

    def close_clients(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()


class Running(Server):
    """A broker of ours in a thread; `call` runs a function in its event loop."""

    def __init__(self, broker: Broker, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(broker.ports["default"])
        self.ws_port = broker.ports.get("browsers", 0)
        self.broker = broker
        self.loop = loop

    def call(self, function: Callable[[], T]) -> T:
        async def run() -> T:
            return function()

        return self.await_(run())

    def await_(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the event loop of the broker."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(HANG_TIMEOUT)


@contextmanager
def run_ours(
    settings: dict[str, Any] | None = None,
    *,
    authenticator: Authenticator | None = None,
    limits: Limits | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
    **options: Any,
) -> Iterator[Running]:
    """Run our broker in a thread until the block ends."""
    loop = new_loop()
    thread = threading.Thread(target=loop.run_forever, name="broker")
    thread.start()

    async def start() -> Broker:
        broker = Broker(settings or config(), authenticator=authenticator, limits=limits, **options)
        await broker.start()
        return broker

    try:
        broker = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
        running = Running(broker, loop)
        try:
            yield running
        finally:
            running.close_clients()
            asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(HANG_TIMEOUT)
        loop.close()


class Process(Server):
    """A broker as a process of its own."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], output: Path) -> None:
        super().__init__(port)
        self.process = process
        self.output = output

    @property
    def log(self) -> str:
        return self.output.read_text(errors="replace")


@contextmanager
def run_process(
    kind: str, folder: Path, plugins: dict[str, Any] | None = None, **sections: Any
) -> Iterator[Process]:
    """Run ours or stock amqtt with the same configuration until the block ends."""
    port = sections.pop("port", None) or free_port()
    settings = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": plugins or {ANONYMOUS: {"allow_anonymous": True}},
        **sections,
    }
    path = folder / f"{kind}.yaml"
    path.write_text(json.dumps(settings))
    output = folder / f"{kind}.txt"
    command = [sys.executable, "-m", MODULES[kind], "-c", str(path)]
    process = started(command, output, cwd=ROOT)
    running = Process(port, process, output)
    try:
        eventually(lambda: _listens(running), f"{kind} listens", timeout=20)
        yield running
    finally:
        running.close_clients()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(running: Process) -> bool:
    assert running.process.poll() is None, f"the broker has ended:\n{running.log[-4000:]}"
    try:
        Stream(running.port).close()
    except OSError:
        return False
    return True
