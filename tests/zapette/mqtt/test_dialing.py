"""MQTT 5 if the broker knows it, else 3.1.1: on NATS, and behind what knows only 3.1.1."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pytest

from tests.programs.mosquitto import Mosquitto
from tests.programs.nats_cluster import SERVER
from tests.programs.ports import free_ports, listens
from tests.programs.processes import ending, started
from tests.waiting import HANG_TIMEOUT, eventually
from zapette.client.client import Client
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics

V5: Final = 5
V311: Final = 4


class Node:
    """A NATS server with MQTT."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = BrokerUrl("mqtt", "127.0.0.1", 0)
        nats, port = free_ports(2)
        self.url = BrokerUrl("mqtt", "127.0.0.1", port)
        self._log = folder / "log"
        file = folder / "node.conf"
        file.write_text(
            f'server_name: one\nlisten: "127.0.0.1:{nats}"\n'
            f'jetstream {{ store_dir: "{folder}/streams" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{port}" }}\n'
        )
        self._process = started([SERVER, "-c", str(file)], self._log)
        eventually(lambda: listens(port), "the node listens")

    @property
    def refused(self) -> int:
        """Return how many times it was asked for MQTT 5."""
        return self._log.read_text().count("unacceptable protocol version of 5")

    def stop(self) -> None:
        self._process.terminate()
        with ending(self._process):
            self._process.wait(HANG_TIMEOUT)


class OnlyOld:
    """Stands in front of a broker, and lets MQTT 5 find neither an answer nor a connection.

    Attributes:
        asked: the versions that clients asked for.
        is_silent: whether it keeps what it does not know open, instead of closing it.
        knows: the versions that it passes on.
    """

    def __init__(self, broker: BrokerUrl, *, is_silent: bool = False) -> None:
        self.asked: list[int] = []
        self.knows = {V311}
        self._is_silent = is_silent
        self._broker = broker
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = BrokerUrl("mqtt", *self._listener.getsockname())
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                self._begin(client)

    def _begin(self, client: socket.socket) -> None:
        first = client.recv(4096)
        # after the fixed header, the name and its length
        if len(first) < 9:
            return
        version = first[8]
        self.asked.append(version)
        if version in self.knows:
            broker = socket.create_connection((self._broker.host, self._broker.port))
            self._open.append(broker)
            broker.sendall(first)
            for one, other in ((client, broker), (broker, client)):
                self._threads.append(threading.Thread(target=self._copy, args=(one, other)))
                self._threads[-1].start()
        elif not self._is_silent:
            client.close()

    def _copy(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(4096):
                other.sendall(data)
        self._end(one, other)

    def _end(self, *sockets: socket.socket) -> None:
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def cut(self) -> None:
        """End all connections."""
        self._end(*self._open)

    def stop(self) -> None:
        self._end(self._listener)
        self.cut()
        for thread in self._threads:
            thread.join(HANG_TIMEOUT)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def node(tmp_path: Path, stack: ExitStack) -> Node:
    found = Node(tmp_path)
    stack.callback(found.stop)
    return found


def client(stack: ExitStack, url: BrokerUrl, timing: Timing | None = None) -> Client:
    """Return a started client that offers a procedure."""
    made = Client(
        url, callee=Topics().service("echo"), procedures={"say": lambda it: it}, timing=timing
    )
    stack.callback(made.stop)
    made.start()
    return made


def test_a_broker_that_says_so_is_asked_again_at_once(node: Node, stack: ExitStack) -> None:
    # the first attempt is the only one
    one = client(stack, node.url, Timing(insist=False))
    one.wait(HANG_TIMEOUT)
    assert one.call(Topics().service("echo"), "say", "it") == "it"
    assert node.refused == 1


@pytest.mark.parametrize("is_silent", [False, True], ids=["closes", "is silent"])
def test_a_broker_that_says_nothing_is_asked_for_the_other_version_next(
    mosquitto: Mosquitto, stack: ExitStack, is_silent: bool
) -> None:
    old = OnlyOld(mosquitto.url, is_silent=is_silent)
    stack.callback(old.stop)
    one = client(stack, old.url, Timing(connect=3))
    one.wait(HANG_TIMEOUT)
    assert old.asked == [V5, V311]
    # it is known now
    old.cut()
    eventually(lambda: old.asked == [V5, V311, V311], "it connects again")


def test_a_version_that_was_good_is_not_left_for_a_cut(
    mosquitto: Mosquitto, stack: ExitStack
) -> None:
    broker = OnlyOld(mosquitto.url)
    stack.callback(broker.stop)
    broker.knows = {V311, V5}
    one = client(stack, broker.url)
    one.wait(HANG_TIMEOUT)
    broker.knows = set()
    broker.cut()
    eventually(lambda: len(broker.asked) >= 3, "it tries twice")
    broker.knows = {V311, V5}
    eventually(lambda: one.is_live, "it is back")
    assert set(broker.asked) == {V5}


def test_online_comes_twice_with_the_old_version_while_it_is_true(
    mosquitto: Mosquitto, stack: ExitStack
) -> None:
    old = OnlyOld(mosquitto.url)
    stack.callback(old.stop)
    heard: dict[str, list[bytes]] = {"with_5": [], "stopped": [], "lasting": []}
    observer = Client(mosquitto.url)
    stack.callback(observer.stop)
    for name, payloads in heard.items():
        topic = Topics().service(name).availability
        observer.subscribe(topic, lambda it, to=payloads: to.append(it.payload))  # type: ignore[misc]
    observer.start()
    observer.wait(HANG_TIMEOUT)
    for name, url in zip(heard, (mosquitto.url, old.url, old.url), strict=True):
        one = Client(url, callee=Topics().service(name), procedures={"say": lambda it: it})
        stack.callback(one.stop)
        one.start()
        one.wait(HANG_TIMEOUT)
        if name == "stopped":
            one.stop()
    # the last one to start is the last one to say so again
    eventually(lambda: heard["lasting"] == [b"online", b"online"], "it says so again")
    assert heard["with_5"] == [b"online"]
    assert heard["stopped"] == [b"online", b"offline"]
