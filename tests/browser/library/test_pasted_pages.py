"""The address of a page with a film in it is pasted on the phone: the film is found, and plays."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually
from tests.webapp.links.film_site import FilmSite, film_site

SEARCH = "Search, or paste an address"
CODE = "document.querySelector('a.qr').href"
NOTE = "document.querySelector('library-view .note').textContent"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmSite]:
    film = tmp_path_factory.mktemp("film") / "film.webm"
    ffmpeg(*films.picture(65, "64x36", 1), "-c:v", "libvpx", str(film))
    with film_site(film.read_bytes()) as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    with shared_system(folder, {"ZAPETTE_LINKS_PRIVATE": "true"}) as running:
        yield running


def test_the_film_in_a_page_is_found_and_plays(house: System, site: FilmSite, pages: Pages) -> None:
    # of the page without a film, and of another site
    pages.watch.expect("Failed to load resource")
    pages.watch.expect(f"request to {site.url}/film.mp4")
    # a page that came over https says so of a film over http
    pages.watch.expect(f"Mixed Content: .*{site.url}/film.mp4")
    player = pages.started(house)
    phone = pages.remote(house, player)
    phone.tap("Library")
    eventually(lambda: phone.shows(SEARCH), "the library")
    phone.page.get_by_label(SEARCH).focus()
    # as a person types it
    phone.page.keyboard.insert_text(f"127.0.0.1:{site.port}/about")
    eventually(lambda: phone.shows("Play Une <page> drôle, 1:05"), "its title and length", 60)
    phone.tap("Play Une <page> drôle, 1:05")
    phone.wait_for_alert("Playing: Une <page> drôle")
    assert player.video["currentSrc"] == f"{site.url}/film.mp4"
    # a page without one says so
    phone.page.get_by_label(SEARCH).fill(f"{site.url}/nothing")
    eventually(lambda: phone.see(NOTE).startswith("No film was found in this page."), "words", 60)
    phone.wait_for(f"Play {site.url}/nothing")
    # the address of a film itself needs no look
    asked = len(site.asked)
    phone.page.get_by_label(SEARCH).fill(f"{site.url}/film.mp4")
    eventually(lambda: phone.shows(f"Play {site.url}/film.mp4"), "the address")
    eventually(lambda: phone.see(NOTE) == "", "nothing is said")
    assert len(site.asked) == asked


def test_a_script_finds_the_film_too(house: System, site: FilmSite) -> None:
    find = ("call", "services/links", "find", "--timeout", "60")
    found = house.zapette(*find, f"{site.url}/about")
    assert json.loads(found.stdout)["source"] == f"{site.url}/film.mp4"
    nothing = house.zapette(*find, f"{site.url}/nothing")
    assert nothing.returncode != 0
    assert "media_error: " in nothing.stderr


def test_a_guest_may_add_an_address_unchanged(house: System, site: FilmSite, pages: Pages) -> None:
    """The server looks into no page for guests, and the phone says nothing of it."""
    pages.watch.expect("Failed to load resource")
    player = pages.started(house)
    link = player.see(CODE)
    player.point()
    player.click("For guests")
    eventually(lambda: player.see(CODE) != link, "the guests' link")
    # a phone that has been nothing else
    guest = pages.phone(house, str(player.see(CODE)), locale="en").wait_until_live()
    guest.tap("Library")
    eventually(lambda: guest.shows(SEARCH), "the library")
    with guest.page.expect_response("**/api/links") as answer:
        guest.page.get_by_label(SEARCH).fill(f"{site.url}/about")
    assert answer.value.status == 403
    guest.wait_for(f"Add {site.url}/about to the queue")
    eventually(lambda: guest.see(NOTE) == "", "nothing is said")
