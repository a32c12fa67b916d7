"""Systems that many tests share: if one ends, one test fails, and the next has it back.

This is a plugin too: what a conftest has is not asked about fixtures of the session.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.programs.system import System

_shared: list[System] = []
_failed: set[pytest.FixtureDef[Any]] = set()


@contextmanager
def sharing(system: System) -> Iterator[System]:
    """Run a system for many tests; between two of them it is started again if it has ended."""
    with system:
        _shared.append(system)
        try:
            yield system
        finally:
            _shared.remove(system)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: Any
) -> Generator[None, Any, Any]:
    """Keep the first failure of a fixture from being that of all tests that share it.

    The test that asked for it fails; the next one gets it set up afresh.
    """
    try:
        return (yield)
    except Exception:
        if fixturedef not in _failed:
            _failed.add(fixturedef)
            fixturedef.finish(request)
        raise


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Give each test shared systems that run, whatever the one before did to them."""
    for system in _shared:
        if system.exit_code is not None:
            # on its own ports and data, so that what tests know of it holds
            system.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Let the test fail in whose time a shared system has ended."""
    ended = [system for system in _shared if system.exit_code is not None]
    yield
    for system in ended:
        why = f"the system that tests share ended with {system.exit_code}:\n{system.log[-8000:]}"
        pytest.fail(why, pytrace=False)
