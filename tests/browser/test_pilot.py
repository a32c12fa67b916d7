"""The main job: a page plays, phones pilot it and see what it does."""

from __future__ import annotations

from tests.browser.pages import Pages
from tests.browser.witness import Witness
from tests.system import System
from tests.waiting import eventually
from zapette.url import BrokerUrl


def test_a_tap_on_play_plays(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    assert player.time == 0
    phone.tap("Play")
    player.advances(by=0.5)
    phone.wait_for("Pause")
    assert not phone.shows("Play")
    assert "zapette" in phone.text
    phone.tap("Pause")
    phone.wait_for("Play")
    assert not player.is_playing
    # the position of the phone stands where the video does
    shown = phone.slider("Position")
    assert abs(shown - player.time) < 0.15


def test_a_pause_on_the_player_reaches_the_phone(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    player.click("Play")
    phone.wait_for("Pause")
    player.advances()
    player.click("Pause")
    phone.wait_for("Play")
    assert not player.is_playing
    # a click on the picture does the same
    player.page.mouse.click(400, 300)
    phone.wait_for("Pause")
    assert player.is_playing
    player.page.mouse.click(400, 300)
    phone.wait_for("Play")


def test_keys_on_the_player_reach_the_phone(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    player.page.mouse.click(400, 300)
    phone.wait_for("Pause")
    player.page.keyboard.press("ArrowDown")
    eventually(lambda: phone.slider("Volume") == 95, "the volume goes down")
    player.page.keyboard.press("m")
    phone.wait_for("Unmute")
    assert player.video["muted"]
    player.page.keyboard.press("Space")
    phone.wait_for("Play")


def test_volume_from_the_phone(system: System, pages: Pages, home: BrokerUrl) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    with Witness(home, player.root) as witness:
        phone.tap("Volume down")
        eventually(lambda: player.level == 95, "the video is less loud")
        eventually(lambda: phone.slider("Volume") == 95, "the phone shows it")
        phone.page.touchscreen.tap(*phone.middle("Volume", part=0.3))
        eventually(lambda: 20 < player.level < 40, "the video is as loud as the tap says")
        eventually(lambda: phone.slider("Volume") == player.level, "the phone shows it")
        phone.tap("Mute")
        phone.wait_for("Unmute")
        assert player.video["muted"]
        # what the player reported has not gone back to it as a wish
        witness.status()
        asked = [it.topic.split("/", 6)[6] for it in witness.on("request/")]
        assert asked == ["volume/down", "volume", "mute", "status"]


def test_volume_from_the_player(system: System, pages: Pages, home: BrokerUrl) -> None:
    player = pages.started(system)
    phones = [pages.remote(system, player) for _ in range(2)]
    with Witness(home, player.root) as witness:
        player.page.mouse.click(*player.middle("Volume", part=0.25))
        level = eventually(lambda: player.level < 50 and player.level, "the video is less loud")
        for phone in phones:
            eventually(lambda it=phone: it.slider("Volume") == level, "the phone shows it")
        player.click("Mute")
        for phone in phones:
            phone.wait_for("Unmute")
        # no phone has sent back what it was told
        witness.status()
        assert [it.topic.split("/", 6)[6] for it in witness.on("request/")] == ["status"]
        assert player.level == level


def test_a_phone_that_opens_late_sees_the_truth(system: System, pages: Pages) -> None:
    player = pages.started(system)
    first = pages.remote(system, player)
    first.tap("Volume down")
    first.tap("Play")
    player.advances(by=1.0)
    late = pages.remote(system, player)
    late.wait_for("Pause")
    assert late.slider("Volume") == 95
    assert abs(late.slider("Position") - player.time) < 0.6
    late.tap("Pause")
    first.wait_for("Play")
    # and one that opens while nothing happens
    later = pages.remote(system, player)
    later.wait_for("Play")
    assert abs(later.slider("Position") - player.time) < 0.15


def test_three_phones_agree(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phones = [pages.remote(system, player) for _ in range(3)]
    names = ["Play", "Pause", "Play", "Pause"]
    for turn, name in enumerate(names):
        phones[turn % 3].tap(name)
        for phone in phones:
            phone.wait_for("Pause" if name == "Play" else "Play")
        assert player.is_playing == (name == "Play")
    # all at once, and still they end where the player is
    for phone, name in zip(phones, ["Volume up", "Volume down", "Volume down"], strict=True):
        phone.tap(name)
    for phone in phones:
        eventually(lambda it=phone: it.slider("Volume") == player.level == 90, "they agree")


def test_seeking_from_the_phone(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    phone.tap("Forward 10 seconds")
    eventually(lambda: player.time == 10, "the video is there")
    eventually(lambda: phone.slider("Position") == 10, "the phone shows it")
    phone.page.touchscreen.tap(*phone.middle("Position", part=0.5))
    eventually(lambda: 18 < player.time < 27, "the video is in the middle")
    eventually(lambda: abs(phone.slider("Position") - player.time) < 0.1, "the phone shows it")
    phone.tap("Back 10 seconds")
    eventually(lambda: 8 < player.time < 17, "the video is before it")
