"""Both pages for everybody: axe-core on every view in both schemes, and the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.checks.axe import violations
from tests.browser.driving.observer import Observer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System
from tests.waiting import eventually

Scheme = Literal["light", "dark"]
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
DESK: ViewportSize = {"width": 1280, "height": 800}
HAND: ViewportSize = {"width": 390, "height": 844}


def is_sound(screen: PageDriver, scheme: Scheme) -> None:
    """Fail if axe-core finds a fault once the page stands still."""
    screen.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert violations(screen) == []


def fill(observer: Observer) -> None:
    """Put three films into the queue, and play the first."""
    observer.ask("queue/clear")
    for source in ("media/Beta.webm", "media/Alpha (2019).webm", "media/Series/Gamma.webm"):
        assert "result" in observer.ask("queue/add", source.encode())
    observer.ask("jump", b"0")


@SCHEMES
@pytest.mark.parametrize("view", ["Remote", "Queue", "Library", "More"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_every_view_of_the_remote(
    opened: tuple[PlayerPage, RemotePage, Observer], scheme: Scheme, view: str, size: str
) -> None:
    _, phone, observer = opened
    if len(observer.status()["queue"]["items"]) != 3:
        fill(observer)
    # the films may be over, on a busy machine, before all views were looked at
    observer.ask("play")
    phone.page.set_viewport_size(DESK if size == "desk" else HAND)
    if size == "desk" and view == "Remote":
        phone.see("document.querySelector('[data-view=now]').click()")
    else:
        phone.tap(view)
    ready = {
        "Remote": "Pause",
        "Queue": "Remove Gamma",
        "Library": "Series, 2 inside",
        "More": "Rename",
    }
    eventually(lambda: phone.shows(ready[view]), f"{view} is there: {phone.text}")
    is_sound(phone, scheme)


@SCHEMES
def test_the_remote_without_a_link(shelf: System, module_pages: Pages, scheme: Scheme) -> None:
    phone = module_pages.phone(shelf, f"{shelf.url}remote", locale="en")
    phone.wait_for("Open")
    is_sound(phone, scheme)


@SCHEMES
def test_the_remote_of_a_player_that_is_off(
    shelf: System, module_pages: Pages, scheme: Scheme
) -> None:
    player = module_pages.player(shelf)
    phone = module_pages.remote(shelf, player)
    player.close()
    eventually(lambda: phone.player == "offline", "the phone is told")
    is_sound(phone, scheme)


@SCHEMES
def test_the_player(
    opened: tuple[PlayerPage, RemotePage, Observer], scheme: Scheme, shelf: System,
    module_pages: Pages,
) -> None:  # fmt: skip
    player, _, observer = opened
    observer.ask("pause")
    player.point()
    is_sound(player, scheme)
    fresh = module_pages.player(shelf)
    eventually(lambda: fresh.shows("Start"), "the player asks for a click")
    is_sound(fresh, scheme)
    fresh.close()


def test_every_control_of_the_remote_is_large(
    opened: tuple[PlayerPage, RemotePage, Observer],
) -> None:
    _, phone, observer = opened
    fill(observer)
    phone.page.set_viewport_size({"width": 360, "height": 640})
    for view in ("Remote", "Queue", "Library", "More"):
        phone.tap(view)
        eventually(lambda: phone.data("view") is not None, "a view")
        small = phone.see("""Array.from(document.querySelectorAll("button, a, input, select"))
          .filter((it) => it.checkVisibility({ visibilityProperty: true }))
          .map((it) => ({ it, box: it.getBoundingClientRect() }))
          .filter(({ box }) => box.width < 44 || box.height < 44)
          .map(({ it, box }) => `${it.outerHTML}: ${box.width} by ${box.height}`)""")
        assert small == [], view
        wide = phone.see("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{view} is wider than the phone"
    phone.page.set_viewport_size({"width": 390, "height": 844})


def focus(screen: PageDriver, name: str) -> None:
    """Press Tab until what is called `name` has the focus, which must be seen."""

    def focused() -> str:
        return str(
            screen.see("""(() => {
          const it = document.activeElement;
          return it.getAttribute("aria-label") || it.textContent.trim(); })()""")
        )

    for _ in range(60):
        if focused() == name or focused().startswith(f"{name}, "):
            outline = screen.see("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{name} has the focus, and does not show it"
            return
        screen.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name!r}")


def press(screen: PageDriver, name: str, key: str = "Enter") -> None:
    focus(screen, name)
    screen.page.keyboard.press(key)


def test_the_remote_with_the_keyboard_alone(
    shelf: System, pages: Pages, opened: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    pages.watch.expect("Failed to load resource")
    player, _, observer = opened
    observer.ask("queue/clear")
    desk = pages.phone(shelf, player.link, viewport=DESK, locale="en").wait_until_live()
    desk.page.bring_to_front()
    titles: Callable[[], list[str]] = lambda: [  # noqa: E731
        it["title"] for it in observer.status()["queue"]["items"]
    ]
    press(desk, "Library")
    eventually(lambda: desk.shows("Series, 2 inside"), "the library")
    press(desk, "Add Beta to the queue")
    press(desk, "Series, 2 inside")
    eventually(lambda: desk.shows("Add Gamma to the queue"), "the folder")
    press(desk, "Add Gamma to the queue", " ")
    eventually(lambda: titles() == ["Beta", "Gamma"], "both are queued")
    press(desk, "Queue")
    eventually(lambda: desk.shows("Move Beta"), "the queue")
    press(desk, "Move Beta", "ArrowDown")
    eventually(lambda: titles() == ["Gamma", "Beta"], "they have changed places")
    press(desk, "Play Gamma")
    eventually(lambda: "Gamma" in player.video["currentSrc"], "it is loaded")
    press(desk, "Remove Beta")
    eventually(lambda: titles() == ["Gamma"], "it is gone")
    press(desk, "Position", "ArrowRight")
    eventually(lambda: player.time > 9, "ten seconds on")


def test_the_keys_of_a_desktop(
    shelf: System, pages: Pages, opened: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    pages.watch.expect("Failed to load resource")
    player, _, observer = opened
    fill(observer)
    observer.ask("pause")
    observer.ask("volume", b"50")
    observer.ask("rate", b"1")
    desk = pages.phone(shelf, player.link, viewport=DESK, locale="en").wait_until_live()
    eventually(lambda: desk.shows("Remove Gamma"), "the remote with its queue")
    desk.click("More")
    eventually(lambda: desk.shows("1.25 ×"), "the rates")  # noqa: RUF001
    keys = desk.page.keyboard

    def rate() -> list[str]:
        """What the remote shows, once the player does it."""
        shown = desk.see("""Array.from(document.querySelectorAll(".chip[aria-pressed=true]"),
          (it) => it.textContent)""")
        real = player.see("document.querySelector('video').playbackRate")
        return [it for it in shown if it == f"{real:g} ×"]  # noqa: RUF001

    for key, seen in (
        ("Space", player.plays),
        ("Space", lambda: not player.plays()),
        ("ArrowUp", lambda: player.level == 55),
        ("ArrowDown", lambda: player.level == 50),
        ("m", lambda: player.video["muted"]),
        ("m", lambda: not player.video["muted"]),
        ("ArrowRight", lambda: 9 < player.time < 20),
        ("ArrowLeft", lambda: player.time < 5),
        ("]", lambda: rate() == ["1.25 ×"]),  # noqa: RUF001
        ("[", lambda: rate() == ["1 ×"]),  # noqa: RUF001
        ("n", lambda: "Alpha" in player.video["currentSrc"]),
        ("p", lambda: "Beta" in player.video["currentSrc"]),
    ):
        keys.press(key)
        eventually(seen, f"{key} does what it is for")
