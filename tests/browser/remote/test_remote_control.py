"""The main job: a page plays, phones pilot it and see what it does."""

from __future__ import annotations

from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.programs.system import System
from tests.waiting import eventually


def test_a_tap_on_play_plays(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    phone.tap("Play")
    player.advances(by=0.5)
    phone.wait_for("Pause")
    assert not phone.shows("Play")
    assert "zapette" in phone.text
    phone.tap("Pause")
    phone.wait_for("Play")
    assert not player.plays()
    # the position of the phone stands where the video does
    eventually(lambda: abs(phone.slider("Position") - player.time) < 0.15, "the same position")


def test_a_pause_on_the_player_reaches_the_phone(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    player.click("Play")
    phone.wait_for("Pause")
    player.advances()
    player.click("Pause")
    phone.wait_for("Play")
    assert not player.plays()
    # a click on the picture does the same
    player.point()
    player.page.mouse.click(400, 300)
    phone.wait_for("Pause")
    assert player.plays()
    player.point()
    player.page.mouse.click(400, 300)
    phone.wait_for("Play")


def test_keys_on_the_player_reach_the_phone(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    player.point()
    player.page.mouse.click(400, 300)
    phone.wait_for("Pause")
    player.page.keyboard.press("ArrowDown")
    phone.wait_for_volume(95)
    player.page.keyboard.press("m")
    phone.wait_for("Unmute")
    assert player.video["muted"]
    player.page.keyboard.press("Space")
    phone.wait_for("Play")


def test_a_key_that_is_held_down_is_one_press(pair: Pair) -> None:
    player = pair.player
    player.point()
    for key in ("m", "ArrowDown"):
        for _ in range(2):
            player.page.keyboard.down(key)
        player.page.keyboard.up(key)
    eventually(lambda: player.level == 90, "the volume changes again and again")
    assert player.video["muted"]


def test_volume_from_the_phone(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    phone.tap("Volume down")
    eventually(lambda: player.level == 95, "the video is less loud")
    phone.wait_for_volume(95)
    phone.page.touchscreen.tap(*phone.middle("Volume", part=0.3))
    eventually(lambda: 20 < player.level < 40, "the video is as loud as the tap says")
    eventually(lambda: phone.slider("Volume") == player.level, "the phone shows it")
    phone.tap("Mute")
    phone.wait_for("Unmute")
    assert player.video["muted"]
    # what the player reported has not gone back to it as a wish
    pair.observer.status()
    assert pair.asked == ["volume/down", "volume", "mute", "status"]


def test_volume_from_the_player(system: System, pages: Pages, pair: Pair) -> None:
    player = pair.player
    phones = [pair.phone, pages.remote(system, player)]
    pair.observer.said.clear()
    player.point()
    player.page.mouse.click(*player.middle("Volume", part=0.25))
    level = eventually(lambda: player.level < 50 and player.level, "the video is less loud")
    for phone in phones:
        phone.wait_for_volume(level)
    player.click("Mute")
    for phone in phones:
        phone.wait_for("Unmute")
    # no phone has sent back what it was told
    pair.observer.status()
    assert set(pair.asked) == {"status"}
    assert player.level == level


def test_a_phone_that_opens_late_sees_the_truth(system: System, pages: Pages, pair: Pair) -> None:
    player, first = pair.player, pair.phone
    first.tap("Volume down")
    first.tap("Play")
    player.advances(by=1.0)
    late = pages.remote(system, player)
    late.wait_for("Pause")
    assert late.slider("Volume") == 95
    eventually(
        lambda: abs(late.slider("Position") - player.time) < 0.6,
        "the position is the film's",
    )
    late.tap("Pause")
    first.wait_for("Play")
    # and one that opens while nothing happens
    later = pages.remote(system, player)
    later.wait_for("Play")
    eventually(lambda: abs(later.slider("Position") - player.time) < 0.15, "the same position")


def test_three_phones_agree(system: System, pages: Pages, pair: Pair) -> None:
    player = pair.player
    phones = [pair.phone, *(pages.remote(system, player) for _ in range(2))]
    for turn, name in enumerate(["Play", "Pause", "Play", "Pause"]):
        phones[turn % 3].tap(name)
        for phone in phones:
            phone.wait_for("Pause" if name == "Play" else "Play")
        assert player.plays() == (name == "Play")
    # all at once, and still they end where the player is
    pair.observer.ask("volume", b"50")
    for phone, name in zip(phones, ["Volume up", "Volume down", "Volume down"], strict=True):
        phone.tap(name)
    # 45 is on the way there, too
    steps = {"volume/up": 1, "volume/down": 2}
    eventually(lambda: all(pair.asked.count(it) == steps[it] for it in steps), "all have asked")
    pair.observer.status()
    assert player.level == 45
    for phone in phones:
        phone.wait_for_volume(45)


def test_seeking_from_the_phone(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    phone.tap("Forward 10 seconds")
    eventually(lambda: player.time == 10, "the video is there")
    eventually(lambda: phone.slider("Position") == 10, "the phone shows it")
    phone.page.touchscreen.tap(*phone.middle("Position", part=0.5))
    eventually(lambda: 18 < player.time < 27, "the video is in the middle")
    eventually(lambda: abs(phone.slider("Position") - player.time) < 0.1, "the phone shows it")
    phone.tap("Back 10 seconds")
    eventually(lambda: 8 < player.time < 17, "the video is before it")
