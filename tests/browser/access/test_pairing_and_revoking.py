"""How people get in at the player, who is in, and how they are turned out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually

CODE = re.compile(r"\d{4}-\d{4}")
CARD = "document.querySelector('qr-card').innerText"
RECORD = """(() => {
  const card = document.querySelector("qr-card");
  window.recorded = [];
  new MutationObserver(() => window.recorded.push(card.innerText)).observe(card, {
    attributes: true, childList: true, subtree: true });
})()"""
MORE_TOKENS = """async (proof) => {
  for (let left = 100; left > 0; left -= 1) {
    const answer = await fetch("api/credentials", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(proof),
    });
    if (!answer.ok) throw new Error(answer.status);
  }
}"""
PANEL = "(document.querySelector('player-panel') || { innerText: '' }).innerText"


def wait_for_code(player: PlayerPage) -> str:
    found = eventually(lambda: CODE.findall(str(player.see(CARD))), "a code to type")
    return str(found[0])


def test_a_code_to_type_is_good_once(system: System, pages: Pages) -> None:
    player = pages.started(system)
    player.click("Code to type")
    code = wait_for_code(player)
    answer = system.post("api/pairing", {"code": code})
    assert answer.status == 200
    assert f"{answer.json['id']}.{answer.json['key']}" in player.link
    assert answer.json["role"] == "remote"
    assert system.post("api/pairing", {"code": code}).json["code"] == "wrong_code"


def test_a_code_is_shown_by_a_television_with_a_wrong_clock(system: System, pages: Pages) -> None:
    player = pages.started(system)
    player.see("(() => { const now = Date.now; Date.now = () => now() + 3.6e6; })()")
    player.click("Code to type")
    code = wait_for_code(player)
    assert system.post("api/pairing", {"code": code}).status == 200


def test_a_code_for_a_remote_is_not_shown_to_guests(system: System, pages: Pages) -> None:
    player = pages.started(system)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        held.append(route)

    player.page.route("**/pairing", hold)
    player.click("Code to type")
    eventually(lambda: player.see("1") and held, "the request is on its way")
    player.click("For guests")
    eventually(lambda: "Guests can add to the queue" in player.text, "it says whose it is")
    player.see(RECORD)
    with player.page.expect_response("**/pairing") as late:
        held[0].continue_()
    assert late.value.json()["code"]
    player.click("Code to type")
    code = wait_for_code(player)
    assert system.post("api/pairing", {"code": code}).json["role"] == "guest"
    assert set(CODE.findall(str(player.see("window.recorded.join()")))) == {code}


def test_a_guest_comes_in_by_a_link_of_its_own(system: System, pages: Pages) -> None:
    player = pages.started(system)
    link = player.link
    player.click("For guests")
    eventually(lambda: player.see("document.querySelector('a.qr').href") != link, "another link")
    guest_link = str(player.see("document.querySelector('a.qr').href"))
    eventually(lambda: "Guests can add to the queue" in player.text, "it says whose it is")
    guest = pages.phone(system, guest_link).wait_until_live()
    guest.wait_for_notice("guest")
    player.click("Code to type")
    answer = system.post("api/pairing", {"code": wait_for_code(player)})
    assert answer.json["role"] == "guest"
    # and back
    player.click("For guests")
    eventually(lambda: player.see("document.querySelector('a.qr').href") == link, "the first link")
    eventually(lambda: not CODE.search(str(player.see(CARD))), "no code to type any more")


@pytest.mark.ours("no other broker is told to end a connection")
def test_who_is_connected_can_be_turned_out(system: System, pages: Pages) -> None:
    pages.watch.expect("Failed to load resource")
    player = pages.started(system)
    player.point()
    player.click("Settings")
    eventually(lambda: "Nobody is connected." in str(player.see(PANEL)), "nobody is there")
    phone = pages.remote(system, player)
    eventually(lambda: "Remote · " in str(player.see(PANEL)), "the phone is listed")
    device = str(player.see("document.querySelector('.visitors strong').textContent"))
    player.click(f"Disconnect: {device}")
    eventually(lambda: not phone.is_live, "the phone is cut off")
    eventually(lambda: "Nobody is connected." in str(player.see(PANEL)), "it is gone")
    player.click("Close")
    eventually(lambda: not player.shows("Close"), "it is closed")


def test_the_player_is_renamed_at_itself(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    player.point()
    player.click("Settings")
    player.wait_for("Rename")
    field = player.page.locator('player-panel input[maxlength="64"]')
    field.fill("Kitchen")
    # keys that are typed there are none of the player's
    field.press("m")
    player.click("Rename")
    eventually(lambda: "Kitchenm" in phone.text, "the phone shows the name")
    assert player.video["muted"] is False


def test_what_plays_and_what_comes_next(cinema: System, pages: Pages) -> None:
    player = pages.started(cinema)
    phone = pages.remote(cinema, player)
    assert "Next" not in player.text
    ask = "document.querySelector('play-button')._request"
    phone.see(f"{ask}('queue/add', {{ source: 'media/two.webm' }})")
    eventually(lambda: "Next: two" in player.text, "it says what comes next")
    phone.see(f"{ask}('sleep', {{ minutes: 15 }})")
    eventually(lambda: "Pauses in 15 min" in player.text, "it says when it pauses")
    eventually(
        lambda: player.see("document.querySelector('now-playing img').naturalWidth") > 0,
        "a picture of it",
        20,
    )
    session = "navigator.mediaSession.metadata.title + navigator.mediaSession.playbackState"
    eventually(lambda: player.see(session) == "longpaused", "the system is told")


@pytest.mark.ours("no other broker lists its clients")
def test_a_device_whose_name_is_forgotten(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    # as many as are remembered from one address
    phone.page.evaluate(MORE_TOKENS, dict(zip(("id", "key"), phone_link(player), strict=True)))
    player.point()
    player.click("Settings")
    row = re.compile(r"remote-.{12}\s+(.*)")
    shown = eventually(lambda: row.findall(str(player.see(PANEL))), "it is listed all the same")
    assert shown == ["Remote"]


def phone_link(player: PlayerPage) -> list[str]:
    """Return the player's id and the key of its link."""
    return player.link.partition("#")[2].split(".")
