"""The main job on three NATS servers: MQTT 3.1.1, with rights and revocation by their own means."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from tests.browser.observer import Observer
from tests.browser.page_monitor import BROKEN_CONNECTION
from tests.browser.pages import Pages
from tests.browser.pair import Pair
from tests.browser.test_doors import (
    test_a_guest_comes_in_by_a_link_of_its_own,
    test_who_is_connected_can_be_turned_out,
)
from tests.browser.test_pilot import (
    test_a_phone_that_opens_late_sees_the_truth,
    test_a_tap_on_play_plays,
    test_three_phones_agree,
)
from tests.browser.test_state import test_seq_grows_by_one
from tests.nats_cluster import SystemOnNats
from tests.system import System
from tests.waiting import SLACK, eventually
from zapette.mqtt.url import BrokerUrl

__all__ = [
    "test_a_guest_comes_in_by_a_link_of_its_own",
    "test_a_phone_that_opens_late_sees_the_truth",
    "test_a_tap_on_play_plays",
    "test_seq_grows_by_one",
    "test_three_phones_agree",
    "test_who_is_connected_can_be_turned_out",
]

pytestmark = pytest.mark.long

NO_LONGER_VALID = "This code is no longer valid"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with SystemOnNats(tmp_path_factory.mktemp("on-nats")) as running:
        yield running


@pytest.fixture(scope="module")
def home(system: System) -> BrokerUrl:
    return system.household()


@pytest.fixture(scope="module")
def module_pair(system: System, module_pages: Pages, home: BrokerUrl) -> Iterator[Pair]:
    player = module_pages.started(system)
    with Observer(home, player.root, MQTTProtocolVersion.MQTTv311) as observer:
        yield Pair(player, module_pages.remote(system, player), observer)


def test_the_pages_are_on_several_nodes(pair: Pair, system: System, module_pages: Pages) -> None:
    assert isinstance(system, SystemOnNats)
    assert pair.observer.status()["version"] == 1
    assert len(set(module_pages.watch.sockets)) > 1


def test_a_new_code_ends_the_phones(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player, locale="en-GB")
    old = player.link
    pages.watch.expect("403")
    player.click("New code")
    pressed_at = time.monotonic()
    phone.wait_for_notice(NO_LONGER_VALID)
    eventually(lambda: not phone.is_live, "it shows nothing as live")
    assert time.monotonic() - pressed_at < 1 + SLACK
    late = pages.phone(system, old, locale="en-US")
    late.wait_for_notice(NO_LONGER_VALID)


def test_pages_find_another_node(system: System, pages: Pages) -> None:
    assert isinstance(system, SystemOnNats)
    pages.watch.expect(BROKEN_CONNECTION)
    player = pages.started(system)
    phone = pages.remote(system, player)
    # the film may be over before the nodes agree
    phone.see("document.querySelector('play-button')._request('repeat', { mode: 'one' })")
    phone.tap("Play")
    phone.wait_for("Pause")
    nodes = system.cluster.ws_ports
    number = nodes.index(BrokerUrl.parse(pages.watch.sockets[-1]).port) + 1
    with system.cluster.without(number):
        eventually(lambda: not phone.is_live, "the phone knows that it knows nothing")
        # electing leaders takes some ten seconds
        phone.wait_until_live(60)
        player.wait_until_live(60)
        phone.wait_for("Pause")
        phone.tap("Pause")
        phone.wait_for("Play", 60)
        assert not player.plays()
