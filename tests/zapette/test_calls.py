"""Calls that wait, and the callee that answers them, without a network."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from zapette.callee import Procedure, answer
from zapette.calls import PendingCalls
from zapette.errors import CallTimeout, NotSupported, Unavailable
from zapette.messages import write_error, write_result


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_answers_find_their_calls_in_any_order() -> None:
    calls = PendingCalls()
    one, two = calls.open("r/1", 5), calls.open("r/2", 5)
    calls.answer("r/2", write_result("two"))
    calls.answer("r/1", write_error(NotSupported("no")))
    assert two.result(0) == "two"
    with pytest.raises(NotSupported):
        one.result(0)
    assert len(calls) == 0


def test_late_double_and_foreign_answers_are_dropped() -> None:
    clock = Clock()
    calls = PendingCalls(clock)
    call = calls.open("r/1", 5)
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
    calls = PendingCalls()
    call = calls.open("r/1", 5)
    assert call.cancel()
    calls.answer("r/1", write_result(1))
    assert call.cancelled()


def test_a_lost_connection_ends_every_call() -> None:
    calls = PendingCalls()
    waiting = [calls.open(f"r/{calls.number()}", 5) for _ in range(3)]
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


PROCEDURES: dict[str, Procedure] = {
    "volume": volume,
    "broken": broken,
    "no": unsupported,
    "odd": odd,
}


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
        ("odd", b"", "invalid_argument", "JSON"),
    ],
)
def test_errors_of_a_procedure(procedure: str, payload: bytes, code: str, message: str) -> None:
    error: dict[str, Any] = json.loads(answer(PROCEDURES, procedure, payload))["error"]
    assert error["code"] == code
    assert message in error["message"]


@pytest.mark.parametrize("payload", [b"40", b"[40]", b'{"level": 40}'])
def test_result_of_a_procedure(payload: bytes) -> None:
    assert json.loads(answer(PROCEDURES, "volume", payload)) == {"result": {"volume": 40}}


def test_an_exception_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer(PROCEDURES, "broken", b"")
    assert "out of paper" in caplog.text
    assert "Traceback" in caplog.text
