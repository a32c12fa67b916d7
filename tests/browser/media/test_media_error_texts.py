"""What goes wrong with a medium is said in words, and in the language of the browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driving.observer import Observer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

# All texts of a page that a person can see or hear read out.
TEXTS = """(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (parentElement.localName !== "script") texts.push(data.trim());
  }
  for (const it of document.querySelectorAll("*")) {
    for (const name of ["aria-label", "aria-valuetext", "title", "alt", "placeholder"]) {
      texts.push((it.getAttribute(name) || "").trim());
    }
  }
  return [document.title, ...texts.filter(Boolean)];
})()"""
# What only the other language says, by the pages' own tables.
FOREIGN = """Promise.all(
  ["en", "fr"].map((it) => import(new URL(`static/i18n/${it}.js`, document.baseURI))),
).then(([{ en }, { fr }]) => {
    const own = Object.values(%(own)s);
    return Object.values(%(other)s).filter((text) => !own.includes(text));
  })"""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with one good medium and what is wrong with others."""
    folder = tmp_path_factory.mktemp("media")
    picture = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=5:duration=20"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=20"]
    for name, codecs in {
        "a good one.webm": ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"],
        "old codec.mp4": ["-c:v", "mpeg4", "-an"],
        "container.mkv": ["-c:v", "mpeg2video", "-c:a", "mp2"],
    }.items():
        ffmpeg(*picture, *sound, *codecs, str(folder / name))
    good = (folder / "a good one.webm").read_bytes()
    (folder / "noise.webm").write_bytes(bytes(range(256)) * 64)
    (folder / "empty.webm").write_bytes(b"")
    (folder / "damaged.webm").write_bytes(good[:3000] + b"\xff" * 6000 + good[9000:])
    (folder / "notes.txt").write_text("not a medium")
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Any:
    with sharing(
        shared_system(
            tmp_path_factory.mktemp("library"),
            # what the browser does not decode is refused, and not converted
            {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_CONVERT": "never"},
        )
    ) as system:
        yield system


@pytest.fixture(scope="module")
def shown(library: System, module_pages: Pages) -> Any:
    module_pages.watch.expect(r"Failed to load resource|net::ERR_")
    player = module_pages.started(library)
    with Observer(library.household(), player.root) as observer:
        yield player, module_pages.remote(library, player), observer


@pytest.mark.parametrize(
    "name", ["there is none.webm", "noise.webm", "empty.webm", "damaged.webm", "notes.txt",
             "old codec.mp4", "container.mkv"]
)  # fmt: skip
def test_a_medium_that_cannot_be_played(
    shown: tuple[PlayerPage, RemotePage, Observer], name: str
) -> None:
    player, phone, observer = shown
    # a good one would stay instead of one that does not exist
    observer.ask("load", b"media/damaged.webm")
    answer = observer.ask("load", f"media/{name}".encode())
    assert answer["error"]["code"] == "media_error"
    assert name in answer["error"]["message"]
    state = observer.status()
    assert state["error"] == answer["error"]
    assert "play" not in state["can"]
    assert state["playing"] is False
    phone.wait_for_notice(name)
    assert phone.notice.startswith("This cannot be played.")
    assert observer.ask("play")["error"]["code"] == "media_error"
    # the next good one is played as if nothing had been
    state = observer.ask("load", b"media/a good one.webm")["result"]
    assert (state["error"], state["playing"], state["title"]) == (None, True, "a good one")
    player.advances(by=0.2)
    eventually(lambda: phone.notice == "Connected", "the phone says so")
    assert "result" in observer.ask("pause")


def test_a_host_that_is_not_there(
    module_pages: Pages, shown: tuple[PlayerPage, RemotePage, Observer]
) -> None:
    _, phone, observer = shown
    # a page that came over https asks for it over https, and says so
    module_pages.watch.expect("127.0.0.1:1/film.webm")
    # a port that a browser never opens, so that no packet leaves the machine
    answer = observer.ask("load", b"http://127.0.0.1:1/film.webm")
    assert answer["error"]["code"] == "media_error"
    assert "127.0.0.1:1/film.webm" in answer["error"]["message"]
    phone.wait_for_notice("This cannot be played.")
    observer.ask("load", b"media/a good one.webm")


def foreign(screen: PageDriver, own: str, other: str) -> set[str]:
    """Return what a page says in the other language."""
    return set(screen.see(TEXTS)) & set(screen.see(FOREIGN % {"own": own, "other": other}))


@pytest.mark.parametrize(
    ("locale", "own", "other", "play", "start"),
    [
        ("fr-FR", "fr", "en", "Lecture", "Démarrer"),
        ("fr-CA", "fr", "en", "Lecture", "Démarrer"),
        ("en-GB", "en", "fr", "Play", "Start"),
        ("de-DE", "en", "fr", "Play", "Start"),
    ],
)
def test_the_language_of_the_browser(
    system: System, pages: Pages, locale: str, own: str, other: str, play: str, start: str
) -> None:
    player = pages.player(system, locale=locale)
    phone = pages.remote(system, player, locale=locale)
    screens: list[PageDriver] = [player, phone]
    eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    for screen in screens:
        assert screen.see("document.documentElement.lang") == own
        assert foreign(screen, own, other) == set()
    player.click(start)
    phone.tap(play)
    player.advances()
    eventually(lambda: not phone.shows(play), "the phone shows it")
    for screen in screens:
        assert foreign(screen, own, other) == set()
    player.close()
    eventually(lambda: phone.player == "offline", "the phone is told")
    assert foreign(phone, own, other) == set()


def test_the_other_language_would_be_noticed(system: System, pages: Pages) -> None:
    player = pages.player(system, locale="fr-FR")
    assert "Connecté" in foreign(player, own="en", other="fr")


@pytest.mark.own_port("it opens the pages over plain HTTP, without a proxy")
@pytest.mark.parametrize("origin", ["lan", "name"])
def test_a_plain_http_origin(new_system: Callable[..., System], pages: Pages, origin: str) -> None:
    system = new_system(ZAPETTE_ALLOWED_HOSTS="tv.localhost")
    host = str(system.get("api/ip").json["ip"])
    if origin == "name":
        host = "tv.localhost"
    elif host.startswith("127."):
        pytest.skip("this machine has no address but the loopback's")
    player = pages.player(system, url=f"http://{host}:{system.http_port}/").start()
    if origin == "lan":
        assert player.see("isSecureContext") is False
    phone = pages.remote(system, player)
    phone.tap("Play")
    player.advances()
    phone.wait_for("Pause")
    id_before = player.id
    player.page.reload(wait_until="commit")
    assert player.wait_until_live().id == id_before
