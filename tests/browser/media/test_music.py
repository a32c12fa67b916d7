"""A song is seen, too: its cover, its title and whose it is, on both pages, never in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

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

SONG: Final = "media/song.mp3"
TAGS: Final = {"title": "Gymnopédie", "artist": "Erik Satie", "album": "Trois"}
WHERE: Final = """(({ left, top, right, bottom }) => [left, top, right, bottom])(
  document.querySelector("music-view").getBoundingClientRect())"""

# Every 20 seconds it is put elsewhere: here ten times as often.
OFTEN: Final = """{
  const start = setInterval;
  setInterval = (done, every) => start(done, every === 20000 ? 2000 : every);
}"""

Shown = tuple[PlayerPage, RemotePage, Observer]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("music")
    media = folder / "media"
    media.mkdir()
    ffmpeg(*films.picture(2), *films.sound(2), "-c:v", "libvpx", str(media / "film.webm"))
    cover = folder / "cover.png"
    ffmpeg(*films.picture(1, "300x300", 1), "-frames:v", "1", str(cover))
    tags = [it for name, text in TAGS.items() for it in ("-metadata", f"{name}={text}")]
    ffmpeg(*films.sound(40), "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy",
                 "-disposition:v", "attached_pic", *tags, str(media / "song.mp3"))  # fmt: skip
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        eventually(lambda: _album(running) == TAGS["album"], "the song is known", 60)
        yield running


def _album(system: System) -> Any:
    (entry,) = system.get("api/library?path=song.mp3").json["entries"]
    return entry["album"]


@pytest.fixture(scope="module")
def shown(house: System, module_pages: Pages) -> Iterator[Shown]:
    module_pages.watch.expect("Failed to load resource")
    context = module_pages.context()
    context.add_init_script(OFTEN)
    player = module_pages.started(house, context=context)
    with Observer(house.household(), player.root) as observer:
        yield player, module_pages.remote(house, player), observer


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_song(shown: Shown, motion: Any) -> None:
    player, phone, observer = shown
    player.page.emulate_media(reduced_motion=motion)
    observer.ask("load", b"media/film.webm")
    observer.ask("load", SONG.encode())
    state = eventually(lambda: _known(observer), "the state tells whose it is")
    assert state is not None
    assert {name: state[name] for name in TAGS} == TAGS
    about = f"{TAGS['artist']} · {TAGS['album']}"
    eventually(lambda: TAGS["title"] in phone.text and about in phone.text, "the phone shows it")
    poster = "(({ hidden, naturalWidth }) => !hidden && naturalWidth > 0)"
    eventually(lambda: phone.see(f"{poster}(document.querySelector('#poster'))"), "its cover")
    # nobody uses the controls: the song alone is on the screen
    eventually(lambda: player.data("present") == "false", "the controls go")
    eventually(lambda: float(player.see("getComputedStyle(document.querySelector('music-view'))"
                                        ".opacity")) == 1, "the song is seen")  # fmt: skip
    eventually(lambda: player.see(f"{poster}(document.querySelector('music-view img'))"), "a cover")
    words = str(player.see("document.querySelector('music-view').innerText"))
    assert TAGS["title"] in words
    assert about in words
    begun = player.see(WHERE)
    size = (1280, 720)
    moved = eventually(lambda: _elsewhere(player, begun), "it is elsewhere", 60)
    for left, top, right, bottom in (begun, moved or begun):
        assert -1 <= left < right <= size[0] + 1
        assert -1 <= top < bottom <= size[1] + 1
    observer.ask("load", b"media/film.webm")
    eventually(lambda: player.see("document.querySelector('music-view').hidden"), "a film again")
    assert observer.status()["artist"] is None


def _known(observer: Observer) -> dict[str, Any] | None:
    state = observer.status()
    return state if state["kind"] == "audio" and state["artist"] else None


def _elsewhere(player: PlayerPage, begun: list[float]) -> list[float] | None:
    now = list(player.see(WHERE))
    return now if max(abs(now[0] - begun[0]), abs(now[1] - begun[1])) > 20 else None
