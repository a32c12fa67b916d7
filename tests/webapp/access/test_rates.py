"""What one address may use up: requests, players, and nothing of a player that is not known."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clients.mqtt_clients import Household
from tests.programs.system import System
from tests.waiting import eventually
from tests.webapp.test_api import problem


def rows(system: System) -> set[str]:
    """Return the ids of the players that are known."""
    with sqlite3.connect(system.data / "players.db") as database:
        found = {str(row[0]) for row in database.execute("SELECT id FROM players")}
    database.close()
    return found


CALLS = ["code", "pairing", "visitors", "visitors/remote-AAAAAAAAAAAA/end"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("is_forgotten", [False, True])
def test_no_call_makes_a_player_known(system: System, call: str, is_forgotten: bool) -> None:
    made = system.get("api/id").json
    body = {"owner_key": made["owner_key"]}
    if is_forgotten:
        assert system.post("api/credentials", made).status == 200
        assert made["id"] in rows(system)
        answer = system.ask(
            "DELETE",
            f"api/players/{made['id']}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 204
    answer = system.post(f"api/players/{made['id']}/{call}", body)
    problem(answer, 404, "not_found")
    assert made["id"] not in rows(system)


def test_what_is_left_of_a_player_that_was_forgotten(system: System) -> None:
    """Its links and the code that it shows open nothing; its page may make it again."""
    host = Household(system)
    shown = system.post(f"api/players/{host.id}/pairing", {"owner_key": host.owner_key}).json
    keys = {role: host.key(role) for role in ("remote", "guest")}
    for _ in range(2):
        host.forget()
    for key in keys.values():
        problem(system.post("api/credentials", {"id": host.id, "key": key}), 403, "wrong_key")
    problem(system.post("api/pairing", {"code": shown["code"]}), 403, "wrong_code")
    assert host.id not in rows(system)
    again = system.post("api/credentials", {"id": host.id, "owner_key": host.owner_key}).json
    assert again["links"]["remote"]["url"].split(".")[-1] not in keys.values()


class Caller:
    """Asks from one address of the loopback, on one connection."""

    def __init__(self, system: System, source: str) -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", system.http_port, timeout=20, source_address=(source, 0)
        )

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        content = None if body is None else json.dumps(body)
        kind = {"Content-Type": "application/json"}
        self._connection.request(method, path, content, kind | (headers or {}))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        self._connection.close()


READS: list[tuple[str, str, Any]] = [
    ("GET", "/api/ip", None),
    ("GET", "/", None),
    ("GET", "/media/none.webm", None),
    ("GET", "/api/library", None),
    ("GET", "/healthz", None),
]
CHANGES: list[tuple[str, str, Any]] = [
    ("POST", "/api/credentials", {}),
    ("POST", f"/api/players/{'0' * 32}/code", {"owner_key": "k" * 22}),
    ("DELETE", f"/api/players/{'0' * 32}", {"owner_key": "k" * 22}),
    ("POST", "/nothing", None),
    ("BREW", "/", None),
]


@pytest.mark.parametrize("routes", [READS, CHANGES], ids=["reads", "changes"])
def test_every_route_has_a_rate(new_busy: System, routes: list[tuple[str, str, Any]]) -> None:
    """The same for all routes of its kind; another address is answered meanwhile."""
    # several at once: a client has one more every 10 ms, in which a busy machine may answer none
    callers = [Caller(new_busy, "127.0.5.1") for _ in range(8)]
    other = Caller(new_busy, "127.0.5.2")
    with ThreadPoolExecutor(len(callers)) as threads:

        def answers(*route: Any) -> Iterator[tuple[int, bytes]]:
            for _ in range(1000):
                yield from list(threads.map(lambda it: it.ask(*route), callers))

        # the first one uses up what a client may ask at once
        for route in routes:
            body = next(body for status, body in answers(*route) if status == 429)
            assert b"wait a little" in body, route
            assert other.ask("GET", "/api/ip")[0] == 200
    for each in (*callers, other):
        each.close()


@pytest.fixture(scope="module")
def new_busy(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A system of this module's own, whose slowed-down addresses no other test shares."""
    running = System(tmp_path_factory.mktemp("busy")).start()
    yield running
    running.stop()


def test_many_fresh_ids_from_one_address(new_system: Callable[..., System]) -> None:
    """The input of the fault: fresh ids with their owner keys, and a visitor to turn out."""
    system = new_system()
    honest = Household(system)
    before = rows(system)
    caller = Caller(system, "127.0.0.9")
    statuses: set[int] = set()
    for _ in range(1000):
        made = json.loads(caller.ask("GET", "/api/id")[1])
        path = f"/api/players/{made.get('id')}/visitors/remote-AAAAAAAAAAAA/end"
        status, _ = caller.ask("POST", path, {"owner_key": made.get("owner_key")})
        statuses.add(status)
    assert statuses == {404, 429}
    assert rows(system) == before
    caller.close()
    key = honest.key("remote")
    assert system.post("api/credentials", {"id": honest.id, "key": key}).status == 200
    refused = b'zapette_http_refused_total{reason="rate"} '
    figures = system.get("metrics").body
    assert refused in figures
    assert refused + b"0\n" not in figures
    eventually(lambda: system.get("healthz").status == 200, "it is well")


@pytest.mark.parametrize(
    ("proxies", "is_trusted"),
    [("127.0.0.1", True), ("::1, 127.0.0.0/24", True), ("127.0.0.2, 10.0.0.0/8", False)],
)
def test_clients_of_a_proxy_have_a_rate_each(
    new_system: Callable[..., System], proxies: str, is_trusted: bool
) -> None:
    """Only if it is trusted; what a client says of itself before the proxy does not count."""
    system = new_system(ZAPETTE_TRUSTED_PROXY=proxies)
    caller = Caller(system, "127.0.0.1")

    def ask(forwarded: str) -> int:
        return caller.ask("POST", "/nothing", {}, {"X-Forwarded-For": forwarded})[0]

    def exceed() -> None:
        """Ask until a request is refused: how many that takes depends on how long they take."""
        # all of them are of one network
        asked = (ask(f"10.1.1.{number % 250}, 2001:db8::{number:x}") for number in range(5000))
        assert 429 in asked

    for other in ("2001:db8:0:1::1", "10.1.1.1, 192.168.1.5"):
        exceed()
        if is_trusted:
            assert ask(other) == 404
        else:
            # the one rate of all of them gains a token in 0.1 s
            assert 429 in (ask(other) for _ in range(5000))
    caller.close()
