"""Calls that wait, and the callee that answers them, without a network."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import Future
from typing import Any

import pytest

from zapette.client.calls.pending_calls import PendingCalls
from zapette.client.calls.procedures import Procedures
from zapette.errors import CallError, CallTimeout, NotSupported, TopicError, Unavailable
from zapette.protocol.messages import write_error, write_result


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def late(_topic: str) -> CallError:
    return CallTimeout("no answer in time")


def open_call(calls: PendingCalls, topic: str, timeout: float = 5) -> Future[Any]:
    future: Future[Any] = Future()
    calls.open(topic, future, timeout)
    return future


def test_answers_find_their_calls_in_any_order() -> None:
    calls = PendingCalls(late)
    one, two = open_call(calls, "r/1"), open_call(calls, "r/2")
    calls.answer("r/2", write_result("two"))
    calls.answer("r/1", write_error(NotSupported("no")))
    assert two.result(0) == "two"
    with pytest.raises(NotSupported):
        one.result(0)
    assert len(calls) == 0


def test_late_double_and_foreign_answers_are_dropped() -> None:
    clock = Clock()
    calls = PendingCalls(late, clock)
    call = open_call(calls, "r/1")
    clock.now = 4.9
    calls.expire()
    assert not call.done()
    clock.now = 5.0
    calls.expire()
    with pytest.raises(CallTimeout):
        call.result(0)
    calls.answer("r/1", write_result(1))
    calls.answer("r/9", write_result(1))
    assert len(calls) == 0


def test_a_call_that_was_given_up() -> None:
    calls = PendingCalls(late)
    call = open_call(calls, "r/1")
    assert call.cancel()
    calls.answer("r/1", write_result(1))
    assert call.cancelled()


def test_the_next_deadline_is_that_of_a_call_that_waits() -> None:
    clock = Clock()
    calls = PendingCalls(late, clock)
    assert calls.next_deadline() is None
    for topic, timeout in (("r/1", 3.0), ("r/2", 1.0), ("r/3", 2.0)):
        open_call(calls, topic, timeout)
    assert calls.next_deadline() == 1.0
    calls.answer("r/2", write_result(1))
    assert calls.next_deadline() == 2.0
    clock.now = 2.5
    calls.expire()
    assert calls.next_deadline() == 3.0


def test_one_callee_that_goes_ends_its_calls_only() -> None:
    calls = PendingCalls(late)
    one, other = open_call(calls, "a/response/1"), open_call(calls, "ab/response/1")
    calls.fail_all("a is offline", "a/response/")
    with pytest.raises(Unavailable, match="a is offline"):
        one.result(0)
    assert not other.done()


def test_a_lost_connection_ends_every_call() -> None:
    calls = PendingCalls(late)
    waiting = [open_call(calls, f"r/{calls.number()}") for _ in range(3)]
    calls.fail_all("gone")
    for call in waiting:
        with pytest.raises(Unavailable, match="gone"):
            call.result(0)


def volume(level: int) -> dict[str, int]:
    return {"volume": level}


def broken() -> None:
    raise ValueError("out of paper")


def unsupported() -> None:
    raise NotSupported("not here")


def odd() -> object:
    return object()


async def later(level: int) -> int:
    await asyncio.sleep(0)
    return level


PROCEDURES = Procedures(
    {
        "volume": volume,
        "broken": broken,
        "no": unsupported,
        "odd": odd,
        "later": later,
    }
)


def answer(procedure: str, payload: bytes) -> dict[str, Any]:
    try:
        endpoint = PROCEDURES.find(procedure)
        call = endpoint.bind(payload)
        written = asyncio.run(call.run_async()) if endpoint.is_async else call.run()
    except CallError as error:
        written = write_error(error)
    read: dict[str, Any] = json.loads(written)
    return read


@pytest.mark.parametrize(
    ("procedure", "payload", "code", "message"),
    [
        ("fly", b"", "no_such_procedure", "fly"),
        ("volume", b"", "invalid_argument", "level"),
        ("volume", b"[1, 2]", "invalid_argument", "volume"),
        ("volume", b'{"size": 1}', "invalid_argument", "level"),
        ("volume", b"[1", "invalid_argument", "JSON"),
        ("broken", b"", "runtime_error", "out of paper"),
        ("no", b"", "not_supported", "not here"),
        ("odd", b"", "runtime_error", "the result of odd cannot be written as JSON"),
    ],
)
def test_errors_of_a_procedure(procedure: str, payload: bytes, code: str, message: str) -> None:
    error = answer(procedure, payload)["error"]
    assert error["code"] == code
    assert message in error["message"]


@pytest.mark.parametrize("payload", [b"40", b"[40]", b'{"level": 40}'])
def test_result_of_a_procedure(payload: bytes) -> None:
    assert answer("volume", payload) == {"result": {"volume": 40}}
    assert answer("later", payload) == {"result": 40}


def test_an_exception_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer("broken", b"")
    assert "out of paper" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("name", ["", "Volume", "volume/", "a b", "volume-up", "volume"])
def test_names_of_procedures(name: str) -> None:
    with pytest.raises(TopicError):
        Procedures({"volume": volume}).add(name, volume)
