"""The player's page at every size, in both languages, with the longest texts there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest
from playwright.sync_api import Route

from tests.browser.checks import layout
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually

SIZES: Final = [(800, 600), (960, 540), (1024, 600), (1024, 768), (1280, 720), (1366, 768),
                (1920, 1080), (2560, 1080), (3840, 2160)]  # fmt: skip
PARTS: Final = ("header", ".stage", "qr-card", "footer")
STRANGELOVE: Final = (
    "Dr. Strangelove or How I Learned to Stop Worrying and Love the Bomb and Other Stories"
)
FILM: Final = "media/Beta.webm"
NO_FILM: Final = f"http://127.0.0.1:1/{'a' * 200}.webm"
MEAL: Final = ("Le repas est servi, venez avant qu'il ne refroidisse. " * 20)[:1000]
TITLES: Final = {"words": (STRANGELOVE * 3)[:200], "one word": "W" * 200, "short": "M"}
CANDIDATES: Final = [
    {"ip": "192.168.100.100", "interface": "enp0s31f6"},
    {"ip": "fd00:1234:5678:9abc:def0:1234:5678:9abc", "interface": "wlp0s20f3"},
]

_SHOWN: Final = "document.querySelector('screen-message:not([hidden])')?.textContent.trim()"
_NEXT_IS_CUT: Final = """((next) => next !== null && next.scrollHeight > next.clientHeight)(
  document.querySelector("now-playing .next"))"""
_MESSAGE: Final = """(({ scrollHeight, clientHeight, classList }, { top, bottom }) => ({
  inside: top >= 0 && bottom <= innerHeight,
  small: classList.contains("small"),
  whole: scrollHeight <= clientHeight,
  marked: getComputedStyle(document.querySelector("screen-message"), "::after").content !== "none",
}))(document.querySelector("screen-message"),
  document.querySelector("screen-message").getBoundingClientRect())"""
_BEFORE_LENGTH: Final = (
    "getComputedStyle(document.querySelector('footer .duration'), '::before').content"
)

Shown = tuple[PlayerPage, Observer]


def _addresses(route: Route) -> None:
    route.fulfill(json={"ip": CANDIDATES[0]["ip"], "candidates": CANDIDATES})


@pytest.fixture(scope="module", params=["en", "fr"])
def shown(request: pytest.FixtureRequest, shelf: System, module_pages: Pages) -> Iterator[Shown]:
    module_pages.watch.expect(r"Failed to load resource|net::ERR_|127.0.0.1:1/")
    context = module_pages.context(locale=request.param)
    context.route("**/api/ip", _addresses)
    player = module_pages.player(shelf, context=context)
    with Observer(shelf.household(), player.root) as observer:
        eventually(lambda: player.see("document.querySelector('select').length") == 2, "addresses")
        observer.ask("rename", json.dumps(["W" * 64]).encode())
        observer.ask("sleep", b"90")
        yield player, observer


def _load(observer: Observer, source: str, title: str) -> None:
    observer.ask("queue/clear")
    answer = observer.ask("load", json.dumps([source, title]).encode())
    assert "result" in answer or answer["error"]["code"] == "media_error", answer
    observer.ask("queue/add", json.dumps(["media/Alpha (2019).webm", title]).encode())
    observer.ask("pause")


def _check(player: PlayerPage, title: str) -> None:
    wanted = json.dumps(title[:8])
    eventually(
        lambda: player.see(f"document.querySelector('#title').textContent.startsWith({wanted})"),
        "the title",
    )
    faults = []
    for width, height in SIZES:
        player.page.set_viewport_size({"width": width, "height": height})
        found, lines = layout.sizes(player, "#title", *PARTS)
        if lines > 2:
            found.append(f"the title has {lines} lines")
        # a second line would show the tops of its letters
        if player.see(_NEXT_IS_CUT):
            found.append("what comes next is cut off below")
        faults += [f"{width}x{height}: {it}" for it in found]
    assert faults == []


def _has_before_length(player: PlayerPage, content: str) -> bool:
    return bool(player.see(_BEFORE_LENGTH) == content)


@pytest.mark.parametrize("title", TITLES)
def test_before_the_click(shown: Shown, title: str) -> None:
    player, observer = shown
    if player.data("gestureRequired") != "true":
        player.page.reload()
        player.wait_until_live()
        eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    _load(observer, FILM, TITLES[title])
    _check(player, TITLES[title])


# each card and each medium once, and the other way about only in CI
@pytest.mark.parametrize(
    ("role", "source"),
    [
        ("remote", FILM),
        ("guest", NO_FILM),
        pytest.param("guest", FILM, marks=pytest.mark.long),
        pytest.param("remote", NO_FILM, marks=pytest.mark.long),
    ],
)
def test_paused_and_with_a_code_to_type(shown: Shown, source: str, role: str) -> None:
    player, observer = shown
    player.page.set_viewport_size({"width": 1920, "height": 1080})
    card = player.page.locator("qr-card")
    if card.get_attribute("for") != role:
        card.locator(".row button").nth(0).click()
    for title in TITLES.values():
        _load(observer, source, title)
        _check(player, title)
    player.page.set_viewport_size({"width": 1920, "height": 1080})
    card.locator(".row button").nth(1).click()
    player.page.locator(".code:not([hidden])").wait_for()
    for title in TITLES.values():
        _load(observer, source, title)
        _check(player, title)


def test_a_slash_is_only_before_a_length(shown: Shown) -> None:
    player, observer = shown
    for source, slash in ((FILM, '"/"'), (NO_FILM, "none")):
        # another film may not take the place of one that plays, unless it can be played
        observer.ask("pause")
        observer.ask("queue/clear")
        observer.ask("load", json.dumps([source]).encode())
        eventually(partial(_has_before_length, player, slash), f"{slash} with {source}")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (MEAL[:7], True),
        (MEAL[:299], True),
        (MEAL, True),
        ("\n".join(["line"] * 12), True),
        (MEAL.upper(), False),
        ("W" * 1000, False),
        ("\n".join(["line"] * 40), False),
    ],
    ids=["short", "299", "1000", "12 lines", "capitals", "one word", "40 lines"],
)
def test_a_message_is_whole_or_says_that_it_is_not(shown: Shown, text: str, fits: bool) -> None:
    player, observer = shown
    observer.ask("message", json.dumps([text, 3600]).encode())
    eventually(lambda: player.see(_SHOWN) == text.strip(), "the message")
    for width, height in SIZES:
        player.page.set_viewport_size({"width": width, "height": height})
        assert layout.faults(player) == []

        def is_right() -> bool:
            it = player.see(_MESSAGE)
            cut = it["small"] and it["marked"] and not fits
            return it["inside"] and (not it["marked"] if it["whole"] else cut)

        # the page measures it after a change of its size
        eventually(is_right, f"the message is right at {width}x{height}")
    observer.ask("message", b'[".", 1]')


@pytest.mark.parametrize("size", [(320, 568), (390, 664), (568, 320), (667, 375)])
@pytest.mark.parametrize(("locale", "start"), [("en", "Start"), ("fr", "Démarrer")])
def test_a_phone(
    shelf: System, pages: Pages, size: tuple[int, int], locale: str, start: str
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    player = pages.player(shelf, viewport=viewport, locale=locale)
    eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    player.click(start)
    eventually(lambda: player.data("gestureRequired") == "false", "the click is enough")
    found, _ = layout.sizes(player, "#title", *PARTS)
    assert found == []
