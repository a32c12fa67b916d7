"""Applications, on our broker and on a real Mosquitto."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Annotated, Any

import pytest

from tests.programs.mosquitto import run_tool
from tests.waiting import HANG_TIMEOUT, SLACK, eventually
from zapette import Application, Event, Range
from zapette.client.calls import caller
from zapette.client.players.players import Players
from zapette.errors import (
    CallError,
    InvalidArgument,
    NoSuchProcedure,
    NotSupported,
    ProcedureFailed,
    SettingsError,
    TopicError,
    Unavailable,
)
from zapette.mqtt.url import BrokerUrl

Make = Callable[..., Application]
numbers = itertools.count(1)


def name() -> str:
    """Return a name that no other test uses."""
    return f"app-{next(numbers)}"


def test_procedures(application: Make) -> None:
    service, own = application(name()), application()

    @service.register()
    def add(a: int, b: int = 1) -> int:
        return a + b

    @service.register("volume/up")
    async def louder(step: Annotated[int, Range(1, 100)] = 5) -> dict[str, int]:
        await asyncio.sleep(0.01)
        return {"volume": step}

    @service.register()
    def picky() -> None:
        raise NotSupported("not on Sundays")

    service.start()
    own.start()
    call = own.call
    assert add(1, 2) == 3
    assert call(f"{service.name}/add", 1, 2) == 3
    assert call(f"{service.name}/add", a=1) == 2
    assert call(f"services/{service.name}/volume/up") == {"volume": 5}
    remote = own.service(str(service.name))
    assert remote.volume.up(7) == {"volume": 7}
    assert remote.add(b=1, a=4) == 5
    with pytest.raises(InvalidArgument, match="step takes a whole number from 1 to 100"):
        remote.volume.up(101)
    with pytest.raises(InvalidArgument, match="a takes a whole number, and not 'x'"):
        remote.add("x")
    with pytest.raises(NotSupported, match="Sundays"):
        remote.picky()
    with pytest.raises(NoSuchProcedure, match="fly"):
        remote.fly()


@pytest.mark.parametrize("is_async", [False, True])
def test_an_exception_is_told_to_the_caller_and_to_the_terminal(
    application: Make, caplog: pytest.LogCaptureFixture, is_async: bool
) -> None:
    service, own = application(name()), application()

    def print_it() -> None:
        raise ValueError("out of paper")

    async def print_it_later() -> None:
        print_it()

    service.register("print")(print_it_later if is_async else print_it)
    service.start()
    own.start()
    with caplog.at_level(logging.ERROR), pytest.raises(ProcedureFailed) as caught:
        # a busy machine may take longer than a person would wait
        own.call(f"{service.name}/print", timeout=20)
    assert str(caught.value) == "ValueError: out of paper"
    assert "procedure print failed" in caplog.text
    assert "Traceback" in caplog.text


def test_the_order_of_one_callers_requests(application: Make) -> None:
    service, own = application(name()), application()
    levels: list[int] = []

    @service.register()
    def volume(level: int) -> None:
        time.sleep(0.1 if level == 40 else 0)
        levels.append(level)

    service.start()
    own.start()
    calls = [own.call_later(f"{service.name}/volume", level) for level in (40, 50, 60)]
    wait(calls, timeout=HANG_TIMEOUT)
    assert levels == [40, 50, 60]
    for level in ("40", "50"):
        own.command(f"{service.name}/volume", int(level))
    eventually(lambda: levels[3:] == [40, 50], "commands keep their order too")


@pytest.mark.parametrize("is_async", [False, True])
def test_a_thousand_calls_at_once_while_handlers_hang(application: Make, is_async: bool) -> None:
    service, callers = application(name()), [application() for _ in range(4)]
    hang = threading.Event()

    def double(number: int) -> int:
        return number * 2

    async def double_later(number: int) -> int:
        await asyncio.sleep(0)
        return number * 2

    async def sleep() -> None:
        await asyncio.sleep(30)

    service.register("double")(double_later if is_async else double)
    service.register("hang")(sleep if is_async else lambda: hang.wait(30))
    for one in (service, *callers):
        one.start()
    hanging = [own.call_later(f"{service.name}/hang", timeout=60) for own in callers]
    started = time.monotonic()
    calls = [
        callers[number % 4].call_later(f"{service.name}/double", number, timeout=30)
        for number in range(1000)
    ]
    assert [call.result(30) for call in calls] == [number * 2 for number in range(1000)]
    assert time.monotonic() - started < 15 + SLACK
    assert not any(call.done() for call in hanging)
    hang.set()


def test_calls_from_handlers(application: Make) -> None:
    first, second, own = application(name()), application(name()), application()

    @first.register()
    def square(number: int) -> int:
        return number * number

    @second.register()
    async def of_sum(a: int, b: int) -> int:
        return int(await second.call_async(f"{first.name}/square", a + b))

    @second.register()
    def of_sum_on_a_thread(a: int, b: int) -> int:
        return int(second.call(f"{first.name}/square", a + b))

    @second.register()
    async def wrongly() -> None:
        second.call(f"{first.name}/square", 1)

    for one in (first, second, own):
        one.start()
    assert own.call(f"{second.name}/of_sum", 1, 2) == 9
    assert own.call(f"{second.name}/of_sum_on_a_thread", 1, 2) == 9
    assert asyncio.run(own.call_async(f"{second.name}/of_sum", 1, 1)) == 4
    with pytest.raises(ProcedureFailed, match="await call_async"):
        own.call(f"{second.name}/wrongly")


def test_subscriptions(application: Make) -> None:
    service, own = application(name()), application()
    seen: list[Any] = []
    topic = f"services/{service.name}/event"

    @own.subscribe(f"{topic}/+")
    def noted(event: Event, what: str) -> None:
        seen.append((what, event.value, event.retained))

    @own.subscribe(f"{topic}/changed")
    async def bare() -> None:
        seen.append("bare")

    @own.subscribe("homeassistant/weather", absolute=True)
    def weather(event: Event) -> None:
        seen.append((event.topic, event.value))

    @own.subscribe(f"{topic}/broken")
    def broken() -> None:
        raise ValueError("never mind")

    with pytest.raises(TypeError, match="receives 2 arguments"):

        @own.subscribe("players/+/state")
        def greedy(event: Event, player: str, more: str) -> None: ...

    own.start()
    service.start()
    service.event("changed", level=40)
    eventually(
        lambda: sorted(seen, key=str) == [("changed", {"level": 40}, False), "bare"], "both came"
    )
    service.publish(f"{topic}/broken", "as text")
    service.publish("homeassistant/weather", b"\xff", absolute=True)
    eventually(
        lambda: ("broken", "as text", False) in seen and ("homeassistant/weather", b"\xff") in seen,
        "a handler that fails holds up nobody",
    )

    @own.subscribe(f"{topic}/late")
    def late(event: Event) -> None:
        seen.append(event.value)

    own.client.fence(5)
    service.publish(f"{topic}/late", [1])
    eventually(lambda: [1] in seen, "a subscription made after the start")


def test_signals_and_the_program_that_takes_the_name(
    application: Make, caplog: pytest.LogCaptureFixture
) -> None:
    taken = name()
    earlier, later, own = application(taken), application(taken), application()
    told: list[str] = []
    earlier.register("which")(lambda: "earlier")
    later.register("which")(lambda: "later")
    earlier.signal("joined")(lambda: told.append("joined"))
    earlier.signal("left")(lambda: told.append("left"))
    later.signal("left")(lambda: told.append("later left"))

    def answer() -> Any:
        try:
            return own.call(f"{taken}/which")
        except Unavailable:
            # between the will of the earlier and the word of the later
            return None

    runner = threading.Thread(target=earlier.run)
    runner.start()
    own.start()
    eventually(lambda: told == ["joined"], "the earlier has joined")
    assert answer() == "earlier"
    later.start()
    eventually(lambda: told == ["joined", "left"], "the earlier is told")
    runner.join(HANG_TIMEOUT)
    assert not runner.is_alive()
    assert f"another program runs as '{taken}'" in caplog.text
    eventually(lambda: answer() == "later", "the later answers")
    with pytest.raises(Unavailable, match="uses this client id"):
        earlier.call(f"{taken}/which")
    assert told == ["joined", "left"]


def test_a_callee_that_goes_ends_its_calls_at_once(application: Make) -> None:
    service, own = application(name()), application()
    has_begun, forever = threading.Event(), threading.Event()

    def hang() -> None:
        has_begun.set()
        forever.wait(60)

    service.register("hang")(hang)
    service.start()
    own.start()
    call = own.call_later(f"{service.name}/hang", timeout=60)
    assert has_begun.wait(HANG_TIMEOUT)
    started = time.monotonic()
    service.stop()
    with pytest.raises(Unavailable, match="is offline"):
        call.result(HANG_TIMEOUT)
    with pytest.raises(Unavailable, match="is offline"):
        own.call(f"{service.name}/hang", timeout=60)
    assert time.monotonic() - started < 5 + SLACK
    forever.set()


def test_availability_and_from_a_shell(application: Make, url: BrokerUrl) -> None:
    service = application(name())
    service.register("say")(lambda text: f"{text}!")
    service.start()
    root = f"zapette/services/{service.name}"
    assert run_tool("sub", url, "-t", f"{root}/availability", "-C", "1").stdout == "online\n"
    answer = run_tool("rr", url, "-t", f"{root}/command/say", "-e", f"{root}/response/cli/1",
                      "-m", "hello", "-W", "10")  # fmt: skip
    assert answer.stdout == '{"result":"hello!"}\n'
    # MQTT 3.1.1 knows no response topic
    answer = run_tool("rr", url, "-V", "311", "-t", f"{root}/request/cli/2/say",
                      "-e", f"{root}/response/cli/2", "-m", "hi", "-W", "10")  # fmt: skip
    assert answer.stdout == '{"result":"hi!"}\n'
    service.stop()
    assert run_tool("sub", url, "-t", f"{root}/availability", "-C", "1").stdout == "offline\n"


def test_an_object_as_a_service(application: Make) -> None:
    class Account:
        def __init__(self) -> None:
            self.balance = 0

        def deposit(self, amount: int) -> int:
            self.balance += amount
            return self.balance

        def _secret(self) -> str:
            return "secret"

    service, own = application(name()), application()
    service.expose(Account())
    service.expose(Account(), "second")
    service.start()
    own.start()
    bank = own.service(str(service.name))
    assert [bank.deposit(5), bank.deposit(amount=6), bank.second.deposit(1)] == [5, 11, 1]
    with pytest.raises(CallError):
        own.call(f"{service.name}/balance")
    with pytest.raises(TopicError):
        own.call(f"{service.name}/_Secret")


def test_what_cannot_be_registered(application: Make) -> None:
    service, own = application(name()), application()
    service.register("twice")(lambda: None)
    with pytest.raises(TopicError, match="registered already"):
        service.register("twice")(lambda: None)
    with pytest.raises(TopicError, match="application with a name"):
        own.register("once")(lambda: None)
    with pytest.raises(TopicError, match="service name"):
        application("No Spaces")
    with pytest.raises(ValueError, match="joined, left"):
        own.signal("gone")  # type: ignore[arg-type]
    for address in ("demo", "players/x/play", "demo/Play", "", "server/"):
        with pytest.raises(TopicError):
            own.call(address)


def test_a_name_of_64_characters(application: Make) -> None:
    service, own = application("n" * 64), application()
    service.register("ping")(lambda: "pong")
    service.start()
    own.start()
    assert own.call(f"{'n' * 64}/ping") == "pong"
    assert service.call(f"{'n' * 64}/ping") == "pong"


def test_nothing_without_a_broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("ZAPETTE_CONFIG", "")
    monkeypatch.setenv("ZAPETTE_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.delenv("ZAPETTE_URL", raising=False)
    with pytest.raises(SettingsError, match="ZAPETTE_URL"):
        Application()
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("ZAPETTE_URL", "mqtt://127.0.0.1:1")
    with pytest.raises(Unavailable, match="refused"):
        Application().start(timeout=0.5)
    with pytest.raises(SettingsError, match="setting url: it must begin"):
        Application(url="http://example.org")


def test_threads_that_look_at_the_players_share_them(
    application: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = application()
    both = threading.Barrier(2)
    started: list[Players] = []

    def make(*parts: Any) -> Players:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        started.append(Players(*parts))
        return started[-1]

    monkeypatch.setattr(caller, "Players", make)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda _: own.players, range(2)))
    assert len(started) == 1
    assert found == 2 * started
