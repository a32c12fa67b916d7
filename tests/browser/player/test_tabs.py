"""Two tabs with one player: the later one is it, and the earlier one does not fight."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually


def connections(system: System) -> int:
    """Count the connections of players, which alone have a will and a WebSocket."""
    return sum("event=connected" in it and "transport=ws" in it and "will=yes" in it
               for it in system.log.splitlines())  # fmt: skip


def stays(look: Callable[[], object], seconds: float) -> None:
    """Fail if what `look` sees changes within that time."""
    first = look()
    until = time.monotonic() + seconds

    def same_to_the_end() -> bool:
        assert look() == first
        return time.monotonic() > until

    eventually(same_to_the_end, "the time is over", timeout=seconds + 5, every=0.1)


def gave_way(tab: PlayerPage) -> None:
    """Wait until a tab says that another one is the player."""
    eventually(lambda: tab.connection == "taken-over", "the earlier tab gives way")
    assert "Another tab is the player now" in tab.text
    assert tab.shows("Take it back")


def test_the_later_tab_is_the_player(new_system: Callable[..., System], pages: Pages) -> None:
    system = new_system()
    first = pages.started(system)
    context = first.page.context
    phone = pages.remote(system, first)
    with Observer(system.household(), first.root) as observer:
        second = pages.player(system, context=context)
        gave_way(first)
        assert second.id == first.id
        phone.wait_until_live()
        settled = connections(system)
        assert settled == 2
        stays(lambda: (connections(system), first.connection, second.connection), 4)
        # only the later one obeys
        phone.tap("Volume down")
        eventually(lambda: second.level == 95, "the later tab obeys")
        observer.status()
        assert first.level == 100
        assert observer.on("availability")[-1].payload == b"online"
        observer.wait_for_volume(95)

        first.click("Take it back")
        first.wait_until_live()
        gave_way(second)
        phone.wait_until_live()
        assert connections(system) == 3
        stays(lambda: (connections(system), first.connection, second.connection), 2)
        phone.tap("Play")
        first.advances()
        assert not second.plays()
        # one that was taken over does not take its successor's state along
        second.close()
        observer.status()
        assert observer.on("state")[-1].payload != b""
        assert phone.is_live


@pytest.mark.not_on_nats("MQTT 3.1.1 does not say that another one has taken over")
def test_two_browsers_with_one_player(new_system: Callable[..., System], pages: Pages) -> None:
    system = new_system()
    first = pages.player(system)
    phone = pages.remote(system, first)
    # nothing but the broker tells one browser of the other
    storage = first.page.context.storage_state()
    second = pages.player(system, storage_state=storage)
    assert second.id == first.id
    gave_way(first)
    phone.wait_until_live()
    stays(lambda: (connections(system), first.connection, second.connection), 4)
    assert connections(system) == 2
    phone.tap("Volume down")
    eventually(lambda: second.level == 95, "the later one obeys")
    assert first.level == 100


def test_tabs_agree_on_any_broker(system: System, pages: Pages) -> None:
    # by themselves if the broker does not say it
    first = pages.started(system)
    phone = pages.remote(system, first)
    second = pages.player(system, context=first.page.context)
    assert second.id == first.id
    gave_way(first)
    phone.wait_until_live()
    phone.tap("Volume down")
    eventually(lambda: second.level == 95, "the later tab obeys")
    assert first.level == 100
    first.click("Take it back")
    first.wait_until_live()
    gave_way(second)


def test_a_tab_in_the_background_keeps_nothing(
    new_system: Callable[..., System], pages: Pages
) -> None:
    system = new_system()
    first = pages.started(system)
    second = pages.player(system, context=first.page.context)
    gave_way(first)
    with Observer(system.household(), second.root) as observer:
        observer.ask("rename", b"Cinema")
        observer.ask("seek", b"2")
        second.close()
    # it closes last, and knows nothing of what happened since
    first.close()
    third = pages.player(system, context=first.page.context)
    assert "Cinema" in third.text
    eventually(lambda: third.time == 2, "the position is the one of the second tab")


def test_a_clock_that_was_set_back_keeps_no_tab(
    new_system: Callable[..., System], pages: Pages
) -> None:
    system = new_system()
    first = pages.started(system)
    context = first.page.context
    context.add_init_script("Date.now = ((now) => () => now() - 3600e3)(Date.now)")
    second = pages.player(system, context=context)
    gave_way(first)
    first.click("Take it back")
    first.wait_until_live()
    gave_way(second)
