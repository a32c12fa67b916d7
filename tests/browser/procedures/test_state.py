"""The state that the player publishes: retained, numbered, and only when something changes."""

from __future__ import annotations

import itertools
import json
import time

import pytest

from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import SAMPLE, Pair
from tests.contract.shapes import assert_fields, assert_type
from tests.contract.vector_files import vectors
from tests.programs.system import System
from tests.waiting import eventually
from zapette.mqtt.url import BrokerUrl


def test_every_field_has_its_type(pair: Pair) -> None:
    state = pair.observer.status()
    assert_type(state, "state")
    assert state["version"] == 1
    assert state["source"] == SAMPLE
    assert state["duration"] == pytest.approx(45, abs=0.1)
    assert abs(state["reported_at"] - time.time()) < 5


def test_it_is_retained_at_qos_1(pair: Pair, home: BrokerUrl) -> None:
    observer = pair.observer
    observer.ask("volume", b"31")
    observer.wait_for_volume(31)
    with Observer(home, pair.player.root, qos=1) as late:
        eventually(lambda: late.on("state") and late.on("availability"), "both are there at once")
        (state,) = late.on("state")
        (availability,) = late.on("availability")
    assert (state.retain, state.qos, state.json["volume"]) == (True, 1, 31)
    assert (availability.retain, availability.qos, availability.payload) == (True, 1, b"online")


def test_seq_grows_by_one(pair: Pair) -> None:
    observer = pair.observer
    first = observer.status()["seq"]
    for level in (20, 40, 60):
        observer.ask("volume", str(level).encode())
        observer.wait_for_volume(level)
    observer.ask("play")
    pair.player.advances()
    observer.ask("pause")
    last = observer.status()["seq"]
    eventually(lambda: observer.last["seq"] == last, "the last state was published")
    numbers = [it.json["seq"] for it in observer.states]
    # nodes of a cluster may deliver the state of before after the answer that has it
    assert numbers[0] in {first, first + 1}
    assert numbers == list(range(numbers[0], last + 1))
    assert last - first >= 5


def test_an_answer_is_the_state_after_the_effect(pair: Pair) -> None:
    observer = pair.observer
    assert observer.ask("play")["result"]["playing"] is True
    assert observer.ask("volume", b"12")["result"]["volume"] == 12
    assert observer.ask("seek", b"20")["result"]["position"] == pytest.approx(20, abs=0.5)
    assert observer.ask("mute")["result"]["muted"] is True
    assert observer.ask("pause")["result"]["playing"] is False


def test_nothing_is_published_while_it_just_plays(pair: Pair) -> None:
    observer = pair.observer
    observer.ask("play")
    pair.player.advances(by=1)
    observer.status()
    settled = len(observer.states)
    # three seconds of the video, in which nobody touches anything
    pair.player.advances(by=3)
    state = observer.status()
    assert state["seq"] == observer.last["seq"]
    # a busy machine may have to wait for data: that is a change
    said = [it.json for it in observer.states[settled - 1 :]]
    assert all(one["buffering"] != other["buffering"] for one, other in itertools.pairwise(said))
    # and still who counts on from the last state knows where the video is
    last = observer.last
    expected = last["position"] + state["reported_at"] - last["reported_at"]
    assert state["position"] == pytest.approx(expected, abs=0.3)


def test_events(pair: Pair) -> None:
    observer = pair.observer
    observer.ask("play")
    observer.ask("volume", b"44")
    observer.ask("seek", b"44.5")
    eventually(lambda: observer.on("event/ended"), "it ends")
    assert observer.status()["ended"] is True
    for name in ("play", "volume", "seek"):
        (said,) = observer.on(f"event/{name}")
        assert (said.retain, said.qos) == (False, 0)
    events = vectors("events")
    for said in observer.on("event/"):
        name = said.topic.rpartition("/")[2]
        assert_fields(said.json, events["events"][name], events["optional"].get(name, []), name)
    (volume,) = observer.on("event/volume")
    assert volume.json["volume"] == 44
    pair.phone.wait_for("Play")
    eventually(lambda: "Ended" in pair.phone.text, "the phone says that it is over")
    # play begins again
    pair.phone.tap("Play")
    pair.phone.wait_for("Pause")
    assert pair.player.time < 40


@pytest.mark.parametrize("how", ["close", "leave"])
def test_a_player_that_leaves_takes_its_state_back(
    system: System, pages: Pages, home: BrokerUrl, how: str
) -> None:
    player = pages.player(system)
    with Observer(home, player.root) as observer:
        eventually(lambda: observer.on("state"), "the state is there")
        if how == "close":
            player.close()
        else:
            player.page.goto("about:blank")
        eventually(lambda: observer.on("state")[-1].payload == b"", "the state is cleared")
        eventually(lambda: observer.on("availability")[-1].payload == b"offline", "it is off")
    with Observer(home, player.root) as late:
        eventually(lambda: late.on("availability"), "what is retained arrives")
        assert [json.dumps(it.payload.decode()) for it in late.said] == ['"offline"']
