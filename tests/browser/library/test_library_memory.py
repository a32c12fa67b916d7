"""A long list grows while one scrolls, and the library is found again as it was left."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import WebSocketRoute

from tests.browser.driving.chromium import PHONE
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

FILMS: Final = 320
ROWS: Final = "document.querySelectorAll('library-view .row').length"
# what is at the upper edge, and where in the page
SEEN: Final = """(() => {
  const rows = Array.from(document.querySelectorAll("#panel .row"));
  const first = rows.find((it) => it.getBoundingClientRect().bottom > 80);
  const name = first && first.querySelector(".name");
  return [Math.round(scrollY), name && name.textContent, rows.length];
})()"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    many = folder / "media" / "Many"
    many.mkdir(parents=True)
    first = folder / "first.webm"
    ffmpeg(*films.picture(1), "-c:v", "libvpx", str(first))
    os.link(first, folder / "media" / "Alone.webm")
    for number in range(1, FILMS + 1):
        # nobody plays them
        (many / f"Film {number:03}.webm").touch()
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(folder / "media")})) as running:
        eventually(lambda: _many(running)["total"] == FILMS, "all are found")
        yield running


def _many(system: System) -> Any:
    return system.get("api/library?path=Many").json


@pytest.fixture(scope="module")
def player(house: System, module_pages: Pages) -> PlayerPage:
    module_pages.watch.expect("Failed to load resource")
    return module_pages.started(house)


@pytest.fixture
def phone(house: System, pages: Pages, player: PlayerPage) -> RemotePage:
    pages.watch.expect("Failed to load resource")
    opened = pages.remote(house, player, context=pages.context(**PHONE, locale="en"))
    opened.tap("Library")
    opened.tap("Many, 320 inside")
    eventually(lambda: opened.see(ROWS) >= 20, "the folder")
    return opened


def _scroll_to(phone: RemotePage, name: str) -> tuple[float, str, int]:
    """Scroll as a person does until a film is there; return what is seen then."""

    def there() -> bool:
        return bool(
            phone.see(f"""(() => {{
          const it = Array.from(document.querySelectorAll("#panel .name"))
            .find((it) => it.textContent === "{name}");
          if (it) it.scrollIntoView();
          else void scrollBy(0, innerHeight);
          return !!it;
        }})()""")
        )

    eventually(there, f"{name} in the list")
    seen = eventually(lambda: _settled(phone), "the page stands still")
    assert seen is not None
    return seen


def _settled(phone: RemotePage) -> tuple[float, str, int] | None:
    """Return what is seen once the page has kept in mind where that is."""
    top, name, rows = phone.see(SEEN)
    kept = "history.state && history.state.top + document.querySelector('library-view').start"
    return (top, name, rows) if abs(phone.see(kept) - top) <= 1 else None


def _same(phone: RemotePage, seen: tuple[float, str, int]) -> None:
    def again() -> bool:
        top, name, _ = phone.see(SEEN)
        return bool(abs(top - seen[0]) <= 2 and name == seen[1])

    eventually(again, f"{seen} again")


def test_one_list_that_grows_while_one_scrolls(phone: RemotePage) -> None:
    _scroll_to(phone, "Film 320")
    assert phone.see(ROWS) == FILMS
    names = phone.see("Array.from(document.querySelectorAll('#panel .name'), it => it.textContent)")
    assert names == [f"Film {number:03}" for number in range(1, FILMS + 1)]
    assert not phone.shows("Show more")


def test_a_list_that_stops_half_way_goes_on(phone: RemotePage) -> None:
    phone.page.route("**/api/library?*", lambda route: route.abort())
    eventually(
        lambda: phone.see("void scrollBy(0, innerHeight)") or phone.shows("Try now"), "it fails"
    )
    phone.page.unroute_all(behavior="wait")
    phone.tap("Try now")
    _scroll_to(phone, "Film 320")
    assert phone.see(ROWS) == FILMS


def test_a_place_is_found_before_the_player_answers(phone: RemotePage) -> None:
    """What the player can do adds controls above the rows."""
    seen = _scroll_to(phone, "Film 249")
    is_open = threading.Event()

    def answer(socket: WebSocketRoute) -> None:
        if is_open.is_set():
            socket.connect_to_server()
        else:
            socket.close()

    phone.page.route_web_socket("**/mqtt", answer)
    phone.page.reload(wait_until="commit")
    eventually(lambda: phone.see("scrollY") > 300, "the place in the list")
    is_open.set()
    phone.wait_until_live()
    _same(phone, seen)


@pytest.mark.parametrize("search", ["", "film 2"])
def test_the_library_is_as_it_was(phone: RemotePage, search: str) -> None:
    if search:
        phone.tap("Search, or paste an address")
        phone.page.keyboard.type(search)
        eventually(lambda: phone.see(ROWS) < 200 and phone.see(ROWS) > 90, "what is found")
    seen = _scroll_to(phone, "Film 249")
    for view in ("Queue", "More", "Remote"):
        phone.tap(view)
        eventually(lambda: phone.see("scrollY") < 300, "another view")
        phone.tap("Library")
        _same(phone, seen)
    query = parse_qs(urlsplit(str(phone.see("location.href"))).query)
    assert query["path"] == ["Many"]
    assert query.get("search", [""]) == [search]
    # over a reload
    phone.page.reload(wait_until="commit")
    phone.wait_until_live()
    _same(phone, seen)
    box = "document.querySelector('input[type=search]').value"
    assert phone.see(box) == search
    # and "back", from another view and from a folder
    phone.tap("Queue")
    eventually(lambda: phone.data("view") == "queue", "the queue")
    phone.page.go_back(wait_until="commit")
    _same(phone, seen)
    assert phone.see(box) == search
    # the tab that is open leads to the top
    phone.tap("Library")
    eventually(lambda: phone.shows("Many, 320 inside"), "the top")
    assert phone.see(box) == ""
    phone.page.go_back(wait_until="commit")
    _same(phone, seen)


def test_the_order_is_kept(phone: RemotePage) -> None:
    phone.tap("Newest")
    eventually(lambda: "order=added" in str(phone.see("location.href")), "the address says so")
    phone.page.reload(wait_until="commit")
    phone.wait_until_live()
    pressed = "(document.querySelector('#panel .chip[aria-pressed=true]') || {}).textContent"
    eventually(lambda: phone.see(pressed) == "Newest", "it is kept")


def test_a_folder_is_opened_at_its_top(phone: RemotePage) -> None:
    _scroll_to(phone, "Film 100")
    phone.page.locator(".crumbs button").first.dispatch_event("click")
    eventually(lambda: phone.shows("Many, 320 inside"), "the top")
    eventually(lambda: phone.see("scrollY") == 0, "it is at its top")
