"""A player that is closed, dies or freezes: the phones say so in time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Playwright

from tests.browser.driving.chromium import launch_profile
from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.shared_system import keep_alive_slack
from tests.programs.system import System
from tests.waiting import SLACK, eventually

KEEP_ALIVE = 10.0
"""Of the player, in seconds."""


def wait_until_off(phone: RemotePage) -> None:
    """Wait until a phone says that its player is off."""
    eventually(
        lambda: phone.player == "offline" and "The player is off" in phone.notice,
        "the phone says that the player is off",
    )
    assert not phone.is_live


def test_a_player_that_is_closed(system: System, pages: Pages) -> None:
    player = pages.started(system)
    phones = [pages.remote(system, player) for _ in range(2)]
    phones[0].tap("Play")
    for phone in phones:
        phone.wait_for("Pause")
    closed_at = time.monotonic()
    player.close()
    for phone in phones:
        wait_until_off(phone)
    assert time.monotonic() - closed_at < 2 + SLACK
    for phone in phones:
        # it does not pretend that the film goes on, and a press is answered at once
        assert phone.shows("Play")
        phone.tap("Play")
        phone.wait_for_alert("The player is off")
    late = pages.phone(system, player.link)
    wait_until_off(late)
    # the player comes back, with the same code
    again = pages.player(system, context=player.page.context).start()
    assert again.id == player.id
    for phone in [*phones, late]:
        phone.wait_until_live()
    phones[0].tap("Play")
    again.advances()


@contextmanager
def lone_player(
    playwright: Playwright, system: System, pages: Pages, folder: Path
) -> Iterator[tuple[PlayerPage, list[psutil.Process]]]:
    """Open a player in a browser of its own; give it and the processes of that browser."""
    before = {it.pid for it in psutil.Process().children(recursive=True)}
    context = launch_profile(playwright, folder)
    processes = [it for it in psutil.Process().children(recursive=True) if it.pid not in before]
    player = pages.player(system, context=context).start()
    processes += [
        it
        for it in psutil.Process().children(recursive=True)
        if it.pid not in before and it not in processes
    ]
    try:
        yield player, processes
    finally:
        with suppress(Exception):
            context.close()


def test_a_player_whose_browser_is_killed(
    playwright: Playwright, system: System, pages: Pages, tmp_path: Path
) -> None:
    with lone_player(playwright, system, pages, tmp_path) as (player, processes):
        phone = pages.remote(system, player)
        killed_at = time.monotonic()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        wait_until_off(phone)
        assert time.monotonic() - killed_at < 2 + SLACK


def test_a_player_that_freezes(
    playwright: Playwright, system: System, pages: Pages, tmp_path: Path
) -> None:
    with lone_player(playwright, system, pages, tmp_path) as (player, processes):
        phone = pages.remote(system, player)
        pages.watch.expect(BROKEN_CONNECTION)
        phone.tap("Play")
        phone.wait_for("Pause")
        running = [it.pid for it in processes if it.is_running()]
        for pid in running:
            os.kill(pid, signal.SIGSTOP)
        frozen_at = time.monotonic()
        try:
            phone.tap("Pause")
            said = eventually(lambda: phone.alert, "the phone says what became of the press")
            assert said in {"The player does not answer.", "The player is off."}
            wait_until_off(phone)
            assert time.monotonic() - frozen_at < 1.5 * KEEP_ALIVE + SLACK + keep_alive_slack()
        finally:
            for pid in running:
                os.kill(pid, signal.SIGCONT)
        phone.wait_until_live()
        player.wait_until_live()
        phone.wait_for("Pause")
        assert player.plays()
        phone.tap("Pause")
        phone.wait_for("Play")


@pytest.mark.parametrize("role", ["player", "phone"])
def test_a_reload_is_no_absence(system: System, pages: Pages, role: str) -> None:
    player = pages.started(system)
    phone = pages.remote(system, player)
    phone.tap("Volume down")
    phone.wait_for_volume(95)
    page = player if role == "player" else phone
    page.see("void (window.old = setTimeout(() => location.reload()))")
    eventually(lambda: page.see("window.old === undefined"), "the page is a new one")
    player.wait_until_live()
    phone.wait_until_live()
    assert phone.slider("Volume") == 95
    # Chromium keeps the permission over a reload, so no second click is needed
    phone.tap("Play")
    player.advances()
    phone.wait_for("Pause")
