"""Systems that many tests share: if one ends, one test fails, and the next has it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.system import System

_shared: list[System] = []


@contextmanager
def sharing(system: System) -> Iterator[System]:
    """Run a system for many tests; between two of them it is started again if it has ended."""
    with system:
        _shared.append(system)
        try:
            yield system
        finally:
            _shared.remove(system)


def start_again() -> None:
    """Start the shared systems that have ended, each on its own ports and data."""
    for system in _shared:
        if system.exit_code is not None:
            system.start()


def ended() -> str:
    """Return what is to be said of shared systems that have ended; "" while all run."""
    return "\n".join(
        f"the system that tests share ended with {system.exit_code}:\n{system.log[-8000:]}"
        for system in _shared
        if system.exit_code is not None
    )
