"""Who becomes a player: the setting new_players, from every kind of address."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from ipaddress import ip_interface
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.driving.chromium import launched
from tests.clients.mqtt_clients import Household
from tests.programs.system import Answer, System
from tests.sharing import sharing
from tests.waiting import eventually
from tests.webapp.test_api import problem
from zapette_webapp.access.players.admission import (
    ABSENT,
    LIFETIME,
    MOST,
    MOST_OF_CLIENT,
    Admission,
    read,
    spelled,
)  # fmt: skip
from zapette_webapp.errors import TooManyWaiting
from zapette_webapp.network.network import interface_of, is_local

PLAYER = "a" * 32


def knock(system: System, made: dict[str, str], **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return system.post("api/credentials", made, sent)


def code_of(answer: Answer) -> str:
    body = problem(answer, 403, "waiting")
    code = body["admission"]["code"]
    assert code in body["detail"]
    assert 0 < body["admission"]["expires_in"] <= LIFETIME
    assert int(answer.headers["Retry-After"]) > 0
    return str(code)


@pytest.fixture(scope="module")
def by_setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], System]]:
    """Return one system of each setting, where the test says which address asks."""
    with ExitStack() as stack:

        @cache
        def system(setting: str) -> System:
            settings = {"ZAPETTE_NEW_PLAYERS": setting, "ZAPETTE_TRUSTED_PROXY": "127.0.0.1"}
            return stack.enter_context(sharing(System(tmp_path_factory.mktemp(setting), settings)))

        yield system


@pytest.fixture(scope="module")
def asking(by_setting: Callable[[str], System]) -> System:
    return by_setting("ask")


@pytest.mark.parametrize(
    ("setting", "address", "is_in"),
    [
        ("local", "127.0.0.1", True),
        ("local", "::1", True),
        ("local", "8.8.8.8", False),
        ("local", "192.0.2.7", False),
        ("local", "2001:4860:4860::8888", False),
        ("ask", "127.0.0.1", False),
        ("open", "8.8.8.8", True),
    ],
)
def test_by_setting_and_address(
    by_setting: Callable[[str], System], setting: str, address: str, is_in: bool
) -> None:
    """The address of the client, not of the proxy that is trusted."""
    system = by_setting(setting)
    made = system.get("api/id").json
    answer = knock(system, made, X_Forwarded_For=f"127.0.0.1, {address}")
    if is_in:
        assert answer.status == 200
        return
    assert spelled(read(code_of(answer)) or "") == code_of(answer)
    assert not answer.all("Set-Cookie")


def test_the_default_is_local(new_system: Callable[..., System]) -> None:
    """An address that a client claims does not count, and neither does an unknown proxy's.

    Only a proxy can answer https for us: all addresses are then that proxy's.
    """
    system = new_system(ZAPETTE_PUBLIC_URL="https://home.example/")
    made = system.get("api/id").json
    code_of(knock(system, made, Host="home.example"))
    assert knock(system, made, X_Forwarded_For="8.8.8.8").status == 200


@pytest.mark.parametrize(
    ("address", "is_in"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("192.168.1.77", True), ("::ffff:192.168.1.77", True), ("192.168.2.77", False),
        ("10.0.5.5", True), ("10.1.0.1", False), ("172.16.0.1", False),
        ("203.0.113.1", True), ("203.0.113.9", False),  # this machine; its network is not private
        ("fd00:1::9", True), ("fd00:2::9", False), ("fe80::9%eth0", True),
        ("2001:db8::9", False), ("8.8.8.8", False), ("", False), ("unknown", False),
    ],
)  # fmt: skip
def test_local_addresses(address: str, is_in: bool) -> None:
    own = [
        interface_of("192.168.1.5", "255.255.255.0"),
        interface_of("10.0.0.1", "255.255.0.0"),
        interface_of("203.0.113.1", "255.255.255.0"),
        interface_of("fd00:1::5", "ffff:ffff:ffff:ffff::"),
        interface_of("fe80::5%eth0", "ffff:ffff:ffff:ffff::"),
        interface_of("2001:db8::5", "ffff:ffff:ffff:ffff::"),
    ]
    assert is_local(address, [it for it in own if it is not None]) is is_in
    assert interface_of("10.8.0.1", None) is None
    assert interface_of("10.0.0.9", "255.255.0.0") == ip_interface("10.0.0.9/16")


WAYS = ["command", "player", "service"]


@pytest.mark.parametrize("way", WAYS)
def test_somebody_lets_it_in(asking: System, way: str) -> None:
    first = asking.get("api/id").json
    allowed = asking.zapette("players", "allow", code_of(knock(asking, first)))
    assert allowed.returncode == 0, allowed.stderr
    host = Household.of(asking, first)
    made = asking.get("api/id").json
    code = code_of(knock(asking, made))
    # it keeps its code while it asks
    assert code_of(knock(asking, made)) == code
    assert waiting(asking)[code] == "127.0.0.1"
    if way == "command":
        assert asking.zapette("players", "allow", code).returncode == 0
    elif way == "player":
        assert let_in(asking, host.id, host.owner_key, code).status == 204
    else:
        spoken = code.replace("-", " ")
        assert asking.zapette("call", "services/admission", "allow", spoken).returncode == 0
    answer = knock(asking, made)
    assert answer.status == 200
    assert any(it.startswith("zapette_session_") for it in answer.all("Set-Cookie"))
    # a player stays in, and the code is used up
    assert knock(asking, made).status == 200
    assert asking.zapette("players", "allow", code).returncode != 0
    assert code not in waiting(asking)


def waiting(system: System) -> dict[str, str]:
    """Return the addresses of the pages that wait by their codes."""
    listed = json.loads(system.zapette("players", "waiting", "--json").stdout)
    return {it["code"]: it["address"] for it in listed}


def let_in(system: System, player_id: str, owner_key: str, code: str) -> Answer:
    body = {"owner_key": owner_key, "code": code}
    return system.post(f"api/players/{player_id}/admissions", body)


def test_one_that_waits_may_do_nothing(asking: System) -> None:
    made = asking.get("api/id").json
    code = code_of(knock(asking, made))
    path = f"api/players/{made['id']}"
    owner = {"owner_key": made["owner_key"]}
    # not even let itself in
    for below, body in {
        "admissions": owner | {"code": code}, "code": owner, "pairing": owner, "visitors": owner,
        "visitors/remote-AAAAAAAAAAAA/end": owner,
    }.items():  # fmt: skip
        problem(asking.post(f"{path}/{below}", body), 404, "not_found")
    for wanted in ("api/library", "media/zapette.webm"):
        problem(asking.get(wanted, {"Authorization": ""}), 401, "unauthorized")
    # the owner key of somebody else shows no code
    other = asking.get("api/id").json
    wrong = {"id": made["id"], "owner_key": other["owner_key"]}
    problem(knock(asking, wrong), 403, "wrong_key")
    assert knock(asking, made).status == 403


def test_wrong_codes(asking: System) -> None:
    first = asking.get("api/id").json
    assert asking.zapette("players", "allow", code_of(knock(asking, first))).returncode == 0
    answers = (let_in(asking, first["id"], first["owner_key"], "000-000") for _ in range(100))
    assert problem(next(answers), 403, "wrong_code")
    # one more guess comes every five seconds
    assert problem(next(it for it in answers if it.status != 403), 429, "too_many_requests")
    refused = asking.zapette("players", "allow", "12")
    assert refused.returncode != 0
    assert "6 digits" in refused.stderr


def test_a_forgotten_player_waits_again(asking: System) -> None:
    made = asking.get("api/id").json
    assert asking.zapette("players", "allow", code_of(knock(asking, made))).returncode == 0
    assert knock(asking, made).status == 200
    assert asking.zapette("players", "forget", made["id"]).returncode == 0
    code_of(knock(asking, made))


def test_those_that_wait_are_few_and_counted(asking: System) -> None:
    def ask(address: str) -> Answer:
        return knock(asking, asking.get("api/id").json, X_Forwarded_For=address)

    statuses = [ask("198.51.100.8").status for _ in range(MOST_OF_CLIENT + 1)]
    assert statuses == [403] * MOST_OF_CLIENT + [429]
    # others still wait
    code_of(ask("198.51.100.9"))
    figures = asking.get("metrics").body.decode()
    (gauge,) = [it for it in figures.splitlines() if it.startswith("zapette_players_waiting ")]
    assert int(gauge.split()[1]) > MOST_OF_CLIENT
    assert 'zapette_http_refused_total{reason="waiting"} 1\n' in figures


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_code_ends() -> None:
    clock = Clock()
    admission = Admission(clock=clock)

    def wait(player: str = PLAYER, client: str = "c") -> str:
        return admission.wait(player, client, "192.0.2.1", "TV")[0]

    code = wait()
    while clock.now < LIFETIME - ABSENT:
        clock.now += ABSENT - 1
        assert wait() == code
    clock.now = LIFETIME
    assert admission.take(code) is None
    # the page asks on, and shows another
    new = wait()
    clock.now += ABSENT - 1
    taken = admission.take(new)
    assert taken is not None
    assert taken.player_id == PLAYER
    # a page that was closed
    new = wait()
    clock.now += ABSENT
    assert admission.take(new) is None
    assert admission.all() == []


def test_budgets() -> None:
    clock = Clock()
    admission = Admission(clock=clock)
    for number in range(MOST):
        admission.wait(f"{number:032x}", f"client {number // MOST_OF_CLIENT}", "", "")
    for client in ("client 0", "another"):
        with pytest.raises(TooManyWaiting):
            admission.wait("f" * 32, client, "", "")
    # those that wait already may ask on
    admission.wait(f"{0:032x}", "client 0", "", "")
    assert len({it.code for it in admission.all()}) == MOST
    clock.now += ABSENT
    admission.wait("f" * 32, "another", "", "")


@pytest.mark.parametrize(
    ("text", "code"),
    [("481936", "481936"), (" 481-936 ", "481936"), ("481 936", "481936"), ("48193", None),
     ("4819366", None), ("48193a", None), ("١٢٣٤٥٦", None), (None, None), (481936, None)],
)  # fmt: skip
def test_reading_a_code(text: Any, code: str | None) -> None:
    assert read(text) == code


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as running:
        yield running


WORDS = {"en-GB": "Waiting to be let in", "fr-FR": "En attente d\u2019autorisation"}


def test_the_page_shows_its_code_until_it_is_in(asking: System, browser: Browser) -> None:
    """The first is let in by the command, the second at the first, in its settings."""
    pages: list[Page] = []
    for language, words in WORDS.items():
        page = browser.new_context(locale=language).new_page()
        page.goto(asking.url)
        card = page.locator("qr-card")
        card.locator(".code strong").wait_for()
        assert card.locator("h2").text_content() == words
        code = card.locator(".code strong").text_content() or ""
        assert code in (card.locator(".hint").text_content() or "")
        assert not card.locator("a.qr").is_visible()
        assert page.get_attribute("body", "data-connection") == "connecting"
        if not pages:
            assert asking.zapette("players", "allow", code).returncode == 0
        else:
            owner = pages[0]
            owner.mouse.move(10, 10)
            owner.click("panel-button button")
            form = owner.locator("player-panel form", has_text="Code of a new player")
            form.locator("input").fill(code)
            form.locator("button").click()
        page.wait_for_selector("body[data-connection=live]", state="attached")
        card.locator("a.qr").wait_for(state="attached")
        assert not card.locator(".code").is_visible()
        # and it plays what the library has
        loaded = "document.querySelector('video').readyState >= 1"
        # not `wait_for_function`: it looks again by `eval`, which the page's policy forbids
        eventually(lambda page=page, js=loaded: page.evaluate(js), "a film")  # type: ignore[misc]
        pages.append(page)
