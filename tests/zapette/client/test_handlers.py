"""Handlers that end badly, that give unusual results, and that run at the same time."""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.programs.mosquitto import Mosquitto
from tests.programs.system import System
from tests.waiting import eventually
from zapette import Application, Event
from zapette.client.client import Client
from zapette.errors import ProcedureFailed, Unavailable
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics

Make = Callable[..., Application]
numbers = count(1)


def name() -> str:
    return f"handlers-{next(numbers)}"


class Odd(BaseException):
    """An error that is no Exception."""


class Mute(Exception):
    """An error whose text cannot be read."""

    def __str__(self) -> str:
        raise ValueError("no text")


def leave() -> None:
    sys.exit(3)


def fail(error: BaseException) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


ENDS: dict[str, Callable[[], None]] = {
    "SystemExit": leave,
    "KeyboardInterrupt": fail(KeyboardInterrupt()),
    "GeneratorExit": fail(GeneratorExit()),
    "Odd": fail(Odd("odd")),
    "CancelledError": fail(asyncio.CancelledError()),
    "Mute": fail(Mute()),
    "OSError": fail(OSError("no file")),
}


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b"[1]", [1]), (b"a text", "a text"), (b"\xff", b"\xff"), (b"[" * 9000, "[" * 9000)],
    ids=["json", "text", "bytes", "deep"],
)
def test_the_value_of_an_event(payload: bytes, value: Any) -> None:
    assert Event("a/topic", payload, retained=False).value == value


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("what", ENDS)
def test_however_a_handler_ends_the_caller_and_the_log_are_told(
    application: Make, caplog: pytest.LogCaptureFixture, what: str, is_async: bool
) -> None:
    service, own = application(name()), application()
    end = ENDS[what]

    async def end_later() -> None:
        await asyncio.sleep(0)
        end()

    service.register("end")(end_later if is_async else end)
    service.register("double")(lambda number: number * 2)
    service.start()
    own.start()
    with pytest.raises(ProcedureFailed, match=f"^{what}: "):
        own.call(f"{service.name}/end", timeout=20)
    assert "procedure end failed" in caplog.text
    assert "Traceback" in caplog.text
    assert own.call(f"{service.name}/double", 4, timeout=20) == 8
    assert service.is_live


def test_a_procedure_that_another_one_cancels(
    application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    service, own = application(name()), application()
    tasks: list[asyncio.Task[Any] | None] = []

    async def work() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.Event().wait()

    async def give_up() -> None:
        tasks.pop().cancel()  # type: ignore[union-attr] # it is a task

    service.register("work")(work)
    service.register("give_up")(give_up)
    service.start()
    own.start()
    call = own.call_later(f"{service.name}/work", timeout=60)
    eventually(lambda: tasks, "the procedure runs")
    own.call(f"{service.name}/give_up", timeout=20)
    assert str(call.exception(20)) == "work was cancelled"
    assert not caplog.text


def test_a_stop_logs_nothing_of_a_procedure_that_runs(
    application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    service, own = application(name()), application()
    runs = threading.Event()

    @service.register()
    async def work() -> None:
        runs.set()
        await asyncio.Event().wait()

    service.start()
    own.start()
    own.command(f"{service.name}/work")
    assert runs.wait(20)
    service.stop()
    assert not caplog.text


def test_no_thread_is_lost_by_handlers_that_leave(
    application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    service, callers = application(name()), [application() for _ in range(3)]
    service.register("leave")(leave)
    service.register("double")(lambda number: number * 2)
    for one in (service, *callers):
        one.start()
    # more than there may be threads
    calls = [
        callers[number % 3].call_later(f"{service.name}/leave", timeout=60) for number in range(300)
    ]
    assert {type(call.exception(60)) for call in calls} == {ProcedureFailed}
    assert callers[0].call(f"{service.name}/double", 4, timeout=20) == 8
    assert "threads are busy" not in caplog.text


@pytest.mark.parametrize("how", ["sys.exit", "loop.stop"])
def test_a_task_of_a_handlers_own_does_not_end_the_loop(
    application: Make, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    service, own = application(name()), application()
    tasks = []

    async def end() -> None:
        leave()

    @service.register()
    async def begin() -> None:
        if how == "sys.exit":
            tasks.append(asyncio.create_task(end()))
        else:
            asyncio.get_running_loop().stop()

    @service.register()
    async def double(number: int) -> int:
        await asyncio.sleep(0.01)
        return number * 2

    service.start()
    own.start()
    for _ in range(3):
        own.call(f"{service.name}/begin", timeout=20)
    assert own.call(f"{service.name}/double", 4, timeout=20) == 8
    assert service.is_live
    for task in tasks:
        assert isinstance(task.exception(), SystemExit)
    if how == "sys.exit":
        assert "tried to end the event loop" in caplog.text


@pytest.mark.parametrize("is_async", [False, True])
def test_a_subscription_outlives_a_handler_that_leaves(application: Make, is_async: bool) -> None:
    own = application()
    topic, seen = f"services/{name()}/event/x", []

    def note(event: Event) -> None:
        seen.append(event.value)
        leave()

    async def note_later(event: Event) -> None:
        note(event)

    own.subscribe(topic)(note_later if is_async else note)
    own.start()
    own.client.fence(10)
    for number in range(3):
        own.publish(topic, number)
    eventually(lambda: seen == [0, 1, 2], "each came")


def test_a_service_whose_loop_stands_still_is_offline(application: Make, url: BrokerUrl) -> None:
    service = Application(name(), url=url, base_topic="zapette", timing=Timing(keep_alive=1))
    own, go, seen = application(), threading.Event(), []

    @service.register()
    async def stand() -> None:
        go.wait(60)

    @own.subscribe(f"services/{service.name}/availability")
    def note(event: Event) -> None:
        seen.append(event.payload)

    own.start()
    service.start()
    try:
        call = own.call_later(f"{service.name}/stand", timeout=60)
        with pytest.raises(Unavailable, match="is offline"):
            call.result(60)
        eventually(lambda: seen[-1] == b"offline", "the broker has published the will")
        go.set()
        eventually(lambda: seen[-1] == b"online", "and it comes back")
    finally:
        go.set()
        service.stop()


@dataclass
class Film:
    title: str
    at: dt.datetime
    key: UUID


FILM = Film("Sintel", dt.datetime(2026, 11, 27, 18, 30, tzinfo=dt.UTC), UUID(int=1))


@pytest.mark.parametrize("is_async", [False, True])
def test_results_that_json_has_no_word_for(application: Make, is_async: bool) -> None:
    service, own = application(name()), application()

    def echo(
        film: Film, tags: set[str], length: dt.timedelta
    ) -> tuple[Film, set[str], dict[Any, Any]]:
        assert film == FILM
        return film, tags, {film.key: length}

    async def echo_later(film: Film, tags: set[str], length: dt.timedelta) -> Any:
        return echo(film, tags, length)

    service.register("echo")(echo_later if is_async else echo)
    service.start()
    own.start()
    written = {
        "title": "Sintel",
        "at": "2026-11-27T18:30:00+00:00",
        "key": "00000000-0000-0000-0000-000000000001",
    }
    answer = own.call(f"{service.name}/echo", FILM, {"b", "a"}, dt.timedelta(minutes=1))
    assert answer == [written, ["a", "b"], {written["key"]: 60}]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("result", [object(), float("nan"), {"a": [1j]}, (each for each in "a")])
def test_a_result_that_cannot_be_written_is_the_services_fault(
    application: Make, caplog: pytest.LogCaptureFixture, result: Any, is_async: bool
) -> None:
    service, own = application(name()), application()

    async def later() -> Any:
        return result

    service.register("odd/one")(later if is_async else lambda: result)
    service.start()
    own.start()
    with pytest.raises(ProcedureFailed, match="the result of odd/one cannot be written as JSON"):
        own.call(f"{service.name}/odd/one", timeout=20)
    assert "procedure odd/one: the result cannot be written as JSON" in caplog.text


def test_a_result_that_the_broker_does_not_take(
    system: System, connect: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    callee = Topics().service(name())
    procedures = {"give": lambda size: "x" * size}
    service = connect(system.household(), callee=callee, procedures=procedures)
    caller = connect(system.household())
    assert len(caller.call(callee, "give", 2**20, timeout=20)) == 2**20
    with pytest.raises(ProcedureFailed, match=r"the result of give cannot be sent: .* at most"):
        caller.call(callee, "give", 5 * 2**20, timeout=20)
    assert "procedure give: cannot send the result" in caplog.text
    assert service.is_live
    assert caller.call(callee, "give", 1, timeout=20) == "x"


def test_async_procedures_run_at_the_same_time(application: Make) -> None:
    service, own = application(name()), application()
    together: list[int] = []
    all_there = asyncio.Event()

    @service.register()
    async def meet(number: int) -> int:
        together.append(number)
        if len(together) == 40:
            all_there.set()
        await all_there.wait()
        return number

    service.start()
    own.start()

    async def gather() -> list[int]:
        calls = (own.call_async(f"{service.name}/meet", at, timeout=60) for at in range(40))
        return list(await asyncio.gather(*calls))

    began = time.monotonic()
    assert asyncio.run(gather()) == list(range(40))
    # they begin in the order in which they were asked for
    assert together == list(range(40))
    assert time.monotonic() - began < 0.5 * 39, "none waited for one before it"


def test_commands_to_an_async_procedure_begin_in_their_order(application: Make) -> None:
    service, own = application(name()), application()
    begun: list[int] = []

    @service.register()
    async def note(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0.2 if number % 2 else 0)

    service.start()
    own.start()
    for number in range(50):
        own.command(f"{service.name}/note", number)
    eventually(lambda: begun == list(range(50)), "in their order")


@pytest.mark.parametrize("is_async", [False, True])
def test_a_procedure_that_calls_itself(application: Make, is_async: bool) -> None:
    service, own = application(name()), application()

    def depth(left: int) -> int:
        if not left:
            return 0
        return 1 + int(service.call(f"{service.name}/depth", left - 1, timeout=20))

    async def depth_later(left: int) -> int:
        if not left:
            return 0
        below = await service.call_async(f"{service.name}/depth", left - 1, timeout=20)
        return 1 + int(below)

    service.register("depth")(depth_later if is_async else depth)
    service.start()
    own.start()
    assert own.call(f"{service.name}/depth", 1, timeout=20) == 1
    began = time.monotonic()
    assert own.call(f"{service.name}/depth", 40, timeout=60) == 40
    # by the patience of half a second, that is 19.5 s
    assert time.monotonic() - began < 0.5 * 39


def test_handlers_that_never_return_do_not_keep_a_service_away(tmp_path: Path) -> None:
    """They have every thread there may be, and the broker is started again."""
    broker, forever = Mosquitto(tmp_path).start(), threading.Event()
    service = Application(
        name(), url=broker.url, base_topic="zapette", timing=Timing(longest_delay=1)
    )
    service.register("hang")(lambda: forever.wait(120))

    @service.register()
    async def ping() -> str:
        return "pong"

    try:
        service.start()
        calls = [service.call_later(f"{service.name}/hang", timeout=100) for _ in range(150)]
        service.client.fence(20)
        broker.kill()
        wait(calls, timeout=60)
        broker.start()
        eventually(lambda: service.is_live, "it is there again", 30)
        assert service.call(f"{service.name}/ping", timeout=20) == "pong"
    finally:
        forever.set()
        service.stop()
        broker.stop()
