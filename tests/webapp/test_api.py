"""The API as a client sees it, through the whole server."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from tests.programs.system import Answer, System
from tests.sharing import sharing
from tests.waiting import eventually

KEY = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass
class Player:
    """A player as its page knows it."""

    id: str
    owner_key: str
    credentials: dict[str, Any]

    @property
    def keys(self) -> dict[str, str]:
        links = self.credentials["links"]
        return {role: links[role]["url"].split(".")[-1] for role in links}


@pytest.fixture
def player(system: System) -> Player:
    made = system.get("api/id").json
    return Player(made["id"], made["owner_key"], system.post("api/credentials", made).json)


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is the problem wanted, and return it."""
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    body: dict[str, Any] = answer.json
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    assert body["title"]
    return body


def test_ids_are_new_each_time_and_never_cached(system: System) -> None:
    answers = [system.get("api/id") for _ in range(3)]
    assert len({answer.json["id"] for answer in answers}) == 3
    for answer in answers:
        assert re.fullmatch("[0-9a-f]{32}", answer.json["id"])
        assert KEY.fullmatch(answer.json["owner_key"])
        assert answer.headers["Cache-Control"] == "no-store"


def test_ip(system: System) -> None:
    found = system.get("api/ip").json
    assert found["candidates"] == [] or found["ip"] == found["candidates"][0]["ip"]


def test_credentials_of_a_player(system: System, player: Player) -> None:
    given = player.credentials
    assert given["role"] == "player"
    assert given["client_id"] == f"player-{player.id}"
    assert given["url"] == f"ws://localhost:{system.ws_port}/mqtt"
    assert given["base_topic"] == "zapette"
    claims = jwt.decode(given["password"], options={"verify_signature": False})
    assert claims["exp"] == given["expires_at"]
    assert set(claims) >= {"sub", "client_id", "role", "exp", "generation", "acl"}
    ip = system.get("api/ip").json["ip"]
    for role in ("remote", "guest"):
        link = given["links"][role]
        assert link["url"].startswith(f"http://{ip}:{system.http_port}/remote#{player.id}.")
        assert ET.fromstring(link["qr_svg"]).tag.endswith("svg")
    assert len(set(player.keys.values())) == 2


@pytest.mark.parametrize("role", ["remote", "guest"])
def test_credentials_of_visitors(system: System, player: Player, role: str) -> None:
    body = {"id": player.id, "key": player.keys[role]}
    given = [system.post("api/credentials", body).json for _ in range(2)]
    assert given[0]["role"] == role
    assert given[0]["client_id"] != given[1]["client_id"]
    assert "links" not in given[0]


def test_new_code(system: System, player: Player) -> None:
    old = player.keys
    links = system.post(f"api/players/{player.id}/code", {"owner_key": player.owner_key}).json
    new = {role: links[role]["url"].split(".")[-1] for role in links}
    assert not set(old.values()) & set(new.values())
    for role in ("remote", "guest"):
        answer = system.post("api/credentials", {"id": player.id, "key": old[role]})
        problem(answer, 403, "wrong_key")
        assert system.post("api/credentials", {"id": player.id, "key": new[role]}).status == 200


def test_keys_of_another_player_prove_nothing(system: System, player: Player) -> None:
    other = system.get("api/id").json
    for body in (
        {"id": other["id"], "owner_key": player.owner_key},
        {"id": other["id"], "key": player.keys["remote"]},
        {"id": player.id, "owner_key": player.keys["remote"]},
        {"id": player.id, "key": player.owner_key},
    ):
        problem(system.post("api/credentials", body), 403, "wrong_key")
    answer = system.post(f"api/players/{player.id}/code", {"owner_key": other["owner_key"]})
    problem(answer, 403, "wrong_key")
    body = {"id": player.id, "key": player.keys["remote"]}
    assert system.post("api/credentials", body).status == 200


ID = "0" * 32
K = "k" * 22


@pytest.mark.parametrize(
    ("body", "status", "code", "detail"),
    [
        (b"", 400, "invalid_request", "the body is not JSON"),
        (b"{", 400, "invalid_request", "the body is not JSON"),
        (b"\xff", 400, "invalid_request", "the body is not JSON"),
        (b"[" * 4000, 400, "invalid_request", "the body is not JSON"),
        (b"[]", 400, "invalid_request", "object"),
        (b"null", 400, "invalid_request", "object"),
        (b'{"id": NaN}', 400, "invalid_id", "id"),
        ({}, 400, "invalid_id", "id"),
        ({"id": 5, "key": K}, 400, "invalid_id", "id"),
        ({"id": ID.upper() + "A", "key": K}, 400, "invalid_id", "id"),
        ({"id": "A" * 32, "key": K}, 400, "invalid_id", "id"),
        ({"id": ID}, 400, "invalid_request", "owner_key"),
        ({"id": ID, "key": K, "owner_key": K}, 400, "invalid_request", "not both"),
        ({"id": ID, "key": None}, 400, "invalid_request", "key"),
        ({"id": ID, "key": K + "k"}, 400, "invalid_request", "key"),
        ({"id": ID, "key": "é" * 22}, 400, "invalid_request", "key"),
        ({"id": ID, "owner_key": [K]}, 400, "invalid_request", "owner_key"),
        ({"id": ID, "owner_key": K, "ip": "8.8.8.8"}, 400, "invalid_request", "ip"),
        ({"id": ID, "owner_key": K, "ip": {}}, 400, "invalid_request", "ip"),
        ({"id": ID, "key": K, "role": "player"}, 400, "invalid_request", "role"),
        ({"id": ID, "key": K}, 403, "wrong_key", ""),
        (b"a" * 5000, 413, "invalid_request", ""),
    ],
)
def test_bad_credentials_requests(
    new_throttled: System, body: object, status: int, code: str, detail: str
) -> None:
    answer = new_throttled.post("api/credentials", body)
    assert detail in problem(answer, status, code)["detail"]


@pytest.fixture(scope="module")
def new_throttled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A system of this module's own, whose slowed-down address no other test shares."""
    with sharing(System(tmp_path_factory.mktemp("throttled"))) as running:
        yield running


def test_other_bad_requests(new_throttled: System) -> None:
    system = new_throttled
    plain = {"Content-Type": "text/plain"}
    problem(system.post("api/credentials", {}, plain), 415, "invalid_request")
    problem(system.get("api/credentials"), 405, "method_not_allowed")
    problem(system.ask("PUT", "api/id", b""), 405, "method_not_allowed")
    problem(system.post("api/players/xyz/code", {"owner_key": K}), 400, "invalid_id")
    problem(system.post(f"api/players/{ID}/code", {}), 400, "invalid_request")
    problem(system.post(f"api/players/{ID}/code", {"owner_key": K}), 403, "wrong_key")
    problem(system.get("api/nothing"), 404, "not_found")
    problem(system.get("api/ip/"), 404, "not_found")
    hostile = {"Host": 'x";script'}
    assert system.get("", hostile).status == 400


def test_guessing_is_slowed_down_and_logged_without_secrets(
    new_system: Callable[..., System],
) -> None:
    system = new_system()
    made = system.get("api/id").json
    links = system.post("api/credentials", made).json["links"]

    def guess() -> Answer:
        return system.post("api/credentials", {"id": made["id"], "key": K})

    refused = eventually(lambda: (answer := guess()).status == 429 and answer, "guesses are slowed")
    assert isinstance(refused, Answer)
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    # the owner of the key is not kept out by those who guess
    assert system.post("api/credentials", made).status == 200
    assert "refused credentials" in system.log
    key = links["remote"]["url"].split(".")[-1]
    for secret in (made["id"], made["owner_key"], key, K):
        assert secret not in system.log


def test_health_names_what_is_down(new_system: Callable[..., System]) -> None:
    system = new_system()
    parts = {
        "web", "broker_mqtt", "broker_websocket", "service", "disk", "store_players",
        "store_visitors", "store_library", "broker", "broker_store_messages",
        "broker_store_players", "broker_store_visitors", "broker_tasks",
    }  # fmt: skip
    # the broker's own are named once it has said that it is ours
    answer = eventually(
        lambda: (now := system.get("healthz")).json["parts"].keys() >= parts and now,
        "all parts are named",
    )
    assert isinstance(answer, Answer)
    assert (answer.json["status"], answer.json["problems"]) == ("ok", {})
    assert set(answer.json["parts"].values()) == {"up"}

    def problems() -> dict[str, str]:
        now = system.get("healthz")
        found: dict[str, str] = now.json["problems"]
        assert now.status == (503 if found else 200)
        assert {name for name, word in now.json["parts"].items() if word == "down"} == set(found)
        return found

    # it is back before anybody looks, unless it is kept from that
    with system.kept_dead("broker"):
        eventually(lambda: "broker_mqtt" in problems(), "the broker is seen down")
    eventually(lambda: not problems(), "the broker is seen up")


def test_public_address(new_system: Callable[..., System]) -> None:
    system = new_system(
        ZAPETTE_PUBLIC_URL="https://tv.example/zap", ZAPETTE_PUBLIC_WS_URL="wss://tv.example/mqtt"
    )
    assert system.get("api/ip").json["ip"] == "tv.example"
    given = system.post("api/credentials", system.get("api/id").json).json
    assert given["url"] == "wss://tv.example/mqtt"
    assert given["links"]["remote"]["url"].startswith("https://tv.example/zap/remote#")
    assert "wss://tv.example" in system.get("").headers["Content-Security-Policy"]
