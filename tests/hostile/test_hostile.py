"""One stranger, one guest and one player that somebody made: none of them harms a home.

``ZAPETTE_HOSTILE_SECONDS=60`` lets them go on for a minute; ``python -m bench.hostile`` gives
figures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.browser.driving.chromium import PHONE, launched
from tests.browser.driving.pages import Pages
from tests.hostile.attack_run import FEW, FLOODS, IDLE, SETTINGS, Outcome, besiege
from tests.programs.system import System
from zapette_broker import Limits
from zapette_server.access.authentication import SESSIONS

SECONDS = float(os.environ.get("ZAPETTE_HOSTILE_SECONDS", "8"))
LIMITS = Limits()


@pytest.fixture
def pages() -> Iterator[Pages]:
    with launched() as chromium:
        opened = Pages(chromium, chromium.new_context(**PHONE))
        yield opened
        opened.watch.verify()
        opened.close()


def assert_budgets(outcome: Outcome) -> None:
    """Check what the system used against the budgets that docs/broker.md names."""
    queued = LIMITS.max_total_queued_bytes
    assert outcome.metrics["queued_bytes"] <= queued
    assert outcome.metrics["sessions"] <= SESSIONS + FEW
    assert outcome.metrics["retained"] <= outcome.metrics_after["retained"] + FEW
    # what waits, and as much again that Python and the journal of the store take
    assert outcome.highest.memory["broker"] - outcome.before.memory["broker"] <= 2 * queued
    assert outcome.highest.disk - outcome.before.disk <= 2 * queued
    # no body of any size is kept, and no connection costs much
    assert outcome.highest.memory["web"] - outcome.before.memory["web"] <= 64 << 20


@pytest.mark.long
@pytest.mark.timeout(300 + 3 * SECONDS)
@pytest.mark.parametrize(
    "roles", [FLOODS, IDLE], ids=["all floods at once", "5,000 idle connections"]
)
def test_the_home_goes_on(
    new_system: Callable[..., System], pages: Pages, roles: tuple[str, ...]
) -> None:
    outcome = besiege(new_system(**SETTINGS), pages, roles, SECONDS)
    sys.stdout.write(outcome.report())
    assert outcome.refused == []
    assert len(outcome.taps) >= 10
    assert outcome.back_after is not None
    assert outcome.freed_after is not None
    # how far each attack gets depends on the machine; that there is one does not
    assert any(sum(counts.values()) > 100 for counts in outcome.attacks.values())
    assert_budgets(outcome)
