"""Whatever is wrong with a call, its caller is told what, and nothing changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.driving.pair import Pair
from tests.waiting import eventually

BLANK = pytest.mark.not_on_nats("it cuts off who publishes on a topic with a blank")
NOTHING = ["status", "play", "pause", "toggle", "stop"]
NUMBER = [b"text", b'"5"', b"true", b"null", b'[{"a":1}]', b"[[1]]", b"1e999", b"NaN", b"-Infinity"]
BAD: list[tuple[str, bytes, str]] = [
    *[(it, b"1", it) for it in NOTHING],
    *[(it, b'{"x": 1}', '"x"') for it in NOTHING],
    *[("volume", it, "level") for it in [b"", b"-1", b"100.01", b"101", *NUMBER]],
    ("volume", b"[]", "level"),
    ("volume", b"{}", "level"),
    ("volume", b"[1, 2]", "level"),
    ("volume", b'{"Level": 4}', '"Level"'),
    ("volume", b'{"level": 4, "loud": 1}', '"loud"'),
    ("volume", b'{"__proto__": 4}', '"__proto__"'),
    *[(f"volume/{way}", it, "step") for way in ("up", "down") for it in [b"0", b"101", *NUMBER]],
    *[("mute", it, "on") for it in [b"1", b"0", b"null", b"yes", b'"true"', b"[[]]"]],
    ("mute", b'{"off": true}', '"off"'),
    *[("seek", it, "position") for it in [b"", b"-0.1", *NUMBER]],
    *[("seek/by", it, "offset") for it in [b"", *NUMBER]],
    *[("load", it, "source") for it in [b"", b"5", b"null", b"[]", b'{"title": "x"}', b'[" "]']],
    *[
        ("load", it, "source")
        for it in [b"../secret", b"media/../../x", b"file:///etc/passwd", b"javascript:alert(1)",
                   b"data:text/html,x", b"blob:x", b"/etc/passwd", b"media//x.webm",
                   b"http://", b"x" * 5000, b"media/\x00"]
    ],
    ("load", b'["media/zapette.webm", 5]', "title"),
    ("load", b'["media/zapette.webm", ""]', "title"),
    ("load", b'["media/zapette.webm", "x", -1]', "position"),
    ("load", b'["media/zapette.webm", "x", "5"]', "position"),
    ("load", b'["media/zapette.webm", "x", 1, 2]', "position"),
    *[("message", it, "text") for it in [b"", b"5", b"null", b'" "', b"[]", b"x" * 1001]],
    *[("message", b'["x", %s]' % it, "seconds") for it in [b"0", b"3601", b'"5"', b"true"]],
    *[("rename", it, "name") for it in [b"", b"5", b'" "', b"[]", b"true", b"x" * 65]],
    ("rename", b"\xe2\x80\xae", "name"),
]  # fmt: skip
UNREADABLE = {
    "half an object": b'{"level": 4',
    "half an array": b"[4",
    "more after it": b"[4] [5]",
    "not UTF-8": b"\xff\xfe",
    "not UTF-8 in JSON": b'["\xc3\x28"]',
    "a surrogate": b"\xed\xa0\x80",
    "over 64 KiB": b'["' + b"x" * (64 * 1024) + b'"]',
    "a text over 64 KiB": b"x" * (64 * 1024 + 1),
    "deep": b"[" * 60_000,
}


def lasting(state: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "reported_at"}


@pytest.fixture
def before(module_pair: Pair) -> dict[str, Any]:
    """The state that nothing here may change, made again where a test before has changed it."""
    observer = module_pair.observer
    state = observer.status()
    if (state["position"], state["volume"], state["error"]) != (12, 33, None):
        module_pair.reset()
        observer.ask("seek", b"12")
        observer.ask("volume", b"33")
        # that it has all it needs again is a change
        eventually(lambda: not observer.status()["buffering"], "it stands still")
        state = observer.status()
    return lasting(state)


def refused(pair: Pair, procedure: str, payload: bytes, before: dict[str, Any]) -> str:
    """Make a call that must change nothing; return the message of its error."""
    answer = pair.observer.ask(procedure, payload)
    assert answer.keys() == {"error"}, answer
    assert answer["error"].keys() == {"code", "message"}
    assert answer["error"]["code"] == "invalid_argument"
    assert lasting(pair.observer.status()) == before
    assert (pair.player.time, pair.player.level, pair.player.plays()) == (12, 33, False)
    return str(answer["error"]["message"])


@pytest.mark.parametrize(("procedure", "payload", "named"), BAD, ids=lambda it: repr(it)[:40])
def test_wrong_parameters(
    module_pair: Pair, before: dict[str, Any], procedure: str, payload: bytes, named: str
) -> None:
    message = refused(module_pair, procedure, payload, before)
    assert named in message
    assert len(message) < 400


@pytest.mark.parametrize("procedure", ["volume", "play", "load"])
@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_parameters(
    module_pair: Pair, before: dict[str, Any], procedure: str, payload: bytes
) -> None:
    refused(module_pair, procedure, payload, before)


@pytest.mark.parametrize(
    "leaf",
    ["request/witness/volume", "request/witness/1/volume/",
     "request/witness/1//volume", "request/wit.ness/1/volume",
     pytest.param("request/witness/a b/volume", marks=BLANK),
     "request/witness/1/", "request/" + "w" * 65 + "/1/volume", "command/", "command//volume",
     "command/volume/", "command/$volume", "request"],
)  # fmt: skip
def test_malformed_topics_are_ignored(module_pair: Pair, before: dict[str, Any], leaf: str) -> None:
    observer = module_pair.observer
    observer.said.clear()
    observer.send(leaf, b"77")
    assert lasting(observer.status()) == before
    answers = [it.topic for it in observer.on("response/")]
    assert len(answers) == 1, "only the barrier is answered"


def test_bad_commands_change_nothing_and_are_told_as_events(
    module_pair: Pair, before: dict[str, Any]
) -> None:
    observer = module_pair.observer
    observer.said.clear()
    for procedure, payload in [
        ("volume", b"500"),
        ("no_such", b""),
        ("Volume", b""),
        ("seek", b"[1"),
    ]:
        observer.send(f"command/{procedure}", payload)
    assert lasting(observer.status()) == before
    told = [(it.json["procedure"], it.json["code"]) for it in observer.on("event/error")]
    assert told == [("volume", "invalid_argument"), ("no_such", "no_such_procedure"),
                    ("Volume", "no_such_procedure"), ("seek", "invalid_argument")]  # fmt: skip
    json.dumps(told)
