"""The main job on a plain Mosquitto 2: nothing of ours is needed of a broker.

``TEST_BROKER=mosquitto`` runs all other tests of this folder so, on the system that they share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser.driving.pair import Pair
from tests.browser.procedures.test_state import test_it_is_retained_at_qos_1, test_seq_grows_by_one
from tests.browser.remote.test_remote_control import (
    test_a_phone_that_opens_late_sees_the_truth,
    test_a_tap_on_play_plays,
    test_three_phones_agree,
    test_volume_from_the_phone,
)
from tests.programs.mosquitto_system import SystemOnMosquitto
from tests.programs.system import System
from zapette.mqtt.url import BrokerUrl

__all__ = [
    "test_a_phone_that_opens_late_sees_the_truth",
    "test_a_tap_on_play_plays",
    "test_it_is_retained_at_qos_1",
    "test_seq_grows_by_one",
    "test_three_phones_agree",
    "test_volume_from_the_phone",
]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    running = SystemOnMosquitto(tmp_path_factory.mktemp("on-mosquitto"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def home(system: System) -> BrokerUrl:
    return system.household()


def test_the_broker_is_mosquitto(pair: Pair, system: System) -> None:
    assert isinstance(system, SystemOnMosquitto)
    assert pair.observer.status()["version"] == 1
    log = system.mosquitto.log
    # one player, which may have come back
    assert len(set(re.findall(r" as (player-\S+)", log))) == 1
    assert "zapette-server" in log
