"""Payloads, by the vectors that the JavaScript tests read too."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.contract.vector_files import vectors
from zapette.errors import CallError, GestureRequired, InvalidArgument, MediaError, ProcedureFailed
from zapette.protocol.messages import (
    MAX_MESSAGE,
    Parameters,
    read_parameters,
    read_response,
    write_error,
    write_parameters,
    write_result,
)


def payload_of(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "repeat" in case:
        text, count = case["repeat"]
        return str(text * count).encode()
    return str(case["text"]).encode()


@pytest.mark.parametrize("case", vectors("parameters")["cases"], ids=lambda case: case["name"])
def test_read_parameters(case: dict[str, Any]) -> None:
    payload = payload_of(case)
    if "error" in case:
        with pytest.raises(InvalidArgument):
            read_parameters(payload)
        return
    parameters = read_parameters(payload)
    if "length" in case:
        assert [len(text) for text in parameters.positional] == [case["length"]]
    else:
        assert list(parameters.positional) == case.get("positional", [])
        assert parameters.named == case.get("named", {})


@pytest.mark.parametrize("case", vectors("responses")["cases"], ids=lambda case: case["name"])
def test_read_response(case: dict[str, Any]) -> None:
    payload = payload_of(case)
    if "code" not in case:
        assert read_response(payload) == case["result"]
        return
    with pytest.raises(CallError) as caught:
        read_response(payload)
    assert caught.value.code == case["code"]
    assert caught.value.message == case.get("message", caught.value.message)
    assert caught.value.reason == case.get("reason", "")


def test_round_trip() -> None:
    assert read_parameters(write_parameters((40, "é"))) == Parameters((40, "é"))
    assert read_parameters(write_parameters((), {"level": 40})) == Parameters((), {"level": 40})
    assert write_parameters() == b""
    assert read_response(write_result({"volume": 40})) == {"volume": 40}
    with pytest.raises(GestureRequired, match="click"):
        read_response(write_error(GestureRequired("click once")))
    with pytest.raises(MediaError, match=r"a\.webm") as caught:
        read_response(write_error(MediaError("a.webm", reason="damaged")))
    assert caught.value.reason == "damaged"


@pytest.mark.parametrize(
    ("positional", "named"),
    [((1,), {"a": 1}), ((math.nan,), {}), ((object(),), {}), (("a" * 70_000,), {})],
    ids=["both", "not a number", "not JSON", "too long"],
)
def test_refused_parameters(positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        write_parameters(positional, named)


def test_deep_nesting_is_an_invalid_argument() -> None:
    with pytest.raises(InvalidArgument):
        read_parameters(b"[" * 60_000)
    assert json.loads(write_error(InvalidArgument("x")))["error"]["code"] == "invalid_argument"


@pytest.mark.parametrize("message", ["no file \udcff.mp4", "", "\0", "é" * 1_000_000])
def test_every_error_can_be_told(message: str) -> None:
    """Whatever an exception of somebody's code says, a file's name that is not UTF-8 too."""
    with pytest.raises(ProcedureFailed) as caught:
        read_response(write_error(ProcedureFailed(message)))
    assert caught.value.message == message[:MAX_MESSAGE]
