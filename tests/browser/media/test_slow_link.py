"""A film that needs more than the player's link carries comes smaller, and the phone says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.samples import films
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

SECONDS: Final = 40
FILM: Final = 4_000_000
"""Bits per second of the film."""

LINK: Final = 1_600_000
# The film is simple; what fills it up to its rate is of no use.
_H264: Final = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"),
    *("-b:v", str(FILM), "-maxrate", str(FILM), "-bufsize", str(FILM)),
    *("-x264-params", "nal-hrd=cbr:force-cfr=1", "-movflags", "+faststart"),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("slow")
    media = folder / "media"
    media.mkdir()
    ffmpeg(*films.picture(SECONDS), *_H264, str(media / "large.mp4"))
    assert (media / "large.mp4").stat().st_size * 8 > 0.9 * FILM * SECONDS
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        running.wait_for_index()
        yield running


def test_a_film_too_large_for_the_link_is_made_smaller(house: System, pages: Pages) -> None:
    pages.watch.expect("Failed to load resource")
    player = pages.started(house)
    network = player.page.context.new_cdp_session(player.page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 5, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow | {"downloadThroughput": LINK / 8})
    with Observer(house.household(), player.root) as observer:
        controlled = ControlledPlayer(player, observer)
        assert controlled.ask("load", "media/large.mp4")["stream"]["kind"] == "direct"
        controlled.ask("seek", 10)
        state = eventually(
            lambda: (it := observer.status())["stream"]["reason"] == "link" and it,
            "it is converted",
            60,
        )
        assert state["stream"]["kind"] == "transcode"
        assert state["position"] >= 10
        # it goes on, where it was, without a pause
        player.advances(5)
        assert 15 < player.time < 35
        phone = pages.remote(house, player)
        phone.tap("More")
        eventually(
            lambda: "the connection is too slow for the original" in phone.text,
            "the phone says why",
        )
