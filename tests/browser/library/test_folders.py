"""A folder is played: its media are the queue, in their order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer, titles
from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import eventually

SHOW = ["Show.S01E01.webm", "Show - 1x02 - The Second.webm", "show s1e10.webm"]
SECONDS = 20
"""How long each film is: one that ends while a busy machine is asked is not the present one."""
CALLED = ["Show S01E01", "Show S01E02 The Second", "show S01E10"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with a series in two folders, some films, and a folder of nothing."""
    folder = tmp_path_factory.mktemp("series")
    media = folder / "media"
    media.mkdir()
    one = folder / "one.webm"
    ffmpeg(*films.picture(SECONDS), "-c:v", "libvpx", "-g", "10", str(one))
    for name in SHOW:
        _copy(one, media / "Show" / "Season 1" / name)
    _copy(one, media / "Show" / "Season.2" / "Show S02E01.webm")
    for number in (1, 2):
        _copy(one, media / "Plain" / "Season 1" / f"{number}.webm")
    for name in ("Beta", "Alpha"):
        _copy(one, media / "Films" / f"{name}.webm")
    _copy(one, media / "top.webm")
    (media / "evening.m3u8").write_text("Films/Beta.webm\nShow/Season 1/show s1e10.webm\n")
    with shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)}) as running:
        running.wait_for_index()
        yield running


@pytest.fixture(scope="module")
def module_pages(module_pages: Pages) -> Pages:
    # of what is not there
    module_pages.watch.expect("Failed to load resource")
    return module_pages


def _copy(film: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(film, to)


@pytest.fixture
def controlled(controlled: ControlledPlayer) -> ControlledPlayer:
    controlled.ask("queue/clear")
    return controlled


@pytest.mark.parametrize("source", ["Show", "media/Show", "Show/", "media/Show/"])
def test_a_folder_is_loaded(controlled: ControlledPlayer, source: str) -> None:
    state = controlled.ask("load", source)
    assert titles(state) == f"[{CALLED[0]}] {CALLED[1]} {CALLED[2]} Show S02E01"
    assert state["source"] == "media/Show/Season 1/Show.S01E01.webm"
    assert state["playing"] is True
    assert all(it["source"].startswith("media/Show/Season") for it in state["queue"]["items"])
    assert titles(controlled.ask("next")).startswith(f"{CALLED[0]} [{CALLED[1]}]")


def test_one_whose_name_has_a_dot(controlled: ControlledPlayer) -> None:
    assert titles(controlled.ask("load", "Show/Season.2")) == "[Show S02E01]"


def test_what_is_in_the_queue_stays(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "Films/Beta.webm")
    assert titles(controlled.ask("queue/add", "Show/Season.2")) == "[Beta] Show S02E01"
    assert titles(controlled.ask("queue/play_next", "Films")) == "[Beta] Alpha Beta Show S02E01"
    assert titles(controlled.ask("load", "Show/Season.2")) == "[Show S02E01] Alpha Beta Show S02E01"


@pytest.mark.parametrize("procedure", ["load", "queue/add", "queue/play_next"])
def test_one_that_is_not_there_is_no_folder(controlled: ControlledPlayer, procedure: str) -> None:
    if procedure == "load":
        assert controlled.refused(procedure, "Show/Season 3")["code"] == "media_error"
    else:
        assert titles(controlled.ask(procedure, "Show/Season 3")) == "Season 3"


def test_an_episode_has_the_others_around_it(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "media/Show/Season 1/Show - 1x02 - The Second.webm")
    whole = f"{CALLED[0]} [{CALLED[1]}] {CALLED[2]} Show S02E01"
    eventually(lambda: titles(controlled.observer.status()) == whole, "the series is the queue")
    assert controlled.observer.status()["playing"] is True
    # another one of them: it is the present one, and the queue what it was
    controlled.ask("load", "media/Show/Season 1/Show.S01E01.webm")
    whole = f"[{CALLED[0]}] {CALLED[1]} {CALLED[2]} Show S02E01"
    eventually(lambda: titles(controlled.observer.status()) == whole, "and still is")
    # what follows, follows by itself
    controlled.ask("seek", SECONDS - 0.2)
    eventually(lambda: controlled.observer.status()["title"] == CALLED[1], "the next one plays")


def test_another_series_takes_the_place_of_the_one_before(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "media/Show/Season.2/Show S02E01.webm")
    whole = f"{CALLED[0]} {CALLED[1]} {CALLED[2]} [Show S02E01]"
    eventually(lambda: titles(controlled.observer.status()) == whole, "the series is the queue")
    assert titles(controlled.ask("load", "Films/Beta.webm")) == "[Beta]"
    controlled.ask("load", "Plain/Season 1/1.webm")
    whole = "[Plain S01E01] Plain S01E02"
    eventually(lambda: titles(controlled.observer.status()) == whole, "the other series is")


def last_added_by(controlled: ControlledPlayer) -> str:
    """Who added the last item of the queue."""
    by: str = controlled.observer.status()["queue"]["items"][-1]["added_by"]
    return by


def test_an_episode_is_tapped_and_the_next_one_follows(
    controlled: ControlledPlayer, house: System, module_pages: Pages
) -> None:
    phone = module_pages.remote(house, controlled.player)
    phone.tap("Library")
    eventually(lambda: phone.shows("Plain, 1 inside"), "the library")
    phone.tap("Plain, 1 inside")
    phone.tap("Season 1, 2 inside")
    phone.tap("Play Plain S01E01, 0:20")
    phone.wait_for_alert("Playing: Plain S01E01")
    whole = "[Plain S01E01] Plain S01E02"
    eventually(lambda: titles(controlled.observer.status()) == whole, "the next one is queued")
    controlled.ask("seek", SECONDS - 0.2)
    eventually(lambda: controlled.observer.status()["title"] == "Plain S01E02", "it plays")


def test_the_queue_says_who_added_what(
    controlled: ControlledPlayer, house: System, module_pages: Pages
) -> None:
    phone = module_pages.remote(house, controlled.player)
    phone.tap("Library")
    eventually(lambda: phone.shows("Add top to the queue"), "the library")
    phone.tap("Add top to the queue")
    device = eventually(lambda: last_added_by(controlled), "it is signed")
    assert "Chrome" in device
    phone.tap("Queue")
    eventually(lambda: phone.shows(f"Play top, 0:20, added by {device}"), "the phone says so")
    # a script is known by its client id
    controlled.ask("queue/add", "top.webm")
    eventually(lambda: last_added_by(controlled) != device, "the script's is signed")
    # a random id tells a person nothing
    house.zapette("call", controlled.player.id, "queue/add", "top.webm")
    eventually(lambda: phone.shows("Play top, 0:20, added by a program"), "its id is not shown")


def test_what_people_have_queued_is_left_alone(controlled: ControlledPlayer) -> None:
    controlled.ask("queue/add", "Films/Beta.webm")
    controlled.ask("load", "media/Show/Season 1/Show.S01E01.webm")
    eventually(lambda: CALLED[0] in titles(controlled.observer.status()), "it is known")
    assert titles(controlled.ask("queue/add", "Films/Alpha.webm")) == f"[{CALLED[0]}] Beta Alpha"


def test_a_film_comes_alone(controlled: ControlledPlayer) -> None:
    assert titles(controlled.ask("load", "Films/Beta.webm")) == "[Beta]"
    assert titles(controlled.ask("status")) == "[Beta]"


def test_a_playlist_is_a_folder(
    controlled: ControlledPlayer, house: System, module_pages: Pages
) -> None:
    assert titles(controlled.ask("load", "evening.m3u8")) == f"[Beta] {CALLED[2]}"
    controlled.ask("queue/clear")
    assert titles(controlled.ask("queue/add", "media/evening.m3u8")) == f"Beta {CALLED[2]}"
    phone = module_pages.remote(house, controlled.player)
    phone.tap("Library")
    eventually(lambda: phone.shows("evening, 2 inside"), "the library")
    phone.tap("evening, 2 inside")
    phone.tap("Play Beta, 0:20")
    phone.wait_for_alert("Playing: Beta")


def test_play_all_on_the_phone(
    controlled: ControlledPlayer, house: System, module_pages: Pages
) -> None:
    phone = module_pages.remote(house, controlled.player)
    phone.tap("Library")
    eventually(lambda: phone.shows("Play all in Films"), "the library")
    phone.tap("Play all in Films")
    phone.wait_for_alert("Playing: Films")
    assert titles(controlled.observer.status()) == "[Alpha] Beta"
