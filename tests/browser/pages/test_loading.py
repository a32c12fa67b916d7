"""How a page comes: in few requests, those for credentials and to the broker before its modules."""

from __future__ import annotations

from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion
from playwright.sync_api import BrowserContext, Route

from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage
from tests.programs import shared_system
from tests.programs.system import System
from tests.waiting import eventually

# Notes when a control is made of its tag, and the first bytes for the broker, in their order.
ORDER = """(() => {
  window.order = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (...bytes) {
    window.order.push("sent");
    return send.apply(this, bytes);
  };
  const { define } = customElements;
  customElements.define = function (...element) {
    window.order.push("control");
    return define.apply(this, element);
  };
})()"""


def test_a_remote_asks_for_its_credentials_and_the_broker_early_and_once(
    system: System, pages: Pages, phones: BrowserContext
) -> None:
    player = pages.started(system)
    page = pages.page(system, phones)
    asked: list[dict[str, Any]] = []
    sockets: list[dict[str, Any]] = []
    devtools = page.context.new_cdp_session(page)

    def note(event: dict[str, Any]) -> None:
        asked.append(event)

    def note_socket(event: dict[str, Any]) -> None:
        sockets.append(event)

    devtools.on("Network.requestWillBeSent", note)
    devtools.on("Network.webSocketCreated", note_socket)
    devtools.send("Network.enable")
    RemotePage(page).open(player.link).wait_until_live()
    document = player.link.partition("#")[0]
    credentials = [event for event in asked if event["request"]["url"].endswith("credentials")]
    assert len(credentials) == 1
    assert credentials[0]["initiator"]["stack"]["callFrames"][0]["url"] == document
    early, *later = sockets
    # of NATS, it tries MQTT 5 first; the node of the page may not have answered yet
    wanted = (0,) if shared_system.version() is MQTTProtocolVersion.MQTTv5 else (1, 2)
    assert len(later) in wanted
    assert early["initiator"]["stack"]["callFrames"][0]["url"] == document
    scripts = [event["request"]["url"] for event in asked if event.get("type") == "Script"]
    assert sum(url.endswith("/remote/remote.js") for url in scripts) == 1
    assert len(scripts) <= 2


def test_a_remote_asks_the_player_before_it_builds_its_controls(
    system: System, pages: Pages, phones: BrowserContext
) -> None:
    player = pages.started(system)
    page = pages.page(system, phones)
    page.add_init_script(ORDER)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/remote/remote.js", hold)
    remote = RemotePage(page).open(player.link)
    # not `wait_for_function`: it looks again by `eval`, which the page's policy forbids
    opened = "window.zapetteEarly?.socket.readyState === WebSocket.OPEN"
    eventually(lambda: remote.see(opened), "a socket before the modules")
    page.evaluate("window.zapetteEarly.answer.then(() => true)")
    for route in held:
        route.continue_()
    remote.wait_until_live()
    order = page.evaluate("window.order")
    assert order[0] == "sent"
    assert "control" in order


def test_a_remote_builds_its_controls_without_an_answer_too(
    system: System, pages: Pages, phones: BrowserContext
) -> None:
    player = pages.started(system)
    page = pages.page(system, phones)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/credentials", hold)
    remote = RemotePage(page).open(player.link)
    eventually(lambda: remote.shows("Play"), "the controls are there")
    assert not remote.is_live
    for route in held:
        route.continue_()
    page.unroute_all(behavior="wait")
    remote.wait_until_live()


@pytest.mark.parametrize(
    "lack",
    [
        "delete HTMLScriptElement.prototype.noModule",
        # as in Safari 13
        "EventTarget = function () { throw new TypeError('Illegal constructor') }",
    ],
)
def test_a_browser_that_is_too_old_says_so(
    system: System, pages: Pages, phones: BrowserContext, lack: str
) -> None:
    pages.watch.expect("Illegal constructor")
    for path in ("", "remote"):
        page = pages.page(system, phones)
        page.add_init_script(lack)
        page.goto(system.url + path)
        assert "too old for Zapette" in page.inner_text('[role="alert"].too-old')
