"""A file of the phone plays on the player: sent in parts, through a cut, or given up."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from playwright.sync_api import Request, Route

from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

SECONDS = 4
"""How long a photo is shown here."""

TITLE = "document.querySelector('#title').textContent"
ROWS = "document.querySelectorAll('.uploads .row').length"
WORDS = "(document.querySelector('.uploads .row .about') || {}).textContent"

# Exif: what is on the right in the file belongs to the bottom.
ON_ITS_SIDE = bytes.fromhex(
    "ffe1 0022 457869660000 4d4d002a00000008 0001 0112 0003 00000001 00060000 00000000"
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("house")
    films.short(folder / "media")
    settings = {"ZAPETTE_MEDIA_DIR": str(folder / "media"), "ZAPETTE_CONVERT": "never"}
    settings["ZAPETTE_PHOTO_SECONDS"] = str(SECONDS)
    with sharing(shared_system(folder, settings)) as running:
        yield running


@pytest.fixture(scope="module")
def observer(house: System, player: PlayerPage) -> Iterator[Observer]:
    with Observer(house.household(), player.root) as watching:
        yield watching


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("phone") / "My Holiday.webm"
    ffmpeg(*films.picture(65, "64x36", 2), "-c:v", "libvpx", str(file))
    return file


@pytest.fixture(scope="module")
def player(house: System, module_pages: Pages) -> PlayerPage:
    return module_pages.started(house)


@pytest.fixture(scope="module")
def phone(house: System, player: PlayerPage, module_pages: Pages) -> RemotePage:
    opened = module_pages.remote(house, player)
    opened.tap("Library")
    eventually(lambda: opened.shows("Play from this phone"), "the library")
    return opened


def pick(phone: RemotePage, *files: Path, button: str = "Play from this phone") -> None:
    with phone.page.expect_file_chooser() as chooser:
        phone.tap(button)
    chooser.value.set_files([str(it) for it in files])


def plays(phone: RemotePage, title: str) -> bool:
    # routes are only handled while the page is asked something
    return phone.data("playing") == "true" and phone.see(TITLE) == title


def test_a_film_of_the_phone_plays(observer: Observer, phone: RemotePage, film: Path) -> None:
    pick(phone, film)
    eventually(lambda: plays(phone, "My Holiday"), "a film")
    eventually(lambda: observer.last["source"].startswith("media/.uploads/"), "all are told")
    eventually(lambda: phone.see(ROWS) == 0, "it is no longer on its way")
    # and more go into the queue, in their order
    before = len(observer.last["queue"]["items"])
    pick(phone, film, film, button="Add from this phone to the queue")
    eventually(lambda: len(observer.last["queue"]["items"]) == before + 2, "both are queued")
    assert observer.last["source"] == observer.last["queue"]["items"][0]["source"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A red one, which lies on its side in the file, and a blue one."""
    folder = tmp_path_factory.mktemp("camera")
    red, blue = folder / "Red.jpg", folder / "Blue.jpg"
    for file, colour in ((red, "red"), (blue, "blue")):
        ffmpeg("-f", "lavfi", "-i", f"color={colour}:s=64x32", "-frames:v", "1", str(file))
    start, rest = red.read_bytes()[:2], red.read_bytes()[2:]
    red.write_bytes(start + ON_ITS_SIDE + rest)
    return red, blue


def screen(player: PlayerPage) -> tuple[str, str]:
    """Return the colours at the left edge and in the middle of the player's screen."""
    with av.open(io.BytesIO(player.page.screenshot()), "r") as shot:
        frame = next(shot.decode(video=0)).reformat(width=9, height=9, format="rgb24")
    plane = frame.planes[0]
    pixels = bytes(plane)[4 * plane.line_size :]
    return colour(pixels[:3]), colour(pixels[12:15])


def colour(pixel: bytes) -> str:
    red, green, blue = pixel
    strong = max(red, blue) > 100 and green < 60
    return (
        "black"
        if max(pixel) < 40
        else "red"
        if strong and red > blue
        else "blue"
        if strong
        else "?"
    )


def test_photos_are_a_slide_show(
    observer: Observer, player: PlayerPage, phone: RemotePage, photos: tuple[Path, Path]
) -> None:
    observer.ask("queue/clear")
    level = observer.status()["volume"]
    pick(phone, *photos)
    eventually(lambda: plays(phone, "Blue"), "the second photo follows by itself")
    eventually(lambda: observer.last["title"] == "Blue", "all are told")
    slides = [it.json for it in observer.states if it.json["title"] == "Red"]
    known = [it for it in slides if it["duration"] is not None]
    assert {(it["kind"], it["duration"]) for it in known} == {("image", SECONDS)}
    eventually(lambda: observer.last["ended"], "the show is over")
    assert observer.last["position"] == SECONDS
    # otherwise it may be over, on a busy machine, before it is paused
    observer.ask("repeat", b"one")
    phone.tap("Remote")
    phone.tap("Previous")
    eventually(lambda: plays(phone, "Red"), "the first photo again")
    phone.tap("Pause")
    # asked for: what was told last may still be the end of the show
    eventually(lambda: not observer.status()["playing"], "it is paused")
    paused = observer.status()
    eventually(lambda: screen(player) == ("black", "red"), "it stands upright")
    phone.tap("Next")
    eventually(lambda: screen(player) == ("blue", "blue"), "the second one fills the width")
    between = [it.json for it in observer.states if it.json["seq"] > paused["seq"]]
    assert {it["position"] for it in between if it["title"] == "Red"} <= {paused["position"]}
    # a click on a photo does what one on a film does
    player.point()
    player.page.mouse.click(400, 300)
    eventually(lambda: not observer.status()["playing"], "it pauses the photo")
    player.page.mouse.click(400, 300)
    eventually(lambda: observer.status()["playing"], "it plays the photo on")
    observer.ask("repeat", b"off")
    there = observer.ask("seek", b"3")["result"]
    assert there["position"] >= 3
    assert there["volume"] == level
    phone.tap("Library")


def test_it_goes_on_after_a_cut(
    phone: RemotePage, film: Path, tmp_path: Path, module_pages: Pages
) -> None:
    module_pages.watch.expect("Failed to load resource")
    module_pages.watch.expect("net::ERR")
    large = tmp_path / "Large.webm"
    # with something that no reader looks at behind it
    large.write_bytes(film.read_bytes() + b"\xec\x10\x00\x00\x00\x01\x00\x00" + bytes(3 << 20))
    cut: list[str] = []

    def fail_some(route: Route) -> None:
        if len(cut) < 3 and "offset=" in route.request.url and "offset=0" not in route.request.url:
            cut.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.fallback()

    phone.page.route("**/api/uploads/*", fail_some)
    pick(phone, large)
    eventually(lambda: plays(phone, "Large"), "it plays", 60)
    phone.page.unroute("**/api/uploads/*")
    assert len(cut) == 3


def test_what_is_no_medium_is_refused_in_words(
    phone: RemotePage, tmp_path: Path, module_pages: Pages
) -> None:
    module_pages.watch.expect("Failed to load resource")
    text = tmp_path / "letter.mp4"
    text.write_text("Dear all, this is a letter.\n" * 100)
    pick(phone, text)
    eventually(lambda: phone.see(WORDS) == "A text, not a film", "the reason")
    phone.tap("Remove letter.mp4 from this list")
    eventually(lambda: phone.see(ROWS) == 0, "it is gone")


def test_heic_that_the_phone_cannot_read_is_not_sent(phone: RemotePage, tmp_path: Path) -> None:
    photo = tmp_path / "IMG_0001.HEIC"
    photo.write_bytes(bytes.fromhex("00000018 66747970 68656963 00000000 6d696631 68656963"))
    sent: list[str] = []

    def note(request: Request) -> None:
        if "/api/uploads" in request.url:
            sent.append(request.url)

    phone.page.on("request", note)
    pick(phone, photo)
    reason = "This browser cannot read HEIC photos. Save it as JPEG first."
    eventually(lambda: phone.see(WORDS) == reason, "the reason")
    phone.page.remove_listener("request", note)
    assert not sent
    phone.tap("Remove IMG_0001.HEIC from this list")
    eventually(lambda: phone.see(ROWS) == 0, "it is gone")


def test_a_person_gives_it_up(house: System, phone: RemotePage, film: Path, tmp_path: Path) -> None:
    large = tmp_path / "Too long.webm"
    large.write_bytes(film.read_bytes() + bytes(20 << 20))
    held: list[Route] = []

    def hold_the_second(route: Route) -> None:
        if "offset=524288" in route.request.url:
            held.append(route)
        else:
            route.fallback()

    phone.page.route("**/api/uploads/*", hold_the_second)
    pick(phone, large)
    eventually(lambda: phone.see("1") and held, "a part is on its way")
    eventually(lambda: phone.see(WORDS) == "2% sent", "how much is sent")
    phone.tap("Cancel Too long.webm")
    phone.page.unroute("**/api/uploads/*")
    eventually(lambda: phone.see(ROWS) == 0, "it is gone")
    uploads = house.data / "uploads"
    eventually(lambda: not [it for it in uploads.iterdir() if list(it.glob(".part"))], "and there")


def guest_of(system: System, player: PlayerPage, pages: Pages) -> RemotePage:
    """Return a guest's phone that shows the library."""
    link = player.link
    player.point()
    player.click("For guests")
    code = "document.querySelector('a.qr').href"
    eventually(lambda: player.see(code) != link, "another link")
    guest = pages.phone(system, str(player.see(code))).wait_until_live()
    guest.tap("Library")
    eventually(lambda: guest.see("!!document.querySelector('library-view .pickers')"), "the view")
    return guest


def test_guests_are_not_offered_it(house: System, player: PlayerPage, module_pages: Pages) -> None:
    guest = guest_of(house, player, module_pages)
    assert not guest.shows("Play from this phone")
    assert not guest.shows("Add from this phone to the queue")


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A household whose guests may upload, a MiB at most."""
    folder = tmp_path_factory.mktemp("open")
    settings = {"ZAPETTE_GUEST_UPLOADS": "true", "ZAPETTE_UPLOADS_MAX": "1"}
    settings["ZAPETTE_MEDIA_DIR"] = str(films.short(folder / "media"))
    with sharing(shared_system(folder, settings)) as running:
        yield running


def test_guests_queue_files_if_the_household_lets_them(
    open_house: System, pages: Pages, film: Path, tmp_path: Path
) -> None:
    pages.watch.expect("Failed to load resource")
    player = pages.started(open_house)
    guest = guest_of(open_house, player, pages)
    # guests may add to the queue, and not play at once
    assert not guest.shows("Play from this phone")
    with Observer(open_house.household(), player.root) as observer:
        pick(guest, film, button="Add from this phone to the queue")
        eventually(
            lambda: observer.last["queue"]["items"][-1]["title"] == "My Holiday", "it is queued"
        )
    large = tmp_path / "Large.webm"
    large.write_bytes(film.read_bytes() + bytes(1 << 20))
    pick(guest, large, button="Add from this phone to the queue")
    words = "The file is too large for this server."
    eventually(lambda: (guest.see(WORDS) or "").startswith(words), "the reason")
