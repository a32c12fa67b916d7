"""Real films of all kinds, unconverted: what can be played is, of the rest it is said why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer, titles
from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

HLS = "performance.getEntriesByType('resource').filter((it) => it.name.includes('hls.js')).length"

HEAVY = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-movflags", "+faststart")

EMPTIED = """(() => {
  window.emptied = 0;
  document.querySelector("video").addEventListener("emptied", () => { window.emptied += 1; });
})()"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("archive")
    media = films.make_kinds(folder / "media")
    settings = {"ZAPETTE_MEDIA_DIR": str(media), "ZAPETTE_CONVERT": "never"}
    with sharing(shared_system(folder, settings)) as system:
        # more of it than a browser loads ahead
        heavy = ("testsrc2=d=30:s=320x240:r=10,noise=alls=100:allf=t", "-pix_fmt", "yuv420p")
        ffmpeg("-f", "lavfi", "-i", *heavy, *HEAVY, str(media / "heavy.mp4"))
        # so that what the library says does not depend on the moment
        system.wait_for_index()
        yield system


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    module_pages.watch.expect(r"Failed to load resource|net::ERR_|127\.0\.0\.1:1/film")
    return module_pages


def test_hls_js_is_loaded_only_when_it_is_needed(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "media/good.mp4")
    assert controlled.player.see(HLS) == 0
    state = controlled.ask("load", "media/stream/film.m3u8")
    assert controlled.player.see(HLS) >= 1
    assert (state["playing"], state["error"]) == (True, None)
    assert state["duration"] == pytest.approx(films.SECONDS, abs=0.5)
    controlled.player.advances(0.2)
    assert controlled.player.see("document.querySelector('video').videoWidth") == 160
    # and one can go where one wants
    controlled.ask("pause")
    assert controlled.ask("seek", 3)["position"] == pytest.approx(3, abs=0.1)


def test_the_sounds_of_a_stream(controlled: ControlledPlayer, house: System, pages: Pages) -> None:
    controlled.ask("load", "media/stream/film.m3u8")
    state = eventually(
        lambda: (it := controlled.observer.status())["audio"]["tracks"] and it, "there is a choice"
    )
    assert "audio" in state["can"]
    assert [it["language"] for it in state["audio"]["tracks"]] == ["en", "fr"]
    assert state["audio"]["active"] == "0"
    controlled.ask("audio", "1")
    eventually(lambda: controlled.observer.status()["audio"]["active"] == "1", "the other is heard")
    assert controlled.refused("audio", "7")["code"] == "invalid_argument"
    assert controlled.refused("audio", None)["code"] == "not_supported"
    # and by the phone
    phone = pages.remote(house, controlled.player)
    phone.tap("More")
    tracks = state["audio"]["tracks"]
    phone.tap(tracks[0]["label"])
    eventually(lambda: controlled.observer.status()["audio"]["active"] == "0", "the first again")
    chosen = "document.querySelector('[aria-label=\"Sound track\"] [aria-pressed=true]').innerText"
    eventually(lambda: phone.see(chosen) == tracks[0]["label"], "the phone shows it")
    # a film of one sound has no choice
    assert "audio" not in controlled.ask("load", "media/good.mp4")["can"]


def test_a_stream_ends_and_the_queue_goes_on(controlled: ControlledPlayer) -> None:
    controlled = controlled.prepare_loaded("media/stream/film.m3u8", "media/good.mp4")
    controlled.ask("seek", films.SECONDS - 2)
    controlled.ask("play")
    eventually(
        lambda: controlled.source == "media/good.mp4" and controlled.player.plays(), "the next", 20
    )


@pytest.mark.parametrize("name", ["good.mp4", "mute.webm", "song.mp3"])
def test_what_can_be_played(controlled: ControlledPlayer, name: str) -> None:
    state = controlled.ask("load", f"media/{name}")
    assert (state["playing"], state["error"]) == (True, None)
    assert state["duration"] == pytest.approx(films.SECONDS, abs=0.2)
    controlled.player.advances(0.2)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("unseen.mp4", "MPEG-4"),
        ("headless.mp4", "no film"),
        ("lost/lost.m3u8", "no such medium"),
        ("nothing.m3u8", "no such medium"),
        ("nothing.mp4", "not found"),
    ],
)
def test_what_cannot_be_played_is_said_in_words(
    controlled: ControlledPlayer, name: str, why: str
) -> None:
    # a good medium would stay
    controlled.ask("pause")
    controlled.refused("load", "media/lost/lost.m3u8")
    error = controlled.refused("load", f"media/{name}")
    assert error["code"] == "media_error"
    assert name in error["message"]
    assert why in error["message"]
    state = controlled.observer.status()
    assert state["error"] == error
    assert (state["playing"], state["buffering"]) == (False, False)
    assert "play" not in state["can"]


def test_a_paused_film_stays_if_another_does_not_exist(controlled: ControlledPlayer) -> None:
    controlled = controlled.prepare_loaded("media/good.mp4", "media/none.mp4")
    controlled.ask("seek", films.SECONDS / 2)
    controlled.player.see(EMPTIED)
    seq = controlled.observer.status()["seq"]
    for procedure, *parameters in (
        ["load", "media/none.mp4"], ["load", "media/no folder"], ["jump", 1], ["next"]
    ):  # fmt: skip
        assert controlled.refused(str(procedure), *parameters)["code"] == "media_error"
        assert controlled.observer.status()["seq"] == seq
    assert controlled.player.see("window.emptied") == 0


def test_a_film_plays_on_if_another_cannot_be_played(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    controlled = controlled.prepare_loaded("media/good.mp4", "media/mute.webm")
    controlled.ask("repeat", "one")
    controlled.ask("play")
    controlled.player.see(EMPTIED)
    for source in ("media/none.mp4", "media/no folder", "media/headless.mp4", "media/unseen.mp4"):
        error = controlled.refused("load", source)
        assert error["code"] == "media_error"
        assert source in error["message"]
        state = controlled.observer.status()
        assert (state["source"], state["error"]) == ("media/good.mp4", None)
        assert (state["playing"], titles(state)) == (True, "[good] mute")
    phone = pages.remote(house, controlled.player)
    phone.tap("Library")
    phone.tap("Play unseen")
    phone.wait_for_alert("cannot be played")
    assert controlled.player.see("window.emptied") == 0
    controlled.player.advances(0.2)


def test_next_and_previous_skip_what_cannot_be_played(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    broken = ("media/unseen.mp4", "media/lost/lost.m3u8", "media/none.mp4")
    controlled = controlled.prepare_loaded("media/good.mp4", *broken, "media/mute.webm")
    phone = pages.remote(house, controlled.player)
    # not sooner: on a busy machine it might end before the tap
    controlled.ask("play")
    phone.tap("Next")
    phone.wait_for_alert("Skipped: none.")
    state = controlled.observer.status()
    assert (state["source"], state["queue"]["index"]) == ("media/mute.webm", 4)
    assert (state["playing"], state["skipped"]["source"]) == (True, "media/none.mp4")
    state = controlled.ask("previous")
    assert (state["source"], state["playing"]) == ("media/good.mp4", True)
    assert state["skipped"]["source"] == "media/unseen.mp4"
    controlled.player.advances(0.2)


@pytest.mark.parametrize("broken", ["media/unseen.mp4", "media/lost/lost.m3u8"])
def test_a_film_plays_on_if_nothing_that_follows_can_be_played(
    controlled: ControlledPlayer, house: System, pages: Pages, broken: str
) -> None:
    controlled = controlled.prepare_loaded("media/good.mp4", broken, "media/none.mp4")
    controlled.ask("repeat", "one")
    controlled.ask("seek", films.SECONDS / 4)
    controlled.ask("play")
    controlled.player.see(EMPTIED)
    for procedure in (("next",), ("jump", 1)):
        assert broken in controlled.refused(*procedure)["message"]
        state = controlled.observer.status()
        assert (state["source"], state["error"]) == ("media/good.mp4", None)
        assert (state["playing"], state["queue"]["index"]) == (True, 0)
        assert (state["skipped"], state["position"] > 0) == (None, True)
    phone = pages.remote(house, controlled.player)
    phone.tap("Next")
    phone.wait_for_alert("cannot be played")
    eventually(lambda: phone.data("playing") == "true" and "good" in phone.text, "the film is back")
    # the answer may come after the film
    phone.wait_for_alert("cannot be played")
    # what is certainly refused does not interrupt the film
    assert (controlled.player.see("window.emptied") == 0) == (broken == "media/unseen.mp4")
    controlled.player.advances(0.2)


def test_a_seek_in_a_film_that_was_deleted_is_refused(
    controlled: ControlledPlayer, house: System
) -> None:
    controlled.ask("load", "media/heavy.mp4")
    (house.folder / "media" / "heavy.mp4").unlink()
    assert controlled.refused("seek", 29) == {
        "code": "media_error",
        "message": "media/heavy.mp4: the network failed while it was loading",
        "reason": "network",
    }
    # and the player takes another
    assert controlled.ask("load", "media/good.mp4")["playing"]


def test_a_film_is_loaded_again_if_another_fails_on_the_way(controlled: ControlledPlayer) -> None:
    controlled = controlled.prepare_loaded("media/good.mp4", "media/mute.webm")
    controlled.ask("repeat", "one")
    controlled.ask("seek", films.SECONDS / 2)
    controlled.ask("play")
    for source in ("media/lost/lost.m3u8", "http://127.0.0.1:1/film.webm"):
        assert controlled.refused("load", source)["code"] == "media_error"
        state = controlled.observer.status()
        assert (state["source"], state["error"]) == ("media/good.mp4", None)
        assert (state["playing"], titles(state)) == (True, "[good] mute")
    controlled.player.advances(0.2)
    # what is asked meanwhile is of the film that is asked for
    controlled.observer.send("command/load", b"media/mute.webm")
    state = controlled.ask("pause")
    assert (state["source"], state["playing"]) == ("media/mute.webm", False)


def test_a_codec_is_refused_before_it_is_tried(controlled: ControlledPlayer) -> None:
    before = len(controlled.player.requested)
    controlled.refused("load", "media/unseen.mp4")
    assert [it for it in controlled.player.requested[before:] if "unseen" in it] == []


def test_a_film_whose_sound_is_not_heard_says_so(controlled: ControlledPlayer) -> None:
    controlled.player.point()
    state = controlled.ask("load", "media/unheard.mp4")
    assert (state["playing"], state["error"]) == (True, None)
    controlled.player.wait_for_alert("AC-3")
    # subtitles that hold none are an error, the others are not
    assert controlled.refused("subtitles", "de")["code"] == "media_error"
    assert controlled.ask("subtitles", "fr")["subtitles"]["active"] == "fr"


def test_a_film_that_breaks_off(controlled: ControlledPlayer) -> None:
    # half of it is there
    state = controlled.ask("load", "media/truncated.mp4", "Truncated", films.SECONDS / 3)
    assert state["error"] is None

    # it plays as far as it goes, and does not hang in silence after that
    def is_over() -> bool:
        state = controlled.observer.status()
        return bool(state["error"] or state["ended"] or state["buffering"])

    eventually(is_over, "the state tells that it does not go on", 20)


def test_an_address_elsewhere(controlled: ControlledPlayer, house: System) -> None:
    for name in ("good.mp4", "stream/film.m3u8"):
        address = f"{house.url}media/{name}?token=1"
        state = controlled.ask("load", address)
        assert (state["source"], state["playing"]) == (address, True)
        controlled.player.advances(0.2)
