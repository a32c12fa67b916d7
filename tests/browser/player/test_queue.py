"""The queue: what is played after what, and that it outlives the page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer, titles
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.samples.films import SECONDS
from tests.programs.system import System
from tests.waiting import eventually


@pytest.fixture
def queue(controlled: ControlledPlayer) -> ControlledPlayer:
    return controlled.prepare("one", "two", "three")


def test_next_previous_jump(queue: ControlledPlayer) -> None:
    assert titles(queue.observer.status()) == "[one] two three"
    steps: list[tuple[tuple[Any, ...], int, str]] = [
        (("next",), 1, "two"), (("next",), 2, "three"), (("previous",), 1, "two"),
        (("jump", 0), 0, "one"), (("jump", 2), 2, "three"),
    ]  # fmt: skip
    for procedure, index, name in steps:
        state = queue.ask(*procedure)
        assert (state["queue"]["index"], state["title"]) == (index, name)
        assert state["playing"] is True
        assert queue.source == f"media/{name}.webm"
    queue.player.advances(0.1)
    assert "next" not in queue.observer.status()["can"]
    assert queue.refused("next")["code"] == "not_supported"
    assert queue.ask("repeat", "all")["repeat"] == "all"
    assert queue.ask("next")["title"] == "one"
    assert queue.ask("previous")["title"] == "three"


def test_the_first_one_begins_anew(queue: ControlledPlayer) -> None:
    queue.ask("seek", 3)
    assert queue.ask("previous")["position"] == 0
    assert queue.source == "media/one.webm"


def test_editing(queue: ControlledPlayer) -> None:
    ids = [it["id"] for it in queue.observer.status()["queue"]["items"]]
    assert len(set(ids)) == 3
    state = queue.ask("queue/add", "media/two.webm", "At the end")
    assert titles(state) == "[one] two three At the end"
    state = queue.ask("queue/play_next", "media/three.webm", "Now")
    assert titles(state) == "[one] Now two three At the end"
    assert titles(queue.ask("queue/move", 0, 3)) == "Now two three [one] At the end"
    assert titles(queue.ask("queue/move", 4, 0)) == "At the end Now two three [one]"
    assert titles(queue.ask("queue/remove", 1)) == "At the end two three [one]"
    state = queue.ask("queue/remove", 3)
    # what is loaded stays, though the queue does not have it any more
    assert titles(state) == "At the end two three"
    assert (state["queue"]["index"], state["title"]) == (None, "one")
    assert queue.source == "media/one.webm"
    kept = [it["id"] for it in state["queue"]["items"]]
    assert kept[1:] == ids[1:]
    state = queue.ask("queue/clear")
    assert state["queue"] == {"index": None, "items": []}
    assert queue.source == "media/one.webm"
    assert queue.ask("play")["playing"] is True
    assert titles(queue.ask("queue/add", "media/two.webm")) == "two"
    assert titles(queue.ask("next")) == "[two]"


def test_a_film_that_is_loaded_takes_the_place_of_the_present_one(queue: ControlledPlayer) -> None:
    queue.ask("next")
    state = queue.ask("load", "media/one.webm", "Another", 2)
    assert titles(state) == "one [Another] three"
    assert state["position"] >= 2
    assert queue.player.time >= 2


@pytest.mark.parametrize(
    ("procedure", "parameters", "named"),
    [
        ("jump", [3], "index"), ("jump", [-1], "index"), ("jump", [0.5], "index"),
        ("jump", ["1"], "index"), ("jump", [], "index"), ("queue/remove", [3], "index"),
        ("queue/remove", [None], "index"), ("queue/move", [0], "to"),
        ("queue/move", [3, 0], "from"), ("queue/move", [0, 3], "to"), ("queue/add", [], "source"),
        ("queue/add", ["../x"], "source"), ("queue/add", ["a.webm", 5], "title"),
        ("queue/play_next", ["file:///x"], "source"), ("queue/clear", [1], "queue/clear"),
        ("repeat", ["twice"], "mode"), ("repeat", [], "mode"), ("shuffle", ["yes"], "on"),
        ("rate", [0.2], "factor"), ("rate", [5], "factor"), ("rate", [], "factor"),
        ("subtitles", ["xx"], "track"), ("subtitles", [], "track"), ("subtitles", [True], "track"),
        ("fullscreen", [1], "on"), ("sleep", [-1], "minutes"), ("sleep", [1441], "minutes"),
        ("sleep", [], "minutes"), ("next", [1], "next"),
        ("subtitles/size", [20], "percent"), ("subtitles/delay", [61], "seconds"),
        ("playable", ["x"], "types"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    controlled: ControlledPlayer, procedure: str, parameters: list[object], named: str
) -> None:
    if titles(controlled.observer.status()) != "[one] two three":
        controlled.prepare("one", "two", "three")
    error = (
        controlled.refused(procedure, *parameters) if parameters else controlled.refused(procedure)
    )
    assert error["code"] == "invalid_argument"
    assert named in error["message"]
    assert titles(controlled.observer.status()) == "[one] two three"


def test_one_after_the_other(queue: ControlledPlayer) -> None:
    queue.ask("seek", SECONDS - 0.5)
    queue.ask("play")
    eventually(lambda: queue.source == "media/two.webm" and queue.player.plays(), "the next plays")
    eventually(lambda: queue.observer.on("event/ended"), "all are told that one ended")
    assert titles(queue.observer.status()) == "one [two] three"
    queue.ask("seek", SECONDS - 0.1)
    eventually(lambda: queue.source == "media/three.webm" and queue.player.plays(), "the third")
    queue.ask("seek", SECONDS - 0.1)
    eventually(lambda: queue.player.video["ended"], "nothing follows")
    state = queue.observer.status()
    assert (state["ended"], state["playing"], titles(state)) == (True, False, "one two [three]")


@pytest.mark.parametrize(("mode", "name"), [("one", "three"), ("all", "one")])
def test_repeat(queue: ControlledPlayer, mode: str, name: str) -> None:
    queue.ask("jump", 2)
    queue.ask("repeat", mode)
    queue.ask("seek", SECONDS - 0.1)
    ended = eventually(lambda: queue.observer.on("event/ended"), "it ends")
    assert len(ended) == 1
    queue.player.advances(0.1)
    assert queue.player.time < SECONDS - 0.5
    assert queue.source == f"media/{name}.webm"


def test_what_is_broken_is_left_out(queue: ControlledPlayer, module_pages: Pages) -> None:
    queue.ask("queue/play_next", "media/wrong.webm")
    queue.ask("seek", SECONDS - 0.2)
    queue.ask("play")
    eventually(lambda: queue.source == "media/two.webm" and queue.player.plays(), "the good one")
    assert titles(queue.observer.status()) == "one wrong [two] three"
    (error, *_) = queue.observer.on("event/error")
    assert "wrong.webm" in error.json["message"]
    queue.player.wait_for_alert("Skipped: wrong. This cannot be played.")
    skipped = queue.observer.status()["skipped"]
    assert (skipped["source"], skipped["error"]["code"]) == ("media/wrong.webm", "media_error")
    # until somebody chooses what plays
    assert queue.ask("jump", 0)["skipped"] is None
    del module_pages


def test_shuffle(queue: ControlledPlayer) -> None:
    for number in range(5):
        queue.ask("queue/add", "media/one.webm", f"{number}")
    queue.ask("jump", 2)
    state = queue.ask("shuffle")
    assert state["shuffle"] is True
    mixed = titles(state).split()
    assert mixed[0] == "[three]"
    assert sorted(mixed[1:]) == ["0", "1", "2", "3", "4", "one", "two"]
    seen = {state["title"]}
    for _ in range(7):
        seen.add(queue.ask("next")["title"])
    assert len(seen) == 8
    queue.ask("jump", 0)
    assert titles(queue.ask("shuffle", False)) == "one two [three] 0 1 2 3 4"


def test_presses_in_a_hurry_are_all_obeyed(queue: ControlledPlayer) -> None:
    for number in range(2):
        queue.observer.send(f"request/witness/hurry-{number}/next", b"", qos=0)
    state = queue.observer.status()
    assert titles(state) == "one two [three]"
    answers = eventually(
        lambda: (
            queue.observer.on("response/witness/hurry-0")
            + queue.observer.on("response/witness/hurry-1")
        ),
        "an answer",
    )
    eventually(
        lambda: (
            len(queue.observer.on("response/witness/hurry-0")) == 1
            and len(queue.observer.on("response/witness/hurry-1")) == 1
        ),
        "both are answered",
    )
    assert all("result" in it.json for it in answers)
    eventually(lambda: queue.source == "media/three.webm" and queue.player.plays(), "the third")


def test_it_outlives_the_page(cinema: System, pages: Pages) -> None:
    player = pages.started(cinema)
    with Observer(cinema.household(), player.root) as observer:
        controlled = ControlledPlayer(player, observer).prepare("one", "two", "three")
        two = f"{cinema.url}media/two.webm"
        eventually(lambda: two in player.requested, "the next one is fetched")
        assert (controlled.source, player.plays()) == ("media/one.webm", False)
        controlled.ask("repeat", "all")
        controlled.ask("next")
        controlled.ask("pause")
        controlled.ask("seek", 2.5)
        before = observer.status()["queue"]
        player.page.reload(wait_until="commit")
        player.wait_until_live()
        eventually(lambda: player.time == pytest.approx(2.5, abs=0.11), "where it was")
        state = observer.status()
        assert state["queue"] == before
        assert (state["title"], state["repeat"], state["playing"]) == ("two", "all", False)
        assert controlled.source == "media/two.webm"
        # months later, the signatures of the pictures are out of date
        player.page.add_init_script(_AGE)
        player.page.reload(wait_until="commit")
        player.wait_until_live()
        assert player.see("window.aged") == 3
        eventually(lambda: observer.status()["queue"] == before, "the pictures have new addresses")


_AGE = r"""
  const kept = localStorage.getItem("zapette.playback");
  const { queue } = JSON.parse(kept);
  window.aged = queue.items.filter(({ poster }) => poster.includes("expires=")).length;
  localStorage.setItem("zapette.playback", kept.replace(/expires=\d+/g, "expires=1"));
"""


def test_a_long_film_goes_on_where_one_stopped(controlled: ControlledPlayer) -> None:
    controlled.prepare("long", "one")
    controlled.ask("seek", 200)
    controlled.ask("jump", 1)
    state = controlled.ask("load", "media/long.webm")
    assert state["position"] == pytest.approx(200, abs=5)
    assert controlled.player.time == pytest.approx(200, abs=5)
    # to begin again one says so
    assert controlled.ask("load", "media/long.webm", "Long", 0)["position"] < 20
    (place, *others) = controlled.observer.ask("history")["result"]["items"]
    assert (place["source"], place["duration"]) == ("media/long.webm", pytest.approx(400, abs=1))
    assert "media/one.webm" in {it["source"] for it in others}
