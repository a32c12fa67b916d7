"""The broker dies, the web side dies, the network goes: all recover by themselves, and say so."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.driving.observer import Observer
from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.driving.wire import HOST, Wire
from tests.programs.system import System
from tests.samples.ffmpeg import ffmpeg
from tests.waiting import SLACK, eventually


def repeats(phone: RemotePage) -> None:
    """Let the film begin again at its end, as an outage may last longer on a busy machine."""
    phone.see("document.querySelector('play-button')._request('repeat', { mode: 'one' })")


def marked(screen: PlayerPage | RemotePage) -> None:
    """Mark a page, so that a reload would be noticed."""
    screen.see("window.marked = true")


def test_the_broker_is_killed_under_a_playing_page(
    new_system: Callable[..., System], pages: Pages
) -> None:
    system = new_system()
    player = pages.started(system)
    phone = pages.remote(system, player)
    pages.watch.expect(BROKEN_CONNECTION)
    for page in (player, phone):
        marked(page)
    repeats(phone)
    phone.tap("Play")
    phone.wait_for("Pause")
    player.advances()
    before = player.time
    # it is back before a busy machine has looked, unless it is kept from that
    with system.kept_dead("broker"):
        eventually(lambda: not phone.is_live, "the phone knows that it knows nothing")
        assert "out of date" in phone.notice
        phone.tap("Pause")
        phone.wait_for_alert("Not connected")
        player.point()
        player.wait_for_notice("No connection")
    player.wait_until_live()
    phone.wait_until_live()
    # it has played all the time, and nobody obeyed the press that was made meanwhile
    player.advances()
    assert player.time > before
    assert phone.shows("Pause")
    phone.tap("Pause")
    phone.wait_for("Play")
    assert not player.plays()
    assert player.see("window.marked")
    assert phone.see("window.marked")


def test_a_film_that_the_network_ended_goes_on(
    new_system: Callable[..., System], pages: Pages, tmp_path: Path
) -> None:
    media = tmp_path / "films"
    media.mkdir()
    # longer than what browsers fetch ahead
    picture, sound = "testsrc2=s=160x90:r=2:d=900", "sine=d=900"
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "4", "-c:a", "ac3")
    ffmpeg("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, *codecs, str(media / "a.mkv"))
    system = new_system(ZAPETTE_MEDIA_DIR=str(media))
    system.wait_for_index()
    player = pages.started(system)
    phone = pages.remote(system, player)
    pages.watch.expect(BROKEN_CONNECTION)
    phone.tap("Play")
    player.advances(by=3)
    far = "void document.querySelector('seek-bar')._request('seek', { position: 880 })"
    system.stop()
    player.see(far)
    eventually(lambda: "The network failed" in player.text, "the film is given up")
    system.start()
    phone.wait_until_live()
    phone.wait_for("Pause")
    player.advances()
    eventually(lambda: "The network failed" not in player.text, "this is said no more")
    # nobody waits for it any more
    system.stop()
    player.see(far)
    eventually(lambda: "The network failed" in player.text, "the film is given up again")
    given_up = player.video["currentSrc"]
    player.see("Date.now = ((now) => () => now() + 11 * 60e3)(Date.now)")
    system.start()
    eventually(lambda: player.connection == "live", "the player is connected")
    phone.wait_until_live()
    eventually(lambda: phone.data("playing") == "false", "it does not play")
    assert player.video["currentSrc"] == given_up


def test_web_is_killed_under_a_playing_page(
    new_system: Callable[..., System], pages: Pages
) -> None:
    system = new_system()
    player = pages.started(system)
    phone = pages.remote(system, player)
    pages.watch.expect(BROKEN_CONNECTION)
    phone.tap("Play")
    phone.wait_for("Pause")
    system.kill("web")
    # the remote works on without it
    phone.tap("Pause")
    phone.wait_for("Play")
    assert phone.is_live
    # and even the broker may go now: the pages still have their tokens
    with system.kept_dead("broker"):
        eventually(lambda: not phone.is_live and player.connection != "live", "both are cut off")
    player.wait_until_live()
    phone.wait_until_live()
    phone.tap("Play")
    player.advances()
    eventually(system.is_up, "everything is up again", timeout=20)
    pages.remote(system, player).wait_for("Pause")


@pytest.fixture
def wired(new_system: Callable[..., System]) -> System:
    """Return a system that leaves other addresses of the loopback to the test."""
    return new_system(ZAPETTE_BIND="127.0.0.1")


def over_wire(system: System) -> str:
    """Return the address of the pages at the other end of the wire."""
    return system.url.replace("localhost", HOST)


def link_over_wire(system: System, player: PlayerPage) -> str:
    """Return the link of a player for a phone at the other end of the wire."""
    return f"{over_wire(system)}remote#{player.link.split('#')[1]}"


# shorter cuts, of the phone and of the player, are in the next two
@pytest.mark.long
def test_the_network_of_the_phone_is_cut_for_30_seconds(wired: System, pages: Pages) -> None:
    player = pages.started(wired)
    with (
        Wire(*wired.ports) as wire,
        Observer(wired.household(), player.root) as observer,
    ):
        pages.watch.expect(BROKEN_CONNECTION)
        phone = pages.phone(wired, link_over_wire(wired, player)).wait_until_live()
        near = pages.remote(wired, player)
        marked(phone)
        repeats(phone)
        phone.tap("Play")
        phone.wait_for("Pause")
        player.advances()
        observer.said.clear()

        wire.cut()
        cut_at = time.monotonic()
        phone.tap("Pause")
        eventually(lambda: not phone.is_live, "the phone notices")
        assert time.monotonic() - cut_at < 7 + SLACK
        assert "out of date" in phone.notice
        phone.wait_for_alert("Not connected")
        for name in ("Volume down", "Pause", "Mute"):
            phone.tap(name)
        near.tap("Volume down")
        eventually(lambda: player.level == 95, "the other phone works")

        def still_cut() -> bool:
            assert not phone.is_live
            assert phone.slider("Volume") == 100
            return time.monotonic() - cut_at > 30

        eventually(still_cut, "30 s have gone by", timeout=40, every=0.5)
        wire.mend()
        phone.wait_until_live()
        assert phone.slider("Volume") == 95
        assert phone.shows("Pause")
        phone.tap("Volume down")
        eventually(lambda: player.level == 90, "the phone works again")
        # of the presses that were made while it was cut, none arrived
        observer.status()
        asked = [it.topic.split("/", 6)[6] for it in observer.on("request/")]
        assert [it for it in asked if it != "status"] == ["volume/down", "volume/down"]
        assert player.plays()
        assert not player.video["muted"]
        assert phone.see("window.marked")


def test_a_press_that_the_phone_gave_up_is_never_obeyed(wired: System, pages: Pages) -> None:
    player = pages.started(wired)
    with (
        Wire(*wired.ports) as wire,
        Observer(wired.household(), player.root) as observer,
    ):
        pages.watch.expect(BROKEN_CONNECTION)
        phone = pages.phone(wired, link_over_wire(wired, player)).wait_until_live()
        observer.said.clear()
        wire.cut()
        phone.tap("Play")
        # the network comes back at the very moment in which the phone has said that it failed
        phone.wait_for_alert("Not connected")
        wire.mend()
        phone.wait_until_live()
        observer.status()
        assert observer.requests("/play") == []
        assert not player.plays()


def test_the_network_of_the_player_is_cut(wired: System, pages: Pages) -> None:
    with Wire(*wired.ports) as wire:
        player = pages.started(wired, url=over_wire(wired))
        phone = pages.remote(wired, player)
        pages.watch.expect(BROKEN_CONNECTION)
        repeats(phone)
        phone.tap("Play")
        phone.wait_for("Pause")
        wire.cut()
        cut_at = time.monotonic()
        eventually(lambda: player.connection == "offline", "the player notices")
        player.point()
        assert "Phones cannot reach" in player.notice
        player.advances()
        phone.tap("Pause")
        eventually(lambda: phone.player == "offline", "the phones are told")
        assert time.monotonic() - cut_at < 16 + SLACK
        assert "The player is off" in phone.notice
        wire.mend()
        player.wait_until_live()
        phone.wait_until_live()
        phone.wait_for("Pause")
        assert player.plays()
        phone.tap("Pause")
        phone.wait_for("Play")
