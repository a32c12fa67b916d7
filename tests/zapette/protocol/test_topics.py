"""Names and topics, by the vectors that the JavaScript tests read too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.vector_files import vectors
from zapette.errors import TopicError
from zapette.protocol.topics import (
    Callee,
    Request,
    Topics,
    check_base,
    is_player_id,
    is_procedure,
    is_token,
)

VECTORS = vectors("topics")
CALLEE = Callee(VECTORS["root"])


@pytest.mark.parametrize(("what", "topic"), VECTORS["build"].items())
def test_build(what: str, topic: str) -> None:
    kind, *values = what.split()
    member = getattr(CALLEE, kind)
    assert (member(*values) if values else member) == topic


@pytest.mark.parametrize("case", VECTORS["parse"], ids=lambda case: case["topic"])
def test_parse(case: dict[str, Any]) -> None:
    request = CALLEE.parse(f"{CALLEE.root}/{case['topic']}")
    if case["procedure"] is None:
        assert request is None
    else:
        assert request == Request(case["procedure"], case.get("caller"), case.get("call"))


def test_parse_ignores_other_callees() -> None:
    assert CALLEE.parse("zapette/players/other/command/play") is None
    assert CALLEE.parse(f"{CALLEE.root}x/command/play") is None


@pytest.mark.parametrize("case", VECTORS["answers"], ids=str)
def test_answers_to(case: dict[str, Any]) -> None:
    request = CALLEE.parse(f"{CALLEE.root}/{case['topic']}")
    assert request is not None
    asked = case["response_topic"]
    answer = CALLEE.answers_to(request, asked and f"{CALLEE.root}/{asked}")
    assert answer == (case["answer"] and f"{CALLEE.root}/{case['answer']}")


@pytest.mark.parametrize("text", VECTORS["player_ids"]["valid"])
def test_player_id(text: str) -> None:
    assert is_player_id(text)
    assert Topics("home/tv").player(text).state == f"home/tv/players/{text}/state"


@pytest.mark.parametrize("text", VECTORS["player_ids"]["invalid"])
def test_wrong_player_id(text: str) -> None:
    assert not is_player_id(text)
    with pytest.raises(TopicError, match="32 lowercase"):
        Topics().player(text)


@pytest.mark.parametrize("text", VECTORS["procedures"]["valid"])
def test_procedure(text: str) -> None:
    assert is_procedure(text)


@pytest.mark.parametrize("text", VECTORS["procedures"]["invalid"])
def test_wrong_procedure(text: str) -> None:
    assert not is_procedure(text)
    with pytest.raises(TopicError, match="procedure"):
        CALLEE.command(text)


@pytest.mark.parametrize("base", VECTORS["bases"]["valid"])
def test_base(base: str) -> None:
    assert check_base(base) == base


@pytest.mark.parametrize("base", VECTORS["bases"]["invalid"])
def test_wrong_base(base: str) -> None:
    with pytest.raises(TopicError, match="is not allowed"):
        check_base(base)


@pytest.mark.parametrize("text", VECTORS["tokens"]["valid"])
def test_token(text: str) -> None:
    assert is_token(text)
    assert CALLEE.response(text, text) == f"{CALLEE.root}/response/{text}/{text}"


@pytest.mark.parametrize("text", VECTORS["tokens"]["invalid"])
def test_wrong_token(text: str) -> None:
    assert not is_token(text)
    with pytest.raises(TopicError):
        CALLEE.request(text, "1", "play")
    with pytest.raises(TopicError):
        CALLEE.response("cli", text)


@pytest.mark.parametrize("name", VECTORS["services"]["valid"])
def test_service(name: str) -> None:
    assert Topics("home/tv").service(name).root == f"home/tv/services/{name}"


@pytest.mark.parametrize("name", VECTORS["services"]["invalid"])
def test_wrong_service(name: str) -> None:
    with pytest.raises(TopicError, match="service name"):
        Topics().service(name)
