"""The parts of the load generator, without a server."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.broker_load import measures
from bench.broker_load.clients import Calls, Client, open_all
from bench.broker_load.framing import MARK, Framing, WebSocketFraming
from bench.broker_load.mqtt import split
from bench.broker_load.report import Case, Results, ratios, tables
from bench.processes import ProcessError
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import publish

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def unmasked(frame: bytes) -> bytes:
    """Read one masked frame as RFC 6455 section 5.2 has it."""
    size, start = frame[1] & 0x7F, 2
    if size == 126:
        size, start = int.from_bytes(frame[2:4]), 4
    elif size == 127:
        size, start = int.from_bytes(frame[2:10]), 10
    key, payload = frame[start : start + 4], frame[start + 4 :]
    assert frame[1] & 0x80
    assert len(payload) == size
    return bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))


def websocket() -> WebSocketFraming:
    framing = WebSocketFraming(1883, "/mqtt", "mqtt")
    assert framing.feed(UPGRADED) == []
    assert framing.is_open
    return framing


@given(st.binary(max_size=70_000))
def test_a_wrapped_payload_is_a_masked_frame(payload: bytes) -> None:
    assert unmasked(websocket().wrap(payload)) == payload


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 99_999_999))
def test_a_filled_template_is_the_message_with_the_token(
    before: bytes, after: bytes, number: int
) -> None:
    token = b"%08d" % number
    payload = before.replace(b"@", b"a") + MARK + after
    expected = before.replace(b"@", b"a") + token + after
    assert Framing().template(payload).fill(token) == expected
    assert unmasked(websocket().template(payload).fill(token)) == expected


@given(st.lists(st.binary(max_size=400), max_size=5), st.data())
def test_frames_are_read_however_they_are_cut(payloads: list[bytes], data: st.DataObject) -> None:
    stream = UPGRADED + b"".join(
        b"\x82" + (bytes((len(one),)) if len(one) < 126 else b"\x7e" + len(one).to_bytes(2)) + one
        for one in payloads
    )
    framing = WebSocketFraming(1883, "/mqtt", "mqtt")
    read = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        read += framing.feed(stream[:size])
        stream = stream[size:]
    assert read == payloads


def test_a_refused_upgrade_says_why() -> None:
    framing = WebSocketFraming(1883, "/mqtt", "mqtt")
    with pytest.raises(ConnectionRefusedError, match="403 Forbidden"):
        framing.feed(b"HTTP/1.1 403 Forbidden\r\n\r\n")


@given(st.lists(st.binary(max_size=20_000), max_size=4), st.integers(0, 80_000))
def test_packets_are_split_wherever_the_stream_ends(bodies: list[bytes], end: int) -> None:
    whole = [publish("a/b", body, version=Version.V311) for body in bodies]
    stream = b"".join(whole)[:end]
    arrived, rest = split(stream)
    count = len(arrived)
    assert [body for _, body in arrived] == [b"\x00\x03a/b" + body for body in bodies[:count]]
    assert b"".join(whole[:count]) + rest == stream
    assert count == len(bodies) or len(rest) < len(whole[count])


def test_an_answer_nobody_waits_for_is_an_error() -> None:
    framing: Framing = Framing()
    calls = Calls(framing.template(b"<" + MARK + b">"))
    assert calls.start(2) == b"<10000000><10000001>"
    assert calls.answer(b"10000000") == b"<10000002>"
    with pytest.raises(KeyError):
        calls.answer(b"10000000")
    calls.stop()
    assert calls.answer(b"10000001") == b""
    assert calls.waiting == 1


async def hang(_: str) -> None:
    await asyncio.Event().wait()


async def refuse(_: str) -> None:
    raise ConnectionRefusedError


def test_a_refused_client_ends_the_opening_of_others() -> None:
    clients = [cast(Client, SimpleNamespace(open=it)) for it in (hang, refuse, hang)]

    async def run() -> int:
        with pytest.raises(ConnectionRefusedError):
            await open_all(clients, at_once=2, deadline=time.monotonic() + 60)
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


@pytest.mark.parametrize(
    ("ended", "fault"),
    [
        (None, "2 calls were never answered"),
        (ConnectionResetError("reset"), "a caller was disconnected: reset"),
    ],
)
def test_what_ends_the_wait_for_answers_is_told(
    monkeypatch: pytest.MonkeyPatch, ended: Exception | None, fault: str
) -> None:
    monkeypatch.setattr(measures, "_ANSWER_TIMEOUT", 0.0)
    caller: Any = SimpleNamespace(ended=ended, calls=SimpleNamespace(waiting=2))
    with pytest.raises(ProcessError, match=f"^{fault}$"):
        asyncio.run(measures.until([caller], lambda: False))


def test_a_load_at_its_limit_and_a_disturbed_run_are_marked() -> None:
    found = Results()
    case = Case("ours", "ws", 0, "calls")
    found[case].append({"load_busy": 0.95, "disturbed": 0.2})
    assert found.marks(case) == "*~"
    found[case] += 2 * [{"load_busy": 0.3, "disturbed": 0.0}]
    assert found.marks(case) == ""


def test_ours_is_compared_with_others_at_the_most_idle_clients() -> None:
    found = Results()
    for server, idle, calls in (("ours", 0, 9.0), ("ours", 60, 6.0), ("mosquitto", 60, 4.0)):
        case = Case(server, "ws", idle, "calls")
        found[case].append({"calls_per_s": calls, "disturbed": 0.2})
    assert ratios(found).splitlines()[0] == "| ratios | ours / mosquitto ws |"
    assert ratios(found).splitlines()[2:] == ["| calls/s | 1.50~ |"]
    assert "| mosquitto | ws | 60 | 0 | 4.00~ |" in tables(found)


def test_the_cost_with_others_is_compared_with_that_of_none() -> None:
    found = Results()
    for others, cost in ((0, 20.0), (5000, 21.0), (20_000, 30.0)):
        case = Case("ours", "tcp", 0, "calls", others)
        found[case].append({"cpu_us_per_call": cost})
    head = "| ratios | ours tcp, 5,000 others / none | ours tcp, 20,000 others / none |"
    assert head in tables(found)
    assert "| µs/call | 1.05 | 1.50 |" in tables(found)
