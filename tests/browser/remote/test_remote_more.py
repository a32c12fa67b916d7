"""What is used less often: speed, subtitles, sleep, messages, names; and how a press feels."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.browser.driving.chromium import PHONE
from tests.browser.driving.observer import Observer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually

TWICE, ONCE = "2 ×", "1 ×"  # noqa: RUF001
CHOSEN = """Array.from(document.querySelectorAll(".choice:not([hidden]) [aria-pressed=true]"),
  (it) => it.innerText)"""


@pytest.fixture
def shown(
    opened: tuple[PlayerPage, RemotePage, Observer],
) -> tuple[PlayerPage, RemotePage, Observer]:
    """Return the three, with "More" open and a film with subtitles loaded."""
    _, phone, observer = opened
    if observer.status()["source"] != "media/Beta.webm":
        observer.ask("load", b"media/Beta.webm")
    observer.ask("stop")
    phone.tap("More")
    eventually(lambda: phone.shows("Rename"), "more")
    return opened


def wait_for_value(screen: PageDriver, expression: str, value: object) -> None:
    eventually(lambda: screen.see(expression) == value, f"{expression} is {value}")


def wait_until_chosen(phone: RemotePage, name: str) -> None:
    eventually(lambda: name in phone.see(CHOSEN), f"the phone shows {name}")


def test_the_speed(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    rate = "document.querySelector('video').playbackRate"
    for name, factor in ((TWICE, 2), (ONCE, 1)):
        phone.tap(name)
        wait_for_value(player, rate, factor)
        wait_until_chosen(phone, name)


def test_subtitles(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    cue = """Array.from(document.querySelector("video").textTracks)
      .filter(({ mode }) => mode !== "disabled").map(({ activeCues }) =>
        Array.from(activeCues || [], ({ text }) => text)).flat()"""
    phone.tap("Français")
    eventually(lambda: observer.status()["subtitles"]["active"] == "fr", "they are on")
    eventually(lambda: player.see(cue) == ["Bonjour."], "the player has them")
    eventually(lambda: "Français" in phone.see(CHOSEN), "the phone shows it")
    off = "document.querySelector('[aria-label=\"Subtitles\"] button').click()"
    phone.see(off)
    eventually(lambda: observer.status()["subtitles"]["active"] is None, "they are off")


def test_two_quick_presses_delay_the_subtitles_twice(
    shown: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    _, phone, observer = shown
    delayed = """Array.from(document.querySelectorAll(".chip"), (it) => it)
      .find((it) => it.innerText.startsWith("+0.5"))"""
    # before the player has answered the first one
    twice = f"(() => {{ const it = {delayed}; it.click(); it.click(); }})()"
    phone.see(twice)
    eventually(lambda: observer.status()["subtitles"]["delay"] == 1, "a second later")
    observer.ask("subtitles/delay", b"0")
    eventually(lambda: phone.see("document.querySelector('.chip.now').innerText[0]") == "0", "none")
    # one that fails is no step
    phone.see(
        "addEventListener('playerrequest', (it) => it.stopPropagation(), "
        "{ capture: true, once: true })"
    )
    phone.see(f"{delayed}.click()")
    phone.see(twice)
    eventually(lambda: observer.status()["subtitles"]["delay"] == 1, "a second later")
    observer.ask("subtitles/delay", b"0")


def test_the_sleep_timer(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    _, phone, observer = shown
    phone.tap("30 min")
    eventually(lambda: observer.status()["sleep_at"], "it is set")
    state = observer.status()
    assert 29 * 60 < state["sleep_at"] - state["reported_at"] <= 30 * 60
    eventually(lambda: "in 30 min" in phone.text, "the phone shows how long it is")
    phone.see("document.querySelector('[aria-label=\"Sleep timer\"] button').click()")
    eventually(lambda: observer.status()["sleep_at"] is None, "it is off")
    eventually(lambda: "in 30 min" not in phone.text, "the phone shows it")


def test_a_message_for_the_screen(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    phone.tap("Show a message on the screen")
    phone.page.keyboard.type("Dinner is ready!")
    phone.tap("Show")
    eventually(lambda: "Dinner is ready!" in player.text, "the player shows it")


def test_another_name(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, observer = shown
    phone.tap("Name of the player")
    phone.page.keyboard.press("Control+a")
    phone.page.keyboard.type("Salon")
    phone.page.keyboard.press("Enter")
    eventually(lambda: observer.status()["name"] == "Salon", "it has the name")
    eventually(lambda: phone.see("document.querySelector('#name').innerText") == "Salon",
               "the phone shows it")  # fmt: skip
    player.point()
    eventually(lambda: "Salon" in player.text, "the player shows it")


def test_a_press_can_be_felt(
    shelf: System, pages: Pages, shown: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    pages.watch.expect("Failed to load resource")
    player, _, _ = shown
    context = pages.context(**PHONE, locale="en")
    # a headless browser has no motor: what is asked of it is written down
    context.add_init_script("""window.felt = [];
      Object.defineProperty(Navigator.prototype, "vibrate", {
        value(pattern) { window.felt.push(pattern); return true; } });""")
    phone = pages.remote(shelf, player, context=context)
    phone.tap("Mute")
    eventually(lambda: phone.see("window.felt") == [12], "a tick")
    phone.tap("Unmute")
    eventually(lambda: phone.see("window.felt.length") == 2, "another")


def test_the_time_under_the_finger(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    preview = """(({ hidden, innerText }) => hidden ? "" : innerText)(
      document.querySelector("seek-bar .preview"))"""
    phone.tap("Remote")
    with phone.held("Position", 0.25, "touch") as move:
        move(0.5)
        eventually(lambda: phone.see(preview) in {"0:19", "0:20"}, "the time under the finger")
        assert player.time < 15
        move(0.75)
        eventually(lambda: phone.see(preview) in {"0:29", "0:30", "0:31"}, "it goes along")
    eventually(lambda: phone.see(preview) == "", "and goes with the finger")
    eventually(lambda: 28 < player.time < 33, "the video is there")


def test_a_volume_that_is_fixed(shelf: System, pages: Pages) -> None:
    pages.watch.expect("Failed to load resource")
    context = pages.context()
    # as on an iPhone: the property is there, and writing it does nothing
    context.add_init_script("""Object.defineProperty(HTMLMediaElement.prototype, "volume",
      { get: () => 1, set: () => {} });""")
    player = pages.started(shelf, context=context)
    phone = pages.remote(shelf, player)
    for name in ("Volume", "Volume up", "Volume down"):
        found = phone.find(name)
        assert found is None or not found["usable"], name
    phone.tap("Mute")
    eventually(lambda: player.video["muted"], "it can be muted")


def test_a_picture_that_could_not_be_had_is_asked_for_again(
    shelf: System, pages: Pages, shown: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    pages.watch.expect("Failed to load resource")
    player, _, observer = shown
    context = pages.context(**PHONE)
    refused: list[str] = []

    def refuse_once(route: Route) -> None:
        if refused:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.fulfill(status=404)

    poster = observer.status()["poster"]
    context.route(f"**/{poster.lstrip('/')}", refuse_once)
    phone = pages.remote(shelf, player, context=context)
    drawn = "(({ hidden, naturalWidth }) => !hidden && naturalWidth > 0)"
    eventually(lambda: phone.see(f"{drawn}(document.querySelector('#poster'))"), "the picture")
    assert len(refused) == 1


def test_the_size_of_subtitles(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    size = "getComputedStyle(document.querySelector('video')).getPropertyValue('--subtitle-size')"
    for name, factor in (("150%", "1.5"), ("100%", "1")):
        phone.tap(name)
        wait_for_value(player, size, factor)
        wait_until_chosen(phone, name)


def test_full_screen(shown: tuple[PlayerPage, RemotePage, Observer]) -> None:
    player, phone, _ = shown
    button = "document.querySelector('[aria-label=\"Full screen\"]').children[{}].click()"
    filled = "document.fullscreenElement !== null"

    def fills() -> bool:
        # the browser allows it for some seconds after a key, whichever
        player.page.keyboard.press("x")
        phone.see(button.format(0))
        return bool(player.see(filled))

    eventually(fills, "the phone lets the player fill the screen", every=0.5)
    chosen = "document.querySelector('[aria-label=\"Full screen\"] [aria-pressed=true]').innerText"
    wait_for_value(phone, chosen, "On")
    phone.see(button.format(1))
    wait_for_value(player, filled, False)
    wait_for_value(phone, chosen, "Off")
