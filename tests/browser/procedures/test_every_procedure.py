"""Each procedure of the contract from mosquitto's tools, from Python and from a phone's page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from playwright.sync_api import Error

from tests.browser.driving.controlled_player import ControlledPlayer, titles
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage
from tests.contract.shapes import assert_type
from tests.contract.vector_files import vectors
from tests.programs import shared_system
from tests.programs.mosquitto import run_tool
from tests.programs.system import System
from tests.waiting import eventually
from zapette import Application
from zapette.errors import CallError
from zapette.protocol.topics import Topics

CUES = """Array.from(document.querySelector("video").textTracks)
  .filter((it) => it.mode === "showing")
  .flatMap((it) => Array.from(it.activeCues || []).map((cue) => cue.text)).join("|")"""


class Driver(Protocol):
    """Calls a procedure of a player, and returns what it answers."""

    def __call__(self, procedure: str, **parameters: Any) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Case:
    """A call, and how one sees that it has taken effect.

    Attributes:
        seen: tells whether the ``<video>`` or the page is as it must be.
        before: calls that come first, each with its parameters by position.
        answer: what is answered, of a procedure that does not answer the state.
    """

    procedure: str
    parameters: dict[str, Any]
    seen: Callable[[ControlledPlayer], bool]
    before: list[tuple[Any, ...]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], bool] | None = None


def near(controlled: ControlledPlayer, position: float) -> bool:
    return abs(controlled.player.time - position) < 0.15


def queued(controlled: ControlledPlayer) -> str:
    return titles(controlled.observer.status())


def says(controlled: ControlledPlayer, words: str) -> bool:
    return bool(controlled.player.see("document.body.textContent").count(words))


FILM = "media/three.webm"
STREAM = "media/stream/film.m3u8"
SIZE = "document.querySelector('video').style.getPropertyValue('--subtitle-size')"
PROCEDURES = vectors("procedures")["player"]

# As each of the page's controls asks for what it stands for.
ASK = """async ([procedure, parameters]) => {
  let answer;
  const listen = (request) => {
    const respond = request.respondWith.bind(request);
    request.respondWith = (promise) => respond((answer = promise));
  };
  addEventListener("playerrequest", listen, { capture: true, once: true });
  await document.querySelector("play-button")._request(procedure, parameters);
  return answer;
}"""
CASES = [
    Case("status", {}, lambda it: not it.player.plays()),
    Case("play", {}, lambda it: it.player.plays()),
    Case("toggle", {}, lambda it: it.player.plays()),
    Case("pause", {}, lambda it: not it.player.plays(), [("play",)]),
    Case("stop", {}, lambda it: not it.player.plays() and near(it, 0), [("seek", 2), ("play",)]),
    Case("volume", {"level": 30}, lambda it: it.player.level == 30),
    Case("volume/up", {"step": 7}, lambda it: it.player.level == 57, [("volume", 50)]),
    Case("volume/down", {"step": 7}, lambda it: it.player.level == 43, [("volume", 50)]),
    Case("mute", {"on": True}, lambda it: bool(it.player.video["muted"])),
    Case("seek", {"position": 2}, lambda it: near(it, 2)),
    Case("seek/by", {"offset": 1.5}, lambda it: near(it, 2.5), [("seek", 1)]),
    Case("rate", {"factor": 0.5}, lambda it: it.player.see(
        "document.querySelector('video').playbackRate") == 0.5),
    Case("load", {"source": FILM, "title": "Film", "position": 1},
         lambda it: it.source == FILM and queued(it) == "[Film] two" and it.player.time >= 1),
    Case("next", {}, lambda it: it.source == "media/two.webm" and it.player.plays()),
    Case("previous", {}, lambda it: it.source == "media/one.webm", [("jump", 1)]),
    Case("jump", {"index": 1}, lambda it: it.source == "media/two.webm" and it.player.plays()),
    Case("queue/add", {"source": FILM, "title": "Film"}, lambda it: queued(it) == "[one] two Film"),
    Case("queue/play_next", {"source": FILM, "title": "Film"},
         lambda it: queued(it) == "[one] Film two"),
    Case("queue/remove", {"index": 1}, lambda it: queued(it) == "[one]"),
    Case("queue/move", {"from": 1, "to": 0}, lambda it: queued(it) == "two [one]"),
    Case("queue/clear", {}, lambda it: queued(it) == ""),
    Case("repeat", {"mode": "one"}, lambda it: it.observer.status()["repeat"] == "one"),
    Case("shuffle", {"on": True}, lambda it: it.observer.status()["shuffle"] is True),
    Case("subtitles", {"track": "fr"}, lambda it: it.player.see(CUES) == "À bientôt"),
    Case("subtitles/size", {"percent": 150}, lambda it: it.player.see(SIZE) == "1.5"),
    Case("subtitles/delay", {"seconds": 2.5},
         lambda it: it.observer.status()["subtitles"]["delay"] == 2.5),
    Case("audio", {"track": "1"}, lambda it: it.observer.status()["audio"]["active"] == "1",
         [("load", STREAM), ("pause",)]),
    Case("stream", {"kind": "direct"},
         lambda it: it.observer.status()["stream"]["reason"] == "forced"),
    Case("message", {"text": "Dinner", "seconds": 20}, lambda it: says(it, "Dinner")),
    Case("sleep", {"minutes": 10}, lambda it: it.observer.status()["sleep_at"] is not None),
    Case("rename", {"name": "Kitchen"}, lambda it: says(it, "Kitchen")),
    Case("fullscreen", {"on": True}, lambda it: bool(
        it.player.see("document.fullscreenElement !== null"))),
    Case("history", {}, lambda it: it.source == FILM, [("load", FILM), ("pause",)],
         answer=lambda it: it["items"][0]["source"] == FILM),
    Case("playable", {"types": ["video/webm", "video/nothing"]}, lambda it: not it.player.plays(),
         answer=lambda it: it == {"playable": [True, False]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def phone(cinema: System, controlled: ControlledPlayer, module_pages: Pages) -> RemotePage:
    return module_pages.remote(cinema, controlled.player)


@pytest.fixture(scope="module")
def python(cinema: System, controlled: ControlledPlayer) -> Iterator[Driver]:
    with Application(url=cinema.household(), base_topic="zapette") as application:
        player = application.player(controlled.player.id)

        def drive(procedure: str, **parameters: Any) -> dict[str, Any]:
            return dict(player.call(procedure, **parameters))

        yield drive


@pytest.fixture
def driver(request: pytest.FixtureRequest, controlled: ControlledPlayer, cinema: System) -> Driver:
    if request.param == "python":
        made: Driver = request.getfixturevalue("python")
        return made
    if request.param == "phone":
        return from_phone(request.getfixturevalue("phone"))
    return from_shell(cinema, controlled.player.id)


def from_shell(cinema: System, player_id: str) -> Driver:
    home = cinema.household()
    root = Topics("zapette").player(player_id).root
    is_5 = shared_system.version() is MQTTProtocolVersion.MQTTv5
    options, kind = ((), "command") if is_5 else (("-V", "311"), "request/cli/1")

    def drive(procedure: str, **parameters: Any) -> dict[str, Any]:
        payload = json.dumps(parameters) if parameters else ""
        asked = (*options, "-t", f"{root}/{kind}/{procedure}", "-e", f"{root}/response/cli/1")
        answer = run_tool("rr", home, *asked, "-m", payload)
        assert answer.returncode == 0, answer.stderr
        assert "result" in json.loads(answer.stdout), answer.stdout
        return dict(json.loads(answer.stdout)["result"])

    return drive


def from_phone(phone: RemotePage) -> Driver:
    def drive(procedure: str, **parameters: Any) -> dict[str, Any]:
        return dict(phone.page.evaluate(ASK, [procedure, parameters]))

    return drive


def fill(controlled: ControlledPlayer, driver: Driver, **parameters: Any) -> dict[str, Any] | None:
    """Ask for the full screen; return None if the browser refuses it.

    It wants a key pressed there, five seconds ago at most: a busy machine may take longer.
    """
    controlled.player.page.keyboard.press("x")
    with suppress(AssertionError, CallError, Error):
        return driver("fullscreen", **parameters)
    return None


@pytest.mark.parametrize("driver", ["mosquitto", "python", "phone"], indirect=True)
@pytest.mark.parametrize("case", CASES, ids=lambda it: it.procedure)
def test_it_takes_effect(controlled: ControlledPlayer, driver: Driver, case: Case) -> None:
    controlled.prepare("one", "two")
    controlled.ask("mute", False)
    controlled.ask("volume", 100)
    for procedure, *parameters in case.before:
        controlled.ask(procedure, *parameters)
    if case.procedure == "audio":
        eventually(
            lambda: controlled.observer.status()["audio"]["tracks"], "the stream has its sounds"
        )
    if case.procedure == "fullscreen":
        answer = eventually(lambda: fill(controlled, driver, **case.parameters), "it may") or {}
    else:
        answer = driver(case.procedure, **case.parameters)
    assert_type(answer, PROCEDURES[case.procedure]["answers"])
    assert case.answer is None or case.answer(answer)
    eventually(lambda: case.seen(controlled), f"{case.procedure} has its effect")
    if case.procedure == "fullscreen":
        controlled.ask("fullscreen", False)


def test_every_procedure_is_tried() -> None:
    assert sorted(it.procedure for it in CASES) == sorted(PROCEDURES)
    assert {it.procedure for it in CASES if it.answer} == {
        name for name, it in PROCEDURES.items() if it["answers"] != "state"
    }


def test_python_is_told_what_is_wrong(python: Driver) -> None:
    with pytest.raises(CallError, match="index is 99"):
        python("jump", index=99)
