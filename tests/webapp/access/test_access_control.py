"""Remotes and guests through the whole server: pairing, the connected devices, revocation."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.clients.mqtt_clients import Household, MqttClient
from tests.programs.mosquitto import run_tool
from tests.programs.system import Answer, System
from tests.sharing import sharing
from tests.waiting import SLACK, eventually
from zapette_server.storage.tables.grants import Grants, TokenGrant
from zapette_webapp.access.access_control import AccessControl

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of this module's own, whose broker a test may kill."""
    with sharing(System(tmp_path_factory.mktemp("guarded"))) as running:
        yield running


@pytest.fixture
def host(guarded: System) -> Household:
    return Household(guarded)


@pytest.fixture
def own_host(new_system: Callable[..., System]) -> Household:
    """A player on a system of the test's own, where guesses slow no other test down."""
    return Household(new_system())


def ask(host: Household, path: str, **body: Any) -> Answer:
    return host.system.post(f"api/players/{host.id}/{path}", {"owner_key": host.owner_key} | body)


def visit(host: Household, role: str, cookie: str = "") -> tuple[MqttClient, str]:
    """Return a visitor's client, and the cookie that its browser keeps."""
    headers = {"User-Agent": ANDROID} | ({"Cookie": cookie} if cookie else {})
    answer = host.system.post("api/credentials", {"id": host.id, "key": host.key(role)}, headers)
    assert answer.status == 200, answer.body
    given = answer.json
    party = MqttClient(host.system, given["client_id"], given["username"], given["password"])
    return party, answer.headers["Set-Cookie"]


def there(host: Household) -> list[dict[str, Any]]:
    answer = ask(host, "visitors")
    assert answer.status == 200, answer.body
    assert answer.json["connected"]
    return list(answer.json["visitors"])


def test_a_code_pairs(host: Household) -> None:
    shown = ask(host, "pairing").json
    assert 110 < shown["expires_at"] - time.time() <= 120
    given = host.system.post("api/pairing", {"code": shown["code"]}).json
    assert given == {"id": host.id, "key": host.key("remote"), "role": "remote"}
    again = host.system.post("api/pairing", {"code": shown["code"]})
    assert (again.status, again.json["code"]) == (403, "wrong_code")
    guest = ask(host, "pairing", role="guest").json["code"].replace("-", " ")
    given = host.system.post("api/pairing", {"code": guest}).json
    assert (given["key"], given["role"]) == (host.key("guest"), "guest")


def test_a_new_code_ends_the_one_that_is_shown(host: Household) -> None:
    shown = ask(host, "pairing").json["code"]
    host.new_code()
    assert host.system.post("api/pairing", {"code": shown}).json["code"] == "wrong_code"


def test_guesses_are_slowed_down_and_codes_not_logged(own_host: Household) -> None:
    host = own_host
    shown = ask(host, "pairing").json["code"]
    answers = [host.system.post("api/pairing", {"code": f"{n:08}"}).status for n in range(5)]
    # one more guess comes every ten seconds
    while answers[-1] == 403:
        answers.append(host.system.post("api/pairing", {"code": "99999999"}).status)
    assert len(answers) > 5
    assert answers[-1] == 429
    # the right one is a guess as well
    refused = host.system.post("api/pairing", {"code": shown})
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert shown not in host.system.log
    assert shown.replace("-", "") not in host.system.log


def test_codes_guessed_from_many_addresses(own_host: Household) -> None:
    """The page is told, gets a longer code, and the person who types it does not wait."""
    host = own_host
    command = f"{host.root}/command/message"
    with host.player() as player:
        assert player.subscribe(f"{host.root}/command/#")
        shown = ask(host, "pairing").json["code"]
        for number in range(100):
            guess = f"{int(shown.replace('-', '')) ^ 1 ^ number << 1:08}"[-8:]
            answer = guess_from(host.system, f"127.1.{number // 200}.{number % 200 + 1}", guess)
            assert answer == 403
        eventually(lambda: [it for it in player.received if it[0] == command], "the page is told")
        (topic, payload), *more = player.received
        assert (topic, more) == (command, [])
        assert "guessing codes" in payload.decode()
        assert "Quelqu\u2019un" in json.loads(payload)[0]
    assert host.system.post("api/pairing", {"code": shown}).json["code"] == "wrong_code"
    longer = ask(host, "pairing").json["code"]
    assert len(longer) == len("0000-0000-0000")
    for number in range(100):
        guess_from(host.system, f"127.2.0.{number + 1}", f"{number:08}")
    given = host.system.post("api/pairing", {"code": longer})
    assert (given.status, given.json["key"]) == (200, host.key("remote"))
    figures = host.system.get("metrics").body.decode()
    assert 'zapette_http_refused_total{reason="guessed"} 1\n' in figures
    assert shown not in host.system.log
    assert host.id not in host.system.log


def guess_from(system: System, source: str, code: str) -> int:
    """Guess a code from one of the loopback's addresses; return the status."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", system.http_port, timeout=20, source_address=(source, 0)
    )
    kind = {"Content-Type": "application/json"}
    connection.request("POST", "/api/pairing", json.dumps({"code": code}), kind)
    status = connection.getresponse().status
    connection.close()
    return status


def test_who_is_there(host: Household) -> None:
    assert there(host) == []
    remote, _ = visit(host, "remote")
    guest, _ = visit(host, "guest")
    other = Household(host.system)
    with remote, guest, other.visitor("remote"), host.player():
        found = there(host)
        assert {it["client_id"] for it in found} == {remote.client_id, guest.client_id}
        assert {it["role"] for it in found} == {"remote", "guest"}
        for it in found:
            assert (it["device"], it["address"]) == ("Android · Chrome", "127.0.0.1")
            assert 0 <= time.time() - it["since"] < 60
    eventually(lambda: there(host) == [], "they are gone")


def test_the_household_may_ask_the_broker(host: Household) -> None:
    with host.visitor("remote") as remote:
        answer = run_tool(
            "rr", host.system.household(), "-t", "zapette/services/broker/request/cli/1/clients",
            "-e", "zapette/services/broker/response/cli/1", "-m", host.id, "-W", "10",
        )  # fmt: skip
        assert answer.stdout.strip() == f'{{"result":["{remote.client_id}"]}}'


def test_turned_out(host: Household) -> None:
    bad, cookie = visit(host, "remote")
    second, _ = visit(host, "remote", cookie)
    good, _ = visit(host, "remote")
    with bad, second, good:
        started = time.monotonic()
        assert ask(host, f"visitors/{bad.client_id}/end").status == 204
        # all that the device has, at once
        eventually(lambda: bad.ended and second.ended, "it is cut off")
        assert time.monotonic() - started < 1 + SLACK
        assert [it["client_id"] for it in there(host)] == [good.client_id]
        assert good.ended == []
    with MqttClient(host.system, bad.client_id, bad.username, bad.password) as again:
        assert not again.is_in
    refused = host.system.post(
        "api/credentials", {"id": host.id, "key": host.key("remote")}, {"Cookie": cookie}
    )
    assert (refused.status, refused.json["code"]) == (403, "turned_out")
    # another player has nothing against it
    other = Household(host.system)
    visit(other, "remote", cookie)
    # a new code lets it in again
    host.new_code()
    forgiven, _ = visit(host, "remote", cookie)
    with forgiven:
        assert forgiven.is_in


def test_turned_out_over_a_restart_of_the_broker(host: Household) -> None:
    bad, _ = visit(host, "guest")
    with host.system.kept_dead("broker"):
        # while the broker is away nobody knows who is connected
        answer = ask(host, "visitors").json
        assert [it["client_id"] for it in answer["visitors"]] == [bad.client_id]
        assert ask(host, f"visitors/{bad.client_id}/end").status == 204
    with bad:
        assert not bad.is_in


def test_only_the_owner_and_only_its_own(host: Household) -> None:
    stranger = Household(host.system)
    remote, _ = visit(host, "remote")
    with remote:
        for path in ("pairing", "visitors", f"visitors/{remote.client_id}/end"):
            refused = host.system.post(
                f"api/players/{host.id}/{path}", {"owner_key": stranger.owner_key}
            )
            assert (refused.status, refused.json["code"]) == (403, "wrong_key")
        assert ask(stranger, f"visitors/{remote.client_id}/end").status == 404
        assert ask(host, f"visitors/player-{host.id}/end").status == 404
        assert ask(host, "visitors/remote-aaaaaaaaaaaa/end").status == 404
        assert remote.ended == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("pairing", {"code": "12"}, 400),
        ("pairing", {"code": 12345678}, 400),
        ("pairing", {}, 400),
        ("pairing", {"code": "1" * 1000}, 400),
        ("pairing", {"code": "12345678", "x": 1}, 400),
        ("pairing", b"{", 400),
        ("players/xyz/pairing", {"owner_key": "k" * 22}, 400),
        (f"players/{'0' * 32}/pairing", {"owner_key": "k" * 22, "role": "player"}, 400),
        (f"players/{'0' * 32}/pairing", {"owner_key": "k" * 22, "role": []}, 400),
        (f"players/{'0' * 32}/pairing", {}, 400),
        (f"players/{'0' * 32}/visitors", {}, 400),
        (f"players/{'0' * 32}/visitors/x/end", {"owner_key": 5}, 400),
        (f"players/{'0' * 32}/visitors/x%2Fy/end", {"owner_key": "k" * 22}, 404),
    ],
)
def test_bad_requests(system: System, path: str, body: object, status: int) -> None:
    answer = system.post(f"api/{path}", body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers.get("Cache-Control") == "no-store" or status == 404


def test_a_wrong_device_is_nothing(host: Household) -> None:
    for cookie in ("zapette_device=short", "zapette_device=" + "é" * 22, 'x="', ";;;"):
        _, given = visit(host, "remote", cookie.encode().decode("latin-1"))
        assert "zapette_device=" in given
        assert "HttpOnly" in given
        assert "SameSite=Strict" in given
        # none, so that it holds below whatever a proxy puts before
        assert "Path" not in given


def test_a_revoked_device_is_not_listed_until_it_is_cut_off(tmp_path: Path) -> None:
    grants = Grants(tmp_path / "grants.db")
    given = [
        TokenGrant(f"guest-{n * 12}", "p", "g", "guest", n, "Phone", "", 1, time.time() + 60)
        for n in "ab"
    ]
    for grant in given:
        grants.note(grant)
    assert grants.revoke(given[0])
    # the broker looks once a second
    engine = SimpleNamespace(connected=lambda _: [it.client_id for it in given])
    credentials: Any = SimpleNamespace(known=lambda *_: "g", engine=engine)
    control = AccessControl(credentials, grants, cast(Any, None))
    listed = control.present("p", "")["visitors"]
    grants.close()
    assert [it["client_id"] for it in listed] == [given[1].client_id]
