"""Pages through two web sides, on three NATS servers (MQTT 3.1.1) and one PostgreSQL."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.browser.access.test_pairing_and_revoking import (
    test_a_guest_comes_in_by_a_link_of_its_own,
    test_who_is_connected_can_be_turned_out,
)
from tests.browser.driving.observer import Observer
from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.browser.procedures.test_state import test_seq_grows_by_one
from tests.browser.remote.test_remote_control import (
    test_a_phone_that_opens_late_sees_the_truth,
    test_a_tap_on_play_plays,
    test_three_phones_agree,
)
from tests.clients.mqtt_clients import Household
from tests.programs.system import Answer, System
from tests.programs.two_web_sides import TwoWebSides
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import SLACK, eventually
from tests.webapp.uploads.uploading import Phone, link_of
from zapette.client.client import Client
from zapette.errors import CallError
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics

__all__ = [
    "test_a_guest_comes_in_by_a_link_of_its_own",
    "test_a_phone_that_opens_late_sees_the_truth",
    "test_a_tap_on_play_plays",
    "test_seq_grows_by_one",
    "test_three_phones_agree",
    "test_who_is_connected_can_be_turned_out",
]

pytestmark = pytest.mark.long

V3 = MQTTProtocolVersion.MQTTv311
NO_LONGER_VALID = "This code is no longer valid"


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoWebSides]:
    with TwoWebSides(tmp_path_factory.mktemp("two")) as running:
        yield running


@pytest.fixture(scope="module")
def system(sides: TwoWebSides) -> System:
    """Return what the pages are opened at."""
    return sides


@pytest.fixture(scope="module")
def home(sides: TwoWebSides) -> BrokerUrl:
    return sides.household()


@pytest.fixture(scope="module")
def module_pair(system: System, module_pages: Pages, home: BrokerUrl) -> Iterator[Pair]:
    player = module_pages.started(system)
    with Observer(home, player.root, V3) as observer:
        yield Pair(player, module_pages.remote(system, player), observer)


def test_the_pages_come_from_both_and_are_on_several_nodes(
    sides: TwoWebSides, system: System, pair: Pair, module_pages: Pages
) -> None:
    assert pair.observer.status()["version"] == 1
    # each web side names the nodes in turn; a page that asks twice takes two turns
    for _ in range(3):
        module_pages.remote(system, pair.player)
    assert len({it.url for it in module_pages.watch.sockets}) > 1
    eventually(lambda: all(sides.balancer.answered(it) > 2 for it in sides.each), "both answered")


def answers(caller: Client) -> bool:
    """Tell whether the server's procedures answer."""
    try:
        return bool(caller.call(Topics().server, "id", timeout=1))
    except CallError:
        return False


@contextmanager
def calling(url: BrokerUrl) -> Iterator[Client]:
    """Provide a client of the household's."""
    caller = Client(url)
    caller.start()
    try:
        caller.wait(20)
        yield caller
    finally:
        caller.stop()


def test_a_web_side_that_dies_is_not_missed(
    sides: TwoWebSides, home: BrokerUrl, pages: Pages
) -> None:
    pages.watch.expect(f"403|{BROKEN_CONNECTION}")
    player = pages.started(sides)
    first = pages.remote(sides, player, locale="en-GB")
    old = player.link
    with calling(home) as caller:
        eventually(lambda: answers(caller), "the server answers")
        # the first that started is the one that answers for all
        with sides.first.kept_dead("web"):
            first.tap("Play")
            player.advances()
            # the other one lets a phone in
            second = pages.remote(sides, player, locale="en-US")
            second.tap("Pause")
            first.wait_for("Play")
            assert not player.plays()
            eventually(lambda: answers(caller), "the other one answers")
            # and turns all out
            player.click("New code")
            pressed_at = time.monotonic()
            for phone in (first, second):
                eventually(lambda it=phone: not it.is_live, "it shows nothing as live")  # type: ignore[misc]
            assert time.monotonic() - pressed_at < 1 + SLACK
            first.wait_for_notice(NO_LONGER_VALID)
    late = pages.phone(sides, old, locale="fr-CA")
    eventually(lambda: "n\u2019est plus valable" in late.text, "the old code is refused")


def test_a_database_that_hangs_stops_no_page(sides: TwoWebSides, pages: Pages) -> None:
    pages.watch.expect("503|Failed to load resource")
    player = pages.started(sides)
    phone = pages.remote(sides, player)
    phone.see("document.querySelector('play-button')._request('repeat', { mode: 'one' })")
    with sides.postgresql.frozen():
        phone.tap("Play")
        phone.wait_for("Pause")
        player.advances()
        late = pages.phone(sides, player.link, locale="en-GB")
        late.wait_for_notice("The server\u2019s database does not answer.")
        assert not late.is_live
        for side in sides.each:
            eventually(lambda it=side: it.get("healthz").status == 503, "it is reported")  # type: ignore[misc]
        # what cannot be revoked is not said to be
        player.point()
        player.click("New code")
        # or that the web side does not answer, on a slow machine
        eventually(lambda: re.search("database|Not connected", player.alert), "it is refused")
        phone.tap("Pause")
        phone.wait_for("Play")
        assert phone.is_live
    late.wait_until_live(60)
    late.wait_for("Play")
    assert phone.is_live
    for side in sides.each:
        eventually(side.is_up, "it is well again")


def credentials(side: System, of: Household, role: str = "remote") -> Answer:
    return side.post("api/credentials", {"id": of.id, "key": of.key(role)})


def test_what_one_gives_the_other_takes(sides: TwoWebSides) -> None:
    player = Household(sides.first)
    given = credentials(sides.second, player)
    assert given.status == 200
    cookie = "; ".join(it.partition(";")[0] for it in given.all("Set-Cookie"))
    for side in (*sides.each, sides, sides):
        assert side.get("api/library", {"Cookie": cookie, "Authorization": ""}).status == 200


def test_a_code_to_type_is_taken_by_the_other_once(sides: TwoWebSides) -> None:
    player = Household(sides.first)
    shown = sides.first.post(
        f"api/players/{player.id}/pairing", {"owner_key": player.owner_key, "role": "remote"}
    )
    assert shown.status == 200
    code = shown.json["code"]
    taken = sides.second.post("api/pairing", {"code": code})
    assert taken.json["key"] == player.key("remote")
    assert sides.first.post("api/pairing", {"code": code}).status == 403


def test_a_photo_of_a_phone_is_known_whoever_is_asked(sides: TwoWebSides, tmp_path: Path) -> None:
    photo = tmp_path / "Red.jpg"
    ffmpeg("-f", "lavfi", "-i", "color=c=red:s=64x32", "-frames:v", "1", str(photo))
    sent = Phone(sides, link_of(sides, "remote")).send("Red.jpg", photo.read_bytes())
    path = quote(sent.json["source"].removeprefix("media/"), safe="")
    # nginx lets the web sides take turns
    found = [sides.get(f"api/library?path={path}") for _ in sides.each]
    assert [it.json["entries"][0]["title"] for it in found] == ["Red", "Red"]


def test_a_page_that_waits_is_let_in_at_any(sides: TwoWebSides, home: BrokerUrl) -> None:
    owner = Household(sides.first)
    made = sides.first.get("api/id").json
    far = {"X-Forwarded-For": "203.0.113.7"}
    waiting = [side.post("api/credentials", made, far) for side in sides.each]
    assert [it.status for it in waiting] == [403, 403]
    (code,) = {it.json["admission"]["code"] for it in waiting}
    with calling(home) as caller:

        def listed() -> list[str]:
            try:
                found = caller.call(Topics().service("admission"), "waiting", timeout=1)
            except CallError:
                return []
            return [it["code"] for it in found]

        eventually(lambda: listed() == [code], "the one that answers for all lists it")
        body = {"owner_key": owner.owner_key, "code": code}
        assert sides.second.post(f"api/players/{owner.id}/admissions", body).status == 204
        assert sides.first.post("api/credentials", made, far).status == 200
        assert listed() == []


def test_what_one_revokes_all_refuse(sides: TwoWebSides) -> None:
    player = Household(sides.first)
    old = player.key("remote")
    ports = sides.first.cluster.mqtt_ports
    with ExitStack() as stack:
        phones = [
            stack.enter_context(player.visitor("remote", version=V3, port=port)) for port in ports
        ]
        assert all(it.is_in for it in phones)
        began = time.monotonic()
        player.new_code()
        refused = sides.second.post("api/credentials", {"id": player.id, "key": old})
        assert refused.status == 403
        eventually(lambda: all(it.ended for it in phones), "all are cut off")
        assert time.monotonic() - began < 1 + SLACK


def test_the_status_tells_of_both_and_of_the_database(sides: TwoWebSides) -> None:
    def told() -> list[str]:
        lines = sides.first.zapette("cluster", "status").stdout.splitlines()
        many = sum(it.startswith("web side ") for it in lines)
        good = many == 2 and lines[-2:] == ["database: can be reached", "All is well."]
        if not good:
            raise LookupError(lines)
        return lines

    eventually(told, "all is well", 60)


def test_pages_find_another_node(sides: TwoWebSides, pages: Pages) -> None:
    pages.watch.expect(BROKEN_CONNECTION)
    player = pages.started(sides)
    phone = pages.remote(sides, player)
    # the film may be over before the nodes agree
    phone.see("document.querySelector('play-button')._request('repeat', { mode: 'one' })")
    phone.tap("Play")
    phone.wait_for("Pause")
    cluster = sides.first.cluster
    number = cluster.ws_ports.index(BrokerUrl.parse(pages.watch.sockets[-1].url).port) + 1
    with cluster.without(number):
        eventually(lambda: not phone.is_live, "the phone knows that it knows nothing")
        # electing leaders takes some ten seconds
        phone.wait_until_live(60)
        player.wait_until_live(60)
        phone.wait_for("Pause")
        phone.tap("Pause")
        phone.wait_for("Play", 60)
        assert not player.plays()


def test_a_press_that_a_phone_gave_up_is_never_obeyed(sides: TwoWebSides, pages: Pages) -> None:
    pages.watch.expect(BROKEN_CONNECTION)
    player = pages.started(sides)
    cluster, of_player = sides.first.cluster, pages.watch.sockets[-1].url
    phone = pages.remote(sides, player)
    while pages.watch.sockets[-1].url == of_player:
        phone = pages.remote(sides, player)
    number = cluster.ws_ports.index(BrokerUrl.parse(pages.watch.sockets[-1].url).port) + 1
    pressed: list[str] = []
    pages.watch.sockets[-1].on(
        "framesent", lambda frame: pressed.extend(re.findall("/request/(.+)/.+/play", str(frame)))
    )
    # while its clock stands still, the phone has just had a message: it does not ask the node first
    phone.see("(() => { const now = Date.now(); window.now = Date.now; Date.now = () => now; })()")
    phone.tap("Volume down")
    eventually(lambda: phone.slider("Volume") == 95, "the phone shows it")
    with cluster.frozen(number):
        phone.tap("Play")
        # frames are only reported while the page is asked something
        eventually(lambda: phone.see("1") and pressed, "the press is under way")
        phone.see("Date.now = now")
        phone.wait_for_alert("Not connected")
    phone.page.close()
    (client_id,) = pressed
    eventually(lambda: not cluster.has(number, client_id), "the node has read all it sent")
    eventually(lambda: len(cluster.neighbours(number)) == 2, "the node is back")
    with Observer(sides.household(number), player.root, V3) as observer:
        # by way of the node that had the press, and so after it
        assert observer.status()["playing"] is False
    assert not player.plays()
