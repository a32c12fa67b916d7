"""The Python client, on our broker and on a real Mosquitto."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any

import pytest

from tests.mosquitto import run_tool
from tests.system import System
from tests.waiting import eventually
from zapette.client import Client
from zapette.errors import (
    CallTimeout,
    InvalidArgument,
    NoSuchProcedure,
    ProcedureFailed,
    Unavailable,
)
from zapette.topics import Callee, Topics
from zapette.url import BrokerUrl


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


def test_many_calls_at_once(url: BrokerUrl, connect: Callable[..., Client], callee: Callee) -> None:
    connect(url, callee=callee, procedures={"double": lambda number: number * 2})
    caller = connect(url)
    calls = [caller.call_later(callee, "double", number, timeout=30) for number in range(500)]
    wait(calls, timeout=60)
    assert [call.result(0) for call in calls] == [number * 2 for number in range(500)]


def test_a_callee_that_is_not_there(
    url: BrokerUrl, connect: Callable[..., Client], callee: Callee
) -> None:
    with pytest.raises(CallTimeout):
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
    assert set(calls) == {40, 41, "x"}


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


def test_an_outage(
    new_system: Callable[..., System], connect: Callable[..., Client], callee: Callee
) -> None:
    system = new_system()
    url = system.household()
    called: list[int] = []
    forever = threading.Event()
    procedures = {"note": called.append, "hang": lambda: forever.wait(30)}
    service = connect(url, callee=callee, procedures=procedures)
    caller = connect(url)
    waiting = caller.call_later(callee, "hang", timeout=20)
    system.kill("broker")
    with pytest.raises(Unavailable, match="gone"):
        waiting.result(5)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        caller.call(callee, "note", 1)
    assert time.monotonic() - started < 1
    eventually(lambda: service.is_live and caller.is_live, "both are connected again", timeout=30)
    caller.call(callee, "note", 2)
    assert called == [2]
    forever.set()


def test_a_wrong_password_is_said(system: System) -> None:
    wrong = BrokerUrl("mqtt", "127.0.0.1", system.mqtt_port, username="home", password="wrong")
    client = Client(wrong)
    client.start()
    with pytest.raises(Unavailable, match="refused the connection"):
        client.wait(5)
    client.stop()
