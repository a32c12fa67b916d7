"""The Python client, on our broker and on a real Mosquitto."""

from __future__ import annotations

import math
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

from tests.broker.servers import run_ours
from tests.browser.driving.wire import Wire
from tests.programs.mosquitto import Mosquitto, run_tool
from tests.programs.system import System
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette.client.client import Client
from zapette.errors import (
    CallTimeout,
    InvalidArgument,
    NoSuchProcedure,
    ProcedureFailed,
    Unavailable,
)
from zapette.mqtt.dialing import Timing
from zapette.mqtt.network_connection import NetworkConnection
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Callee, Topics


@pytest.fixture
def callee(request: pytest.FixtureRequest) -> Callee:
    return Topics().service(f"t{abs(hash(request.node.nodeid)) % 10**12}")


def broken() -> None:
    raise ValueError("out of paper")


def test_calls(url: BrokerUrl, connect: Callable[..., Client], callee: Callee) -> None:
    hang = threading.Event()
    procedures = {
        "volume/up": lambda step=5: {"volume": step},
        "broken": broken,
        "hang": lambda: hang.wait(30),
    }
    connect(url, callee=callee, procedures=procedures)
    caller = connect(url)
    assert caller.call(callee, "volume/up") == {"volume": 5}
    assert caller.call(callee, "volume/up", 7) == {"volume": 7}
    assert caller.call(callee, "volume/up", step=8) == {"volume": 8}
    with pytest.raises(NoSuchProcedure, match="fly"):
        caller.call(callee, "fly")
    with pytest.raises(InvalidArgument, match="volume/up"):
        caller.call(callee, "volume/up", 1, 2)
    with pytest.raises(ProcedureFailed, match="out of paper"):
        caller.call(callee, "broken")
    with pytest.raises(CallTimeout):
        caller.call(callee, "hang", timeout=0.3)
    # what hangs holds up nobody
    assert caller.call(callee, "volume/up", 9) == {"volume": 9}
    hang.set()


def times_of_ends(start: Callable[[float], Future[Any]], timeouts: list[float]) -> list[float]:
    """Begin calls with these timeouts, and return how long each took to end with `timeout`."""
    began = time.monotonic()
    ended: dict[int, float] = {}
    calls = [start(timeout) for timeout in timeouts]

    def note(number: int, _: Future[Any]) -> None:
        ended[number] = time.monotonic() - began

    for number, one in enumerate(calls):
        one.add_done_callback(partial(note, number))
    short = [number for number, timeout in enumerate(timeouts) if timeout < 30]
    wait([calls[number] for number in short], timeout=60)
    for number in short:
        assert isinstance(calls[number].exception(0), CallTimeout)
    assert not any(calls[at].done() for at in range(len(timeouts)) if at not in short)
    for one in calls:
        one.cancel()
    return [ended[number] for number in short]


# each begins while a longer one waits already
TIMEOUTS = [600.0, 60.0, 1.6, 0.4, 0.1, 0.8, 0.2]


@pytest.mark.parametrize("way", ["later", "async", "stopped"])
def test_each_call_ends_in_its_own_time(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee, tmp_path: Path, way: str
) -> None:
    hang = threading.Event()
    broker = Mosquitto(tmp_path).start() if way == "stopped" else None
    where = broker.url if broker else url
    connect(where, callee=callee, procedures={"hang": lambda: hang.wait(60)})
    caller = connect(where)

    def start(timeout: float) -> Future[Any]:
        if way == "async":
            return caller.run(caller.call_async(callee, "hang", timeout=timeout))
        return caller.call_later(callee, "hang", timeout=timeout)

    if broker:
        # a broker that is there and says nothing any more: its machine hangs
        with pytest.raises(CallTimeout):
            caller.call(callee, "hang", timeout=0.1)
        assert broker.process is not None
        broker.process.send_signal(signal.SIGSTOP)
    try:
        took = times_of_ends(start, TIMEOUTS)
    finally:
        hang.set()
        if broker:
            assert broker.process is not None
            broker.process.send_signal(signal.SIGCONT)
    for seconds, timeout in zip(took, TIMEOUTS[2:], strict=True):
        assert timeout - 0.1 <= seconds < timeout + SLACK
    if broker:
        broker.stop()


@pytest.mark.parametrize("timeout", [-1, math.nan, math.inf])
def test_a_timeout_that_is_none(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee, timeout: float
) -> None:
    caller = connect(url)
    with pytest.raises(ValueError, match="timeout must be a number of seconds"):
        caller.call_later(callee, "hang", timeout=timeout)
    with pytest.raises(ValueError, match="timeout must be a number of seconds"):
        caller.run(caller.call_async(callee, "hang", timeout=timeout)).result(HANG_TIMEOUT)


def test_many_calls_at_once(url: BrokerUrl, connect: Callable[..., Client], callee: Callee) -> None:
    connect(url, callee=callee, procedures={"double": lambda number: number * 2})
    caller = connect(url)
    calls = [caller.call_later(callee, "double", number, timeout=30) for number in range(500)]
    wait(calls, timeout=60)
    assert [call.result(0) for call in calls] == [number * 2 for number in range(500)]


def test_a_callee_that_is_not_there(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee
) -> None:
    with pytest.raises(Unavailable, match="has never been online"):
        connect(url).call(callee, "anything", timeout=0.3)


def test_availability_and_its_end(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee
) -> None:
    service = connect(url, callee=callee, procedures={})
    seen: list[tuple[bytes, bool]] = []
    connect(url).subscribe(callee.availability, lambda m: seen.append((m.payload, m.retained)))
    eventually(lambda: seen == [(b"online", True)], "the service is seen online")
    service.stop()
    eventually(lambda: seen[1:] == [(b"offline", False)], "the service is seen offline")


def test_from_a_shell(url: BrokerUrl, connect: Callable[..., Client], callee: Callee) -> None:
    calls: list[Any] = []
    connect(url, callee=callee, procedures={"note": calls.append})
    run_tool("pub", url, "-t", callee.command("note"), "-m", "40")
    run_tool("pub", url, "-t", callee.command("note"), "-r", "-m", "41")
    answer = run_tool(
        "rr", url, "-t", callee.command("note"), "-e", f"{callee.root}/response/cli/1",
        "-m", '"x"', "-W", "10",
    )  # fmt: skip
    assert answer.stdout.strip() == '{"result":null}'
    # the one with the retain flag came as live the first time
    eventually(lambda: set(calls) == {40, 41, "x"}, "all have come")


def test_a_retained_command_does_nothing(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee
) -> None:
    run_tool("pub", url, "-t", callee.command("note"), "-r", "-m", "41")
    calls: list[Any] = []
    connect(url, callee=callee, procedures={"note": calls.append})
    caller = connect(url)
    caller.call(callee, "note", 42)
    assert calls == [42]
    run_tool("pub", url, "-t", callee.command("note"), "-r", "-n")


@pytest.mark.long
def test_a_cut_network_is_noticed(mosquitto: Mosquitto, connect: Callable[..., Client]) -> None:
    with Wire(mosquitto.port) as wire:
        client = connect(replace(mosquitto.url, host=wire.host))
        wire.cut()
        eventually(lambda: not client.is_live, "it has noticed", 20 + SLACK)


class OurBroker:
    """The broker of a system, which starts again by itself."""

    def __init__(self, new_system: Callable[..., System]) -> None:
        self._system = new_system()
        self.url = self._system.household()

    def kill(self) -> None:
        self._system.kill("broker")

    def start(self) -> None:
        """Nothing: `zapette run` does it."""


@pytest.fixture(params=["ours", "mosquitto"])
def mortal(
    request: pytest.FixtureRequest, new_system: Callable[..., System], tmp_path: Path
) -> Iterator[OurBroker | Mosquitto]:
    """Return a broker of the test's own, to be killed and started."""
    if request.param == "ours":
        yield OurBroker(new_system)
        return
    running = Mosquitto(tmp_path).start()
    yield running
    running.stop()


def test_a_broker_that_restarts_in_the_middle_of_calls(
    mortal: OurBroker | Mosquitto, connect: Callable[..., Client], callee: Callee
) -> None:
    called: list[int] = []
    forever = threading.Event()
    procedures = {"note": called.append, "hang": lambda: forever.wait(30)}
    timing = Timing(longest_delay=1)
    service = connect(mortal.url, callee=callee, procedures=procedures, timing=timing)
    caller = connect(mortal.url, timing=timing)
    caller.call(callee, "note", 0, timeout=30)
    waiting = [caller.call_later(callee, "hang", timeout=60) for _ in range(4)]
    caller.fence(30)
    mortal.kill()
    for one in waiting:
        with pytest.raises(Unavailable, match="was lost"):
            one.result(30)
    if isinstance(mortal, Mosquitto):
        with pytest.raises(Unavailable):
            caller.call(callee, "note", 1, timeout=60)
    mortal.start()
    eventually(lambda: service.is_live and caller.is_live, "both are connected again", timeout=30)
    caller.call(callee, "note", 2, timeout=30)
    assert called == [0, 2], "what was asked in the outage is not done late"
    forever.set()


@contextmanager
def service_program(
    url: BrokerUrl, callee: Callee, folder: Path, body: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that offers what `body` registers, and kill it at the end."""
    program = folder / "service.py"
    name = callee.root.rpartition("/")[2]
    program.write_text(
        "import signal, sys, threading\n"
        "from zapette import Application\n"
        f"app = Application({name!r}, url=sys.argv[1], base_topic='zapette')\n"
        f"{body}\n"
        "app.run()\n"
    )
    account = f"{url.username}:{url.password}@" if url.username else ""
    where = f"mqtt://{account}{url.host}:{url.port}"
    process = subprocess.Popen([sys.executable, program, where])
    try:
        yield process
    finally:
        process.kill()
        process.wait(HANG_TIMEOUT)


def test_a_callee_that_is_killed_in_the_middle_of_calls(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee, tmp_path: Path
) -> None:
    """By the operating system, so that it can say nothing: the broker publishes its will."""
    caller = connect(url)
    seen: list[bytes] = []
    caller.subscribe(callee.availability, lambda message: seen.append(message.payload))
    hang = "app.register('hang')(lambda: threading.Event().wait())"
    with service_program(url, callee, tmp_path, hang):
        eventually(lambda: seen == [b"online"], "it is there", 30)
        waiting = [caller.call_later(callee, "hang", timeout=60) for _ in range(20)]
        caller.fence(30)
        assert not any(one.done() for one in waiting)
    for one in waiting:
        with pytest.raises(Unavailable, match="offline"):
            one.result(30)
    eventually(lambda: seen == [b"online", b"offline"], "its registrations are gone with it")
    with pytest.raises(Unavailable, match="offline"):
        caller.call(callee, "hang", timeout=60)


def test_a_service_that_is_told_to_stop_on_any_thread(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee, tmp_path: Path
) -> None:
    """The system chooses the thread that has the signal; here it is one of the handlers'."""
    caller = connect(url)
    seen: list[bytes] = []
    caller.subscribe(callee.availability, lambda message: seen.append(message.payload))
    end = (
        "@app.register()\n"
        "def end():\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)"
    )
    with service_program(url, callee, tmp_path, end) as process:
        eventually(lambda: seen == [b"online"], "it is there", 30)
        caller.command(callee, "end")
        assert process.wait(30) == 0
    eventually(lambda: seen == [b"online", b"offline"], "it has said that it left")


def test_a_subscription_while_the_broker_answers_others(
    url: BrokerUrl, callee: Callee, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(url, callee=callee)
    heard: list[str] = []
    ask, later = NetworkConnection.subscribe, "zapette/later"

    def subscribe(self: NetworkConnection, topic_filter: str, qos: int, number: int = 0) -> Any:
        if not heard:
            heard.append(topic_filter)
            client.subscribe(later, lambda message: heard.append(message.topic))
        return ask(self, topic_filter, qos, number)

    monkeypatch.setattr(NetworkConnection, "subscribe", subscribe)
    client.start()
    try:
        client.wait(HANG_TIMEOUT)
        client.publish(later, b"")
        eventually(lambda: later in heard, "it was asked for too")
    finally:
        client.stop()


def test_a_later_handler_of_a_filter_gets_what_is_retained(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee
) -> None:
    connect(url, callee=callee)
    client = connect(url)
    first: list[bytes] = []
    client.subscribe(callee.availability, lambda it: first.append(it.payload))
    eventually(lambda: first, "the first handler has it")
    later: list[bytes] = []
    client.subscribe(callee.availability, lambda it: later.append(it.payload))
    eventually(lambda: later == [b"online"], "the later one has it too")
    assert first == [b"online"]
    client.fence(30)
    # its own handler of the availability is one more
    assert client.is_available(callee)
    assert (first, later) == ([b"online"], [b"online"])


def test_a_callback_of_a_call_may_call_others(
    url: BrokerUrl,
    connect: Callable[..., Client],
    callee: Callee,
    caplog: pytest.LogCaptureFixture,
) -> None:
    never = threading.Event()
    offering = connect(url, callee=callee, procedures={"hang": lambda: never.wait(60)})
    caller = connect(url)
    others: list[Future[Any]] = []

    def call_others(_: Future[Any]) -> None:
        for number in range(3):
            other = Topics().service(f"other-{number}")
            others.append(caller.call_later(other, "status", timeout=0.1))

    calls = [caller.call_later(callee, "hang", timeout=60) for _ in range(2)]
    for each in calls:
        each.add_done_callback(call_others)
    eventually(lambda: caller.is_available(callee), "the callee is met")
    offering.stop()
    never.set()
    for each in calls:
        with pytest.raises(Unavailable, match="offline"):
            each.result(30)
    assert len(others) == 6
    assert not [it for it in caplog.records if it.exc_info]


# paho closes no socket of an attempt that failed, but drops it
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_answer_that_paho_cannot_read_is_no_end() -> None:
    """A server may leave out the space after the colon of a header (RFC 9112, 5.1)."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = Client(BrokerUrl("ws", "127.0.0.1", server.getsockname()[1], path="/mqtt"))
        client.start()
        try:
            for _ in range(2):
                one, _address = server.accept()
                with one:
                    one.sendall(b"HTTP/1.1 101 Go\r\nSec-WebSocket-Accept:x\r\n\r\n")
            with pytest.raises(Unavailable, match="malformed"):
                client.wait(0.1)
        finally:
            client.stop()


def test_a_connection_that_is_given_up_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens only after the client was stopped: no CONNECT is sent, and nothing stays open."""
    begun, free = threading.Event(), threading.Event()
    create = paho.Client._create_socket_connection

    def slowly(mqtt: paho.Client) -> Any:
        begun.set()
        free.wait(HANG_TIMEOUT)
        return create(mqtt)

    monkeypatch.setattr(paho.Client, "_create_socket_connection", slowly)
    # which would close it some time
    monkeypatch.setattr(paho.Client, "__del__", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(HANG_TIMEOUT)
        client = Client(BrokerUrl("mqtt", "127.0.0.1", server.getsockname()[1]))
        client.start()
        assert begun.wait(HANG_TIMEOUT)
        client.stop()
        free.set()
        one, _ = server.accept()
        with one:
            one.settimeout(SLACK)
            assert one.recv(100) == b""


def test_a_password_that_cannot_be_read_at_first(system: System) -> None:
    where = system.household()
    asked: list[str] = []

    def password() -> str:
        asked.append("once more")
        if len(asked) == 1:
            raise OSError("the disk sleeps")
        return str(where.password)

    client = Client(where, password=password)
    client.start()
    try:
        client.wait(30)
    finally:
        client.stop()


def test_a_password_that_cannot_be_read_after_a_loss(callee: Callee) -> None:
    """It is read twice then: a service first asks whether another one has taken its place."""
    asked: list[str] = []

    def password() -> str:
        asked.append("once more")
        if len(asked) == 2:
            raise OSError("the disk sleeps")
        return "any"

    with run_ours() as running:
        url = BrokerUrl("mqtt", "127.0.0.1", running.port, username="any")
        client = Client(url, callee=callee, password=password)
        client.start()
        try:
            client.wait(HANG_TIMEOUT)
            running.call(lambda: running.broker.disconnect(lambda _: True))
            eventually(lambda: len(asked) > 2 and client.is_live, "it is back")
        finally:
            client.stop()


def test_a_handler_that_blocks_the_event_loop(
    url: BrokerUrl, callee: Callee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zapette.client.client._STOP_TIMEOUT", 0.1)
    monkeypatch.setattr("zapette.client.client._SLACK", 0.1)
    begun, free = threading.Event(), threading.Event()

    async def block() -> None:
        begun.set()
        free.wait(60)

    client = Client(url, callee=callee, procedures={"block": block})
    client.start()
    try:
        client.wait(30)
        client.command(callee, "block")
        assert begun.wait(30)
        client.stop()
        with pytest.raises(RuntimeError, match="still blocks"):
            client.start()
    finally:
        free.set()
    monkeypatch.undo()
    client.start()
    client.wait(30)
    client.stop()


def test_a_wrong_password_is_said(system: System) -> None:
    wrong = BrokerUrl("mqtt", "127.0.0.1", system.mqtt_port, username="home", password="wrong")
    client = Client(wrong)
    client.start()
    with pytest.raises(Unavailable, match="refused the connection") as raised:
        client.wait(HANG_TIMEOUT)
    client.stop()
    assert raised.value.connect_error is not None
    assert raised.value.connect_error.cause == "refused"
    assert raised.value.connect_error.needs_action
