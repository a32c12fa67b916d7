"""Each procedure over MQTT, and its effect on the picture."""

from __future__ import annotations

import json

import pytest

from tests.browser.driving.pair import SAMPLE, Pair
from tests.browser.driving.player_page import PlayerPage
from tests.waiting import eventually

NOW = ["status", "play", "pause", "toggle", "stop", "volume", "volume/up", "volume/down", "mute",
       "seek", "seek/by", "rate", "load", "previous", "jump", "queue/add", "queue/play_next",
       "queue/remove", "queue/move", "queue/clear", "repeat", "shuffle", "subtitles/size", "stream",
       "fullscreen", "message", "sleep", "rename", "history", "playable"]  # fmt: skip


def shows(player: PlayerPage, words: str) -> bool:
    """Tell whether words are among what somebody at the player sees, once it is drawn."""
    player.point()
    return words in player.text


def test_can_lists_what_works_here(pair: Pair) -> None:
    assert pair.observer.status()["can"] == NOW


@pytest.mark.parametrize("procedure", ["no_such", "play/er", "constructor", "__proto__"])
def test_there_is_no_such_procedure(pair: Pair, procedure: str) -> None:
    error = pair.observer.ask(procedure, b"1")["error"]
    assert error["code"] == "no_such_procedure"
    assert procedure in error["message"]


def test_play_pause_toggle_stop(pair: Pair) -> None:
    player, observer = pair.player, pair.observer
    for procedure, playing in [
        ("play", True), ("play", True), ("pause", False), ("pause", False),
        ("toggle", True), ("toggle", False), ("toggle", True),
    ]:  # fmt: skip
        assert observer.ask(procedure)["result"]["playing"] is playing
        assert player.plays() is playing
    player.advances()
    assert observer.ask("stop")["result"]["position"] == 0
    assert (player.plays(), player.time) == (False, 0)


@pytest.mark.parametrize(
    ("procedure", "payload", "level"),
    [
        ("volume", b"40", 40),
        ("volume", b"0", 0),
        ("volume", b"[55]", 55),
        ("volume", b'{"level": 70}', 70),
        ("volume", b"12.4", 12),
        ("volume/up", b"", 55),
        ("volume/up", b"20", 70),
        ("volume/up", b"100", 100),
        ("volume/down", b"", 45),
        ("volume/down", b'{"step": 10}', 40),
        ("volume/down", b"100", 0),
    ],
)
def test_volume(pair: Pair, procedure: str, payload: bytes, level: int) -> None:
    pair.observer.ask("volume", b"50")
    assert pair.observer.ask(procedure, payload)["result"]["volume"] == level
    assert pair.player.level == level


@pytest.mark.parametrize(
    ("payload", "muted"),
    [(b"", True), (b"true", True), (b"[false]", False), (b'{"on":true}', True)],
)
def test_mute(pair: Pair, payload: bytes, muted: bool) -> None:
    assert pair.observer.ask("mute", payload)["result"]["muted"] is muted
    assert pair.player.video["muted"] is muted
    if not payload:
        assert pair.observer.ask("mute")["result"]["muted"] is False
        assert pair.player.video["muted"] is False


@pytest.mark.parametrize(
    ("procedure", "payload", "time"),
    [
        ("seek", b"20", 20),
        ("seek", b"0", 0),
        ("seek", b'{"position": 44.25}', 44.25),
        ("seek", b"46", 45),
        ("seek", b"1e12", 45),
        ("seek/by", b"5", 15),
        ("seek/by", b"-5", 5),
        ("seek/by", b"-500", 0),
        ("seek/by", b"500", 45),
    ],
)
def test_seek(pair: Pair, procedure: str, payload: bytes, time: float) -> None:
    pair.observer.ask("seek", b"10")
    result = pair.observer.ask(procedure, payload)["result"]
    assert result["position"] == pytest.approx(time, abs=0.1)
    assert pair.player.time == pytest.approx(time, abs=0.1)


@pytest.mark.parametrize(("procedure", "payload"), [("seek", b"20"), ("seek/by", b"13")])
def test_a_seek_right_after_a_load(pair: Pair, procedure: str, payload: bytes) -> None:
    """As two commands of a script, which nobody answers."""
    pair.observer.send("command/load", json.dumps({"source": SAMPLE, "position": 7}).encode())
    assert 20 <= pair.observer.ask(procedure, payload)["result"]["position"] < 40


@pytest.mark.parametrize(
    "payload",
    [
        SAMPLE.encode(),
        b"zapette.webm",
        json.dumps([SAMPLE, "Another title", 7]).encode(),
        json.dumps({"source": SAMPLE, "title": "Another title", "position": 7}).encode(),
    ],
)
def test_load(pair: Pair, payload: bytes) -> None:
    player, phone = pair.player, pair.phone
    pair.observer.ask("seek", b"30")
    state = pair.observer.ask("load", payload)["result"]
    assert state["source"] == SAMPLE
    assert state["playing"] is True
    player.advances()
    # and no longer where it was
    assert player.time < 30
    if b"title" in payload:
        assert player.time > 7
        assert state["title"] == "Another title"
        eventually(lambda: "Another title" in phone.text, "the phone shows the title")
        eventually(lambda: shows(player, "Another title"), "so does the player")
    else:
        assert state["title"] == "zapette"


def test_load_of_an_address(pair: Pair) -> None:
    address = pair.player.see("new URL('media/zapette.webm?x=1', location).href")
    state = pair.observer.ask("load", address.encode())["result"]
    assert state["source"] == address
    assert pair.player.video["currentSrc"] == address
    pair.player.advances()


def test_message(pair: Pair) -> None:
    player, observer = pair.player, pair.observer
    shown = """(({ innerText, hidden }) => (hidden ? "" : innerText))(
      document.querySelector("screen-message"))"""
    text = "Dinner is ready <b>now</b> & “soon”\nsecond line"
    # one that lasts longer than anybody may take to look
    long = {"text": text, "seconds": 600}
    assert "result" in observer.ask("message", json.dumps(long).encode())
    assert player.see(shown) == text
    assert "result" in observer.ask("message", b'["soon over", 1]')
    eventually(lambda: player.see(shown) == "", "the message goes")
    # a number is a text only where it is given as one
    assert "result" in observer.ask("message", b'["42", 60]')
    assert player.see(shown) == "42"
    assert "result" in observer.ask("message", b"the next one")
    assert player.see(shown) == "the next one"
    (event, *_) = observer.on("event/message")
    assert event.json == long


def test_rename(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    name = "Küche 🍳 <b>"
    assert pair.observer.ask("rename", name.encode())["result"]["name"] == name
    eventually(lambda: name in phone.text, "the phone shows the name")
    eventually(lambda: shows(player, name), "so does the player")
    # it stays
    assert player.see("JSON.parse(localStorage['zapette.player']).name") == name


def test_a_name_is_one_line_in_one_direction(pair: Pair) -> None:
    answer = pair.observer.ask("rename", b'"TV\\u202e VT\\n"')
    assert answer["result"]["name"] == "TV VT"


def test_many_calls_at_once(pair: Pair) -> None:
    observer = pair.observer
    calls = 100
    for number in range(calls):
        observer.send(f"request/witness/many-{number}/volume", str(number).encode(), qos=0)
    eventually(
        lambda: sum("/response/witness/many-" in it.topic for it in list(observer.said)) == calls,
        "every call is answered once",
    )
    observer.status()
    answers = observer.on("response/witness/")
    assert len(answers) == len({it.topic for it in answers}) == calls + 1
    assert all("result" in it.json for it in answers)
    # they were obeyed in their order
    assert pair.player.level == calls - 1
