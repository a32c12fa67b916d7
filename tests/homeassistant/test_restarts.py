"""Home Assistant, the embedded broker and players go away and come back."""

from __future__ import annotations

import itertools
import signal

import pytest

from tests.browser.driving.pages import Pages
from tests.homeassistant.driving.house import House
from tests.homeassistant.driving.instance import Instance
from tests.programs.system import System

# Each order of the two is in it.
ORDERS = ("broker", "home", "broker")


@pytest.fixture(scope="module")
def house(system: System, home: Instance, pages: Pages) -> House:
    return House(system, home, [pages.started(system) for _ in range(3)])


@pytest.mark.timeout(400)
def test_restarts_in_every_order(house: House) -> None:
    """Between two restarts another page is loaded again each time, so that it has each place."""
    house.reload(0)
    for count, part in enumerate(ORDERS, 1):
        house.restart(part)
        house.reload(count % 3)
        house.check()
    assert house.orders() == set(itertools.permutations(("home", "broker", "player")))


def test_a_player_vanishes_while_home_assistant_is_away(house: House) -> None:
    home, player = house.home, house.pages.pop()
    seen = house.seen.pop()
    context = player.page.context
    home.stop(signal.SIGKILL)
    player.page.close()
    home.start()
    seen.shows("unavailable", 30)
    house.seen.append(seen)
    house.pages.append(type(player)(context.new_page()).open(house.system.url).start())
    assert house.pages[-1].id == player.id
    house.check()
