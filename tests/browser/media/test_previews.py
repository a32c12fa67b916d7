"""Pictures while seeking: under the finger is what the film shows at that place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import av
import pytest

from tests.browser.checks.axe import violations
from tests.browser.driving.controlled_player import ControlledPlayer
from tests.browser.driving.page_driver import PageDriver
from tests.browser.driving.pages import Pages
from tests.programs.shared_system import shared_system
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.sharing import sharing
from tests.waiting import eventually

COLORS: Final = {"red": (254, 0, 0), "lime": (0, 254, 0), "blue": (0, 0, 254)}
SMALL: Final = {"viewport": {"width": 320, "height": 568}}
# Whether the picture and its time are all in the window, and nothing lies on them.
SEEN: Final = """(() => {
  const it = document.querySelector("seek-bar .preview");
  const { left, top, right, bottom } = it.getBoundingClientRect();
  it.style.pointerEvents = "auto";
  const hit = document.elementFromPoint((left + right) / 2, top + 20);
  it.style.pointerEvents = "";
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && it.contains(hit);
})()"""
ASKED: Final = """performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/previews/")).length"""
DATA_IS_DEAR: Final = """Object.defineProperty(
  Navigator.prototype, "connection", { value: { saveData: true } })"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("previews")
    media = folder / "media"
    media.mkdir()
    parts = [f"color={color}:s=64x36:r=5:d=10[{color}]" for color in COLORS]
    joined = "".join(f"[{color}]" for color in COLORS) + f"concat=n={len(COLORS)}[v]"
    film = ("-filter_complex", ";".join([*parts, joined]), "-map", "[v]", "-g", "5")
    ffmpeg(*film, "-c:v", "libvpx", str(media / "flag.webm"))
    with sharing(shared_system(folder, {"ZAPETTE_MEDIA_DIR": str(media)})) as running:
        running.wait_for_index()
        yield running


def color(page: PageDriver) -> str:
    """Return the colour of the picture that is shown over the seek bar."""
    tile = page.page.locator("seek-bar .tile")
    if not tile.is_visible():
        return "none"
    with av.open(io.BytesIO(tile.screenshot()), "r") as shot:
        frame = next(shot.decode(video=0)).reformat(width=1, height=1, format="rgb24")
    seen = bytes(frame.planes[0])[:3]
    near = (it for it, wanted in COLORS.items() if seen == pytest.approx(wanted, abs=40))
    return next(near, str(tuple(seen)))


def shows(page: PageDriver, wanted: str, time: str) -> None:
    """Wait until the picture has this colour, and the time is near this one."""
    eventually(lambda: color(page) == wanted, f"a picture in {wanted}")
    assert page.page.locator("seek-bar .preview").inner_text().startswith(time)
    assert page.see(SEEN)


def test_a_finger_sees_where_it_goes(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    controlled.ask("load", "media/flag.webm")
    controlled.ask("pause")
    phone = pages.remote(house, controlled.player, **SMALL)
    assert phone.see(ASKED) == 0
    with phone.held("Position", 0.1, "touch") as move:
        move(0.2)
        shows(phone, "red", "0:0")
        for scheme in ("light", "dark"):
            phone.page.emulate_media(color_scheme=scheme)
            assert violations(phone) == []
        move(0.5)
        shows(phone, "lime", "0:1")
        move(0.95)
        shows(phone, "blue", "0:2")
        move(0)
        shows(phone, "red", "0:0")
    eventually(lambda: color(phone) == "none", "no picture once the finger is gone")


def test_a_mouse_sees_where_it_points(controlled: ControlledPlayer) -> None:
    controlled.ask("load", "media/flag.webm")
    controlled.ask("pause")
    page = controlled.player
    page.point()
    for part, wanted, time in ((0.5, "lime", "0:1"), (0.9, "blue", "0:2"), (0.05, "red", "0:0")):
        page.page.mouse.move(*page.middle("Position", part))
        shows(page, wanted, time)
    page.page.mouse.move(5, 5)
    eventually(lambda: color(page) == "none", "no picture once the mouse is elsewhere")


def test_pictures_come_before_a_finger_unless_data_is_dear(
    controlled: ControlledPlayer, house: System, pages: Pages
) -> None:
    controlled.ask("load", "media/flag.webm")
    dear = pages.remote(house, controlled.player)
    dear.page.add_init_script(DATA_IS_DEAR)
    dear.page.reload()
    dear.wait_until_live()
    phone = pages.remote(house, controlled.player)
    # it may have ended while a busy machine opened them
    controlled.ask("seek", 0)
    controlled.ask("play")
    eventually(lambda: phone.see(ASKED) > 0, "it fetches them while the film plays")
    assert dear.see(ASKED) == 0
