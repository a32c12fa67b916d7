"""Two modules of these tests behind TLS and each proxy; ``TEST_FRONT=…`` runs all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.access import test_new_code, test_remote_pairing
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.fronts import FRONTS
from tests.programs.system import System
from tests.sharing import sharing

pytestmark = [
    pytest.mark.long,
    pytest.mark.ours("no other broker shares its port with the pages"),
    pytest.mark.own_port("it brings fronts of its own"),
]

# a restart of everything comes before there is a player that all share
globals().update(
    {
        name: test
        for module in (test_new_code, test_remote_pairing)
        for name, test in vars(module).items()
        if name.startswith("test_")
    }
)


@pytest.fixture(scope="module", params=FRONTS)
def shelf(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    shelf_settings: dict[str, str],
) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("behind"), shelf_settings)
    system.front = FRONTS[request.param](system.http_port)
    with sharing(system):
        system.wait_for_index()
        yield system


@pytest.fixture(scope="module")
def system(shelf: System) -> System:
    return shelf


@pytest.fixture
def new_system(shelf: System) -> Callable[..., System]:
    """Return the one that is shared: it may be restarted."""
    return lambda: shelf


@pytest.fixture(scope="module")
def player(shelf: System, module_pages: Pages) -> Iterator[PlayerPage]:
    module_pages.watch.expect("Failed to load resource")
    opened = module_pages.started(shelf)
    yield opened
    # before its system ends
    opened.close()


@pytest.fixture
def pages(pages: Pages) -> Pages:
    # a thumbnail that is still being made, and refused codes
    pages.watch.expect("Failed to load resource")
    return pages
